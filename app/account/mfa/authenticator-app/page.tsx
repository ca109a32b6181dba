import { requireSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { AddAppButton, AuthenticatorAppStage } from "./stage";
import { getEnrollmentTexts } from "./texts";

export async function generateMetadata() {
  return { title: (await getWords("appEnrollment"))("title") };
}

export default async function AuthenticatorAppPage() {
  const { userId } = await requireSession("/account/mfa/authenticator-app");
  const { authenticatorApp } = await findEnrolledMethods(userId);
  const words = await getWords("appEnrollment");
  return (
    <AuthenticatorAppStage texts={await getEnrollmentTexts()}>
      <div className="space-y-6">
        <h1>{words("title")}</h1>
        <section className="card space-y-5">
          <p className="text-muted">{authenticatorApp ? words("replaceIntro") : words("intro")}</p>
          <AddAppButton className="button button-primary">{words("begin")}</AddAppButton>
        </section>
      </div>
    </AuthenticatorAppStage>
  );
}
