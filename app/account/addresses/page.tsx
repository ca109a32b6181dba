import { CircleCheck, Clock } from "lucide-react";
import type { ReactNode } from "react";
import { getFormTexts } from "@/app/form-texts";
import { UnsavedSet } from "@/app/unsaved-set";
import { ButtonForm } from "@/components/button-form";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import {
  type AddressBook,
  findAddressBook,
  MAX_NOTIFICATION_ADDRESSES,
  type Mailbox,
  type WaitingChange,
} from "@/lib/auth/addresses";
import { requireSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { getDates, getWords } from "@/messages/words";
import {
  addNotificationAddress,
  cancelOwnAddressChange,
  changeLoginAddress,
  removeNotificationAddress,
  sendAddressLinkAgain,
} from "./actions";

const PATH = "/account/addresses";
const DONE = [
  "added",
  "sent",
  "removed",
  "removalRequested",
  "changeRequested",
  "changed",
  "cancelled",
] as const;

export async function generateMetadata() {
  return { title: (await getWords("addresses"))("title") };
}

export default async function AddressesPage({ searchParams }: PageProps<"/account/addresses">) {
  const session = await requireSession(PATH);
  const book = await findAddressBook(session.userId);
  const kept = await findKeptForm(session, PATH);
  const { done } = await searchParams;
  const doneWord = DONE.find((known) => known === done);
  const words = await getWords("addresses");
  return (
    <div className="space-y-8">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      <UnsavedSet userId={session.userId} />
      {doneWord && (
        <Notice tone="success" announce="status">
          {words(`done.${doneWord}`)}
        </Notice>
      )}
      <LoginAddress book={book} kept={kept.email} />
      <NotificationAddresses others={book.others} kept={kept.address} />
    </div>
  );
}

async function LoginAddress({
  book: { login, change },
  kept,
}: {
  book: AddressBook;
  kept: string | undefined;
}) {
  const words = await getWords("addresses");
  return (
    <section className="card space-y-6">
      <div className="space-y-3">
        <h2>{words("login")}</h2>
        <MailboxFacts mailbox={login} use={words("loginUse")} />
        {!login.verifiedAt && <SendAgain mailbox={login} />}
      </div>
      {change && <ChangeInProgress login={login} change={change} />}
      <div className="space-y-4 border-t border-line pt-6">
        <div className="space-y-2">
          <h3>{change ? words("changeAnew") : words("change")}</h3>
          <p className="text-sm text-muted">
            {login.verifiedAt ? words("changeHelp") : words("changeHelpUnverified")}{" "}
            {words("changeEnds")}
          </p>
        </div>
        <div className="max-w-100">
          <Form
            action={changeLoginAddress}
            texts={await getFormTexts(words("changeSubmit"))}
            fields={[
              {
                name: "email",
                label: words("newEmail"),
                type: "email",
                autoComplete: "email",
                value: kept,
              },
            ]}
          />
        </div>
      </div>
    </section>
  );
}

async function ChangeInProgress({
  login,
  change,
}: {
  login: Mailbox;
  change: NonNullable<AddressBook["change"]>;
}) {
  const { id, to, oldConfirmedAt, dueAt } = change;
  const words = await getWords("addresses");
  const dates = await getDates();
  const isOver = dueAt <= new Date();
  const ofOld = oldConfirmedAt || isOver ? words("oldConfirmed") : words("oldWaiting");
  return (
    <Notice tone="info" title={words("changing", { email: to.email })}>
      <div className="space-y-3">
        <ul className="list-disc space-y-1 pl-5">
          <li>{to.verifiedAt ? words("newVerified") : words("newWaiting")}</li>
          {login.verifiedAt && (
            <li>
              {ofOld}{" "}
              {!oldConfirmedAt && !isOver && words("oldUntil", { time: dates.moment(dueAt) })}
            </li>
          )}
        </ul>
        <div className="flex flex-wrap gap-3">
          {!to.verifiedAt && <SendAgain mailbox={to} />}
          <CancelChange change={{ id }} />
        </div>
      </div>
    </Notice>
  );
}

async function NotificationAddresses({
  others,
  kept,
}: {
  others: AddressBook["others"];
  kept: string | undefined;
}) {
  const words = await getWords("addresses");
  const form = await getWords("form");
  const isFull = others.length >= MAX_NOTIFICATION_ADDRESSES;
  return (
    <section className="card space-y-6">
      <div className="space-y-3">
        <h2>{words("others")}</h2>
        <p className="text-muted">{words("othersHelp", { max: MAX_NOTIFICATION_ADDRESSES })}</p>
      </div>
      {others.length > 0 && (
        <ul className="divide-y divide-line border-y border-line">
          {others.map((mailbox) => (
            <li key={mailbox.id} className="space-y-3 py-4">
              <OtherMailbox mailbox={mailbox} removal={mailbox.removal} />
            </li>
          ))}
        </ul>
      )}
      {isFull ? (
        <p className="text-sm text-muted">{words("full", { max: MAX_NOTIFICATION_ADDRESSES })}</p>
      ) : (
        <div className="max-w-100">
          <Form
            action={addNotificationAddress}
            texts={await getFormTexts(words("add"))}
            fields={[
              {
                name: "address",
                label: form("email"),
                type: "email",
                autoComplete: "email",
                hint: words("addHint"),
                value: kept,
              },
            ]}
          />
        </div>
      )}
    </section>
  );
}

async function OtherMailbox({
  mailbox,
  removal,
}: {
  mailbox: Mailbox;
  removal: WaitingChange | undefined;
}) {
  const words = await getWords("addresses");
  const dates = await getDates();
  const use = mailbox.verifiedAt ? words("otherUse") : words("otherUseUnverified");
  return (
    <>
      <MailboxFacts mailbox={mailbox} use={use} />
      {removal ? (
        <Notice tone="info" title={words("removing")}>
          <div className="space-y-3">
            <p>{words("removingHelp", { time: dates.moment(removal.dueAt) })}</p>
            <CancelChange change={removal} about={mailbox.email} />
          </div>
        </Notice>
      ) : (
        <div className="flex flex-wrap items-start gap-3">
          {!mailbox.verifiedAt && <SendAgain mailbox={mailbox} />}
          <Removal mailbox={mailbox} />
        </div>
      )}
    </>
  );
}

/** Says what will happen before the button that does it. */
async function Removal({ mailbox: { id, email, verifiedAt } }: { mailbox: Mailbox }) {
  const words = await getWords("addresses");
  const working = (await getWords("form"))("working");
  return (
    <details className="group open:w-full">
      <summary className="button button-secondary list-none group-open:border-transparent">
        {words("remove")}
        <span className="sr-only"> {email}</span>
      </summary>
      <div className="mt-3 space-y-3 rounded-lg border border-line bg-raised p-3.5 text-sm">
        <p>{verifiedAt ? words("removeHelp") : words("removeHelpUnverified")}</p>
        <ButtonForm
          action={removeNotificationAddress}
          fields={{ address: id }}
          texts={{ submit: words("removeSubmit"), about: email, working }}
        />
      </div>
    </details>
  );
}

async function MailboxFacts({
  mailbox: { email, verifiedAt },
  use,
}: {
  mailbox: Mailbox;
  use: ReactNode;
}) {
  const words = await getWords("addresses");
  const dates = await getDates();
  return (
    <div className="space-y-1">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p className="min-w-0 font-medium break-all">{email}</p>
        {verifiedAt ? (
          <p className="inline-flex items-center gap-1.5 text-sm text-success">
            <CircleCheck aria-hidden="true" size={18} strokeWidth={1.5} />
            {words("verifiedSince", { date: dates.day(verifiedAt) })}
          </p>
        ) : (
          <p className="inline-flex items-center gap-1.5 text-sm text-warning">
            <Clock aria-hidden="true" size={18} strokeWidth={1.5} />
            {words("unverified")}
          </p>
        )}
      </div>
      <p className="text-sm text-muted">{use}</p>
    </div>
  );
}

async function SendAgain({ mailbox: { id, email } }: { mailbox: Mailbox }) {
  const words = await getWords("addresses");
  return (
    <ButtonForm
      action={sendAddressLinkAgain}
      fields={{ address: id }}
      texts={{
        submit: words("sendAgain"),
        about: email,
        working: (await getWords("form"))("working"),
      }}
    />
  );
}

async function CancelChange({ change: { id }, about }: { change: { id: string }; about?: string }) {
  const words = await getWords("addresses");
  return (
    <ButtonForm
      action={cancelOwnAddressChange}
      fields={{ change: id }}
      texts={{
        submit: words("cancel"),
        working: (await getWords("form"))("working"),
        ...(about && { about }),
      }}
    />
  );
}
