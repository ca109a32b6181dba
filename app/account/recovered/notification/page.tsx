import { redirect } from "next/navigation";
import { methodWord } from "@/app/account/mfa/method-word";
import {
  AddAuthenticatorButton,
  SparekeyAuthenticatorStage,
} from "@/app/account/mfa/notification/stage";
import { getPairingTexts } from "@/app/account/mfa/notification/texts";
import { requireStrongSession } from "@/lib/auth/current-session";
import { parseEnrolledMethod } from "@/lib/mfa/method-names";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { Replacement } from "../replacement";

const method = "notification";

export async function generateMetadata() {
  return { title: (await getWords("recovered"))("replaceTitle", { method: methodWord(method) }) };
}

/** The guided replacement of a lost phone: nothing ends before the new one is connected. */
export default async function ReplaceLostPhonePage({
  searchParams,
}: PageProps<"/account/recovered/notification">) {
  const lost = parseEnrolledMethod(method, (await searchParams).id);
  if (!lost?.id) redirect("/account/recovered");
  const path = `/account/recovered/${method}?id=${lost.id}`;
  const session = await requireStrongSession(path, "fresh");
  const methods = await findEnrolledMethods(session.userId);
  const found = methods.sparekeyAuthenticators.find(({ id }) => id === lost.id);
  if (!found) redirect("/account/recovered");
  return (
    <SparekeyAuthenticatorStage texts={await getPairingTexts()} replaces={lost.id} permalink={path}>
      <Replacement method={method} name={found.name} session={session} methods={methods}>
        <AddAuthenticatorButton className="button button-primary">
          {(await getWords("pairing"))("add")}
        </AddAuthenticatorButton>
      </Replacement>
    </SparekeyAuthenticatorStage>
  );
}
