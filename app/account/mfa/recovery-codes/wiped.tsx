import { Notice } from "@/components/notice";
import { getWords } from "@/messages/words";

/** What is left on the page after its codes were hidden. */
export async function WipedCodes() {
  const words = await getWords("codes");
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <Notice tone="info" title={words("wiped")} announce="status">
        {words("wipedHelp")}
      </Notice>
      {/* A plain link: the page is to be loaded anew, with the set that now exists. */}
      <a className="button button-primary" href="/account/mfa/recovery-codes">
        {words("backToCodes")}
      </a>
    </div>
  );
}
