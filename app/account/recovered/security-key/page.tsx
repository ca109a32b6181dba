import { redirect } from "next/navigation";
import { methodWord } from "@/app/account/mfa/method-word";
import { AddKeyButton, SecurityKeyStage } from "@/app/account/mfa/security-key/stage";
import { getKeyEnrollmentTexts } from "@/app/account/mfa/security-key/texts";
import { requireStrongSession } from "@/lib/auth/current-session";
import { parseEnrolledMethod } from "@/lib/mfa/method-names";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { Replacement } from "../replacement";

const method = "security-key";

export async function generateMetadata() {
  return { title: (await getWords("recovered"))("replaceTitle", { method: methodWord(method) }) };
}

/** The guided replacement of a lost key: nothing ends before the new one is added. */
export default async function ReplaceLostKeyPage({
  searchParams,
}: PageProps<"/account/recovered/security-key">) {
  const lost = parseEnrolledMethod(method, (await searchParams).id);
  if (!lost?.id) redirect("/account/recovered");
  const path = `/account/recovered/${method}?id=${lost.id}`;
  const session = await requireStrongSession(path, "fresh");
  const methods = await findEnrolledMethods(session.userId);
  const found = methods.securityKeys.find(({ id }) => id === lost.id);
  if (!found) redirect("/account/recovered");
  return (
    <SecurityKeyStage texts={await getKeyEnrollmentTexts()} replaces={lost.id} permalink={path}>
      <Replacement method={method} name={found.name} session={session} methods={methods}>
        <AddKeyButton className="button button-primary">
          {(await getWords("securityKeys"))("add")}
        </AddKeyButton>
      </Replacement>
    </SecurityKeyStage>
  );
}
