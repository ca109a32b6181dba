import Link from "next/link";
import { AddAppButton, AuthenticatorAppStage } from "@/app/account/mfa/authenticator-app/stage";
import { getEnrollmentTexts } from "@/app/account/mfa/authenticator-app/texts";
import { Notice } from "@/components/notice";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";

const PATH = "/account/recovered/authenticator-app";
const LOST = { method: "authenticator-app", name: "" };

export async function generateMetadata() {
  return { title: (await getWords("recovered"))("replaceTitle", LOST) };
}

/** The guided replacement of a lost app: nothing ends before the new one has shown its first code. */
export default async function ReplaceLostAppPage() {
  const { userId } = await requireStrongSession(PATH, "fresh");
  const { recoveryCodes } = await findEnrolledMethods(userId);
  const words = await getWords("recovered");
  return (
    <AuthenticatorAppStage texts={await getEnrollmentTexts()} previous="lost" permalink={PATH}>
      <div className="space-y-6">
        <h1>{words("replaceTitle", LOST)}</h1>
        <section className="card space-y-5">
          <p>{words("replaceIntro", LOST)}</p>
          <ol className="list-decimal space-y-1 pl-5 text-muted">
            <li>{words("replaceStep1", LOST)}</li>
            <li>{words("replaceStep2")}</li>
          </ol>
          <Notice tone="warning">
            {words("replaceEnds", { ...LOST, letter: recoveryCodes?.letter ?? "none" })}
          </Notice>
          <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
            <AddAppButton className="button button-primary">
              {(await getWords("mfa"))("addApp")}
            </AddAppButton>
            <Link className="button" href="/account/recovered">
              {(await getWords("appEnrollment"))("cancel")}
            </Link>
          </div>
        </section>
      </div>
    </AuthenticatorAppStage>
  );
}
