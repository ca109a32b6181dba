import { BellRing } from "lucide-react";
import { Notice } from "@/components/notice";
import type { EnrolledMethods } from "@/lib/mfa/methods";
import { offersSparekeyAuthenticator } from "@/lib/mfa/pairing";
import { getDates, getWords } from "@/messages/words";
import { sayLastUse } from "../last-use";
import { addButton, MethodCard, MethodState, Off, On } from "../method-card";
import { MethodLinks } from "../method-links";
import { AddAuthenticatorButton } from "./stage";

/** The phones that notifications go to, and the button that connects one more. */
export async function NotificationCard({ methods }: { methods: EnrolledMethods }) {
  const { sparekeyAuthenticators: phones } = methods;
  const words = await getWords("pairing");
  const mfa = await getWords("mfa");
  const isOffered = offersSparekeyAuthenticator();
  return (
    <MethodCard
      icon={BellRing}
      name={words("name")}
      help={words("help")}
      state={
        phones.length > 0 && (
          <MethodState methods={methods} method="notification">
            <On>{mfa("on")}</On>
          </MethodState>
        )
      }
    >
      {phones.length > 0 && (
        <ul aria-label={words("phones")} className="divide-y divide-line border-y border-line">
          {phones.map((phone) => (
            <Phone key={phone.id} phone={phone} />
          ))}
        </ul>
      )}
      {isOffered ? (
        <AddAuthenticatorButton className={addButton(methods)}>
          {words("add")}
        </AddAuthenticatorButton>
      ) : (
        <Notice tone="info">{words("needsHttps")}</Notice>
      )}
    </MethodCard>
  );
}

async function Phone({ phone }: { phone: EnrolledMethods["sparekeyAuthenticators"][number] }) {
  const { id, name, addedAt, suspendedAt, hasPush } = phone;
  const words = await getWords("pairing");
  const mfa = await getWords("mfa");
  const dates = await getDates();
  const facts = [
    mfa("added", { date: dates.day(addedAt) }),
    await sayLastUse(phone),
    words(hasPush ? "push" : "noPush"),
  ];
  return (
    <li className="space-y-1 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3>{name}</h3>
        {suspendedAt && <Off>{mfa("suspended", { date: dates.day(suspendedAt) })}</Off>}
      </div>
      <p className="text-sm text-muted">{facts.join(" · ")}</p>
      <MethodLinks method={{ method: "notification", id }} name={name} suspendedAt={suspendedAt} />
    </li>
  );
}
