import { AddAppButton, AuthenticatorAppStage } from "@/app/account/mfa/authenticator-app/stage";
import { getEnrollmentTexts } from "@/app/account/mfa/authenticator-app/texts";
import { methodWord } from "@/app/account/mfa/method-word";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { Replacement } from "../replacement";

const PATH = "/account/recovered/authenticator-app";
const method = "authenticator-app";

export async function generateMetadata() {
  return { title: (await getWords("recovered"))("replaceTitle", { method: methodWord(method) }) };
}

/** The guided replacement of a lost app: nothing ends before the new one has shown its first code. */
export default async function ReplaceLostAppPage() {
  const session = await requireStrongSession(PATH, "fresh");
  const methods = await findEnrolledMethods(session.userId);
  return (
    <AuthenticatorAppStage texts={await getEnrollmentTexts()} previous="lost" permalink={PATH}>
      <Replacement method={method} session={session} methods={methods}>
        <AddAppButton className="button button-primary">
          {(await getWords("mfa"))("addApp")}
        </AddAppButton>
      </Replacement>
    </AuthenticatorAppStage>
  );
}
