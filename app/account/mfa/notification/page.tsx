import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { offersSparekeyAuthenticator } from "@/lib/mfa/pairing";
import { getWords } from "@/messages/words";
import { AddAuthenticatorButton, SparekeyAuthenticatorStage } from "./stage";
import { getPairingTexts } from "./texts";

export async function generateMetadata() {
  return { title: (await getWords("pairing"))("title") };
}

export default async function NotificationPage() {
  await requireSession("/account/mfa/notification");
  const words = await getWords("pairing");
  return (
    <SparekeyAuthenticatorStage texts={await getPairingTexts()}>
      <div className="space-y-6">
        <h1>{words("title")}</h1>
        <section className="card space-y-5">
          <p className="text-muted">{words("intro")}</p>
          {offersSparekeyAuthenticator() ? (
            <AddAuthenticatorButton className="button button-primary">
              {words("add")}
            </AddAuthenticatorButton>
          ) : (
            <Notice tone="warning">{words("needsHttps")}</Notice>
          )}
        </section>
      </div>
    </SparekeyAuthenticatorStage>
  );
}
