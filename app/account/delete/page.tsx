import { getFormTexts } from "@/app/form-texts";
import { UnsavedSet } from "@/app/unsaved-set";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { isLastAdministrator } from "@/lib/auth/administrators";
import { requireStrongSession } from "@/lib/auth/current-session";
import { getWords } from "@/messages/words";
import { deleteOwnAccount } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("deleteAccount"))("title") };
}

export default async function DeleteAccountPage() {
  const { userId, email } = await requireStrongSession("/account/delete", "unrestricted");
  const words = await getWords("deleteAccount");
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <UnsavedSet userId={userId} />
      <section className="card max-w-120 space-y-5">
        {(await isLastAdministrator(userId)) ? (
          <Notice tone="info">{words("lastAdministrator")}</Notice>
        ) : (
          <>
            <Notice tone="danger" title={words("consequence", { email })}>
              <ul className="list-disc space-y-1 pl-5">
                {(["ends", "mail", "history", "free"] as const).map((key) => (
                  <li key={key}>{words(key)}</li>
                ))}
              </ul>
            </Notice>
            <Form
              action={deleteOwnAccount}
              tone="danger"
              texts={await getFormTexts(words("submit"))}
              fields={[{ name: "understood", label: words("understood"), type: "checkbox" }]}
            >
              <Link className="button w-full" href="/account">
                {words("keep")}
              </Link>
            </Form>
          </>
        )}
      </section>
    </div>
  );
}
