import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findEnrolledMethods, firstMethod } from "@/lib/mfa/methods";
import { listRecoveryCodeSets } from "@/lib/mfa/recovery-code-sets";
import { getWords } from "@/messages/words";
import { revokeCodes } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("codes"))("revokeTitle") };
}

export default async function RevokeRecoveryCodesPage() {
  const { userId } = await requireStrongSession(
    "/account/mfa/recovery-codes/revoke",
    "unrestricted",
  );
  const sets = await listRecoveryCodeSets(userId);
  const live = sets.filter(({ endedAt }) => !endedAt).toReversed();
  const [oldest] = live;
  if (!oldest) redirect("/account/mfa/recovery-codes");
  const methodLeft = firstMethod(await findEnrolledMethods(userId)) !== undefined;
  const words = await getWords("codes");
  return (
    <div className="space-y-6">
      <h1>{words("revokeTitle")}</h1>
      <section className="card space-y-5">
        <ul className="list-disc space-y-2 pl-5">
          {live.map(({ id, letter, left }) => (
            <li key={id}>{words("revokeConsequence", { letter, left })}</li>
          ))}
          <li>{words("revokeNoNew")}</li>
        </ul>
        <Notice tone={methodLeft ? "warning" : "danger"}>
          {methodLeft ? words("revokeOnlyApp") : words("revokeNoneLeft")}
        </Notice>
        <p className="text-sm text-muted">{words("revokeInstead", { letter: oldest.letter })}</p>
        <Form
          action={revokeCodes}
          tone="danger"
          fields={[{ name: "knownSet", label: "", type: "hidden", value: sets[0]?.id }]}
          texts={await getFormTexts(words("revokeButton"))}
        >
          <Link className="button w-full" href="/account/mfa/recovery-codes">
            {words("revokeCancel")}
          </Link>
        </Form>
      </section>
    </div>
  );
}
