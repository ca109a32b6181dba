import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import { getWords } from "@/messages/words";
import { SecurityKeyStage } from "./stage";
import { getKeyEnrollmentTexts } from "./texts";

const PATH = "/account/mfa/security-key";

export async function generateMetadata() {
  return { title: (await getWords("securityKeys"))("addTitle") };
}

export default async function SecurityKeyPage() {
  const session = await requireSession(PATH);
  const { name } = await findKeptForm(session, PATH);
  const words = await getWords("securityKeys");
  if (!areSecurityKeysPossible()) {
    return (
      <div className="space-y-6">
        <h1>{words("addTitle")}</h1>
        <Notice tone="warning">{words("needsHttps")}</Notice>
      </div>
    );
  }
  return <SecurityKeyStage begun texts={await getKeyEnrollmentTexts()} name={name} />;
}
