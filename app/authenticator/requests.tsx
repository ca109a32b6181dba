"use client";

import { useEffect, useId, useRef, useState } from "react";
import { Notice } from "@/components/notice";
import { type OpenRequest, type ShownRequest, useChanges, useOpenRequests } from "./open-requests";
import { closeNotifications } from "./push-state";
import { callSigned, type PhoneAccount } from "./sign";

export type RequestTexts = {
  none: string;
  /** A request is not there any more, and was not answered here. */
  gone: string;
  titles: Record<"login" | "step-up", string>;
  account: string;
  portal: string;
  browser: string;
  address: string;
  time: string;
  number: string;
  numberHint: string;
  approve: string;
  deny: string;
  working: string;
  approved: string;
  denied: Record<"login" | "step-up", string>;
  deniedLate: string;
  newPassword: string;
  scannedOver: string;
  wrongOver: string;
  /** What is said of a refused answer, by its reason. */
  refused: Record<string, string>;
  failed: string;
};

type Outcome = { tone: "success" | "info" | "danger"; text: string; advisesPassword?: boolean };
type Decision = "approved" | "denied";

const MAX_WRONG_NUMBERS = 3; // as the portal has it

/** What waits for this phone's answer; it comes by itself while the page is open. */
export function Requests({
  accounts,
  scanned,
  texts,
  onLeft,
}: {
  /** The connected accounts of this phone. */
  accounts: PhoneAccount[];
  /** What was just scanned from a login screen, if anything was; a new object each time. */
  scanned: { requestId: string; number: string } | undefined;
  texts: RequestTexts;
  /** A request left the page, which had the focus. */
  onLeft: () => void;
}) {
  const { requests, isLoaded, drop } = useOpenRequests(accounts);
  const [outcome, setOutcome] = useState<Outcome>();
  const answering = useRef(new Set<string>());
  const isIdle = isLoaded && requests.length === 0;
  useEffect(() => {
    if (isIdle) void closeNotifications(); // it was answered elsewhere, or is over
  }, [isIdle]);
  useChanges(requests, {
    onCome: () => setOutcome(undefined), // which was about another one
    onGo: (id) => {
      if (answering.current.has(id)) return; // its answer says what became of it
      setOutcome({ tone: "info", text: texts.gone, advisesPassword: true });
      if (document.activeElement === document.body) onLeft(); // the focus was in it
    },
  });
  const isScannedOver =
    scanned && isLoaded && requests.every(({ id }) => id !== scanned.requestId) && !outcome;
  return (
    <div className="space-y-4">
      <div role="status" className="empty:hidden">
        {outcome && (
          <Notice tone={outcome.tone}>
            <p>{outcome.text}</p>
            {outcome.advisesPassword && (
              <a className="link inline-flex min-h-11 items-center" href="/forgot">
                {texts.newPassword}
              </a>
            )}
          </Notice>
        )}
        {isScannedOver && <Notice tone="warning">{texts.scannedOver}</Notice>}
      </div>
      {requests.length === 0 && <p className="text-muted">{texts.none}</p>}
      {requests.map((request) => (
        <RequestCard
          key={request.id}
          request={request}
          scanned={scanned?.requestId === request.id ? scanned : undefined}
          texts={texts}
          onAnswering={(isAnswering) =>
            isAnswering ? answering.current.add(request.id) : answering.current.delete(request.id)
          }
          onOver={(end) => {
            drop(request.id);
            setOutcome(end);
            void closeNotifications();
            onLeft();
          }}
        />
      ))}
    </div>
  );
}

function RequestCard({
  request,
  scanned,
  texts,
  onAnswering,
  onOver,
}: {
  request: ShownRequest;
  /** What fills the field in, once it was scanned from this request's screen. */
  scanned: { number: string } | undefined;
  texts: RequestTexts;
  onAnswering: (isAnswering: boolean) => void;
  onOver: (outcome: Outcome) => void;
}) {
  const { id, account, email, occasion, portal, browser, address, createdAt } = request;
  const [number, setNumber] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const wrong = useRef(0);
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  useEffect(() => {
    if (scanned) setNumber(scanned.number);
  }, [scanned]);

  const answer = async (decision: Decision) => {
    setBusy(true);
    onAnswering(true);
    setError(undefined);
    const digits = decision === "approved" ? number.replace(/\D/g, "") : "";
    const given = await callSigned<{ hadGotIn: boolean }>({
      signer: account,
      purpose: "answer",
      path: "/authenticator/answers",
      fields: { requestId: id, decision, number: digits },
      lines: [account.userId, id, digits, decision],
    });
    setBusy(false);
    if (given.ok) {
      const { hadGotIn } = given.answer;
      return onOver(describeAnswer({ decision, occasion, hadGotIn }, texts));
    }
    const { reason } = given;
    const text = texts.refused[reason] ?? texts.failed;
    const advisesPassword = decision === "denied";
    if (reason === "wrong") wrong.current += 1;
    if (wrong.current >= MAX_WRONG_NUMBERS) {
      return onOver({ tone: "danger", text: texts.wrongOver });
    }
    if (reason === "over" || reason === "unknown")
      return onOver({ tone: "info", text, advisesPassword });
    onAnswering(false);
    if (reason === "wrong") setNumber("");
    setError(text);
    field.current?.focus();
  };

  const described = [error && `${fieldId}-error`, `${fieldId}-hint`].filter(Boolean).join(" ");
  return (
    <section className="card space-y-4" aria-labelledby={`${fieldId}-title`}>
      <h3 id={`${fieldId}-title`}>{texts.titles[occasion]}</h3>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <Fact name={texts.account} value={email} />
        <Fact name={texts.portal} value={portal} />
        <Fact name={texts.browser} value={browser} />
        <Fact name={texts.address} value={address} />
        <Fact name={texts.time} value={timeOf(createdAt)} />
      </dl>
      <form
        className="space-y-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void answer("approved");
        }}
      >
        <div className="space-y-1.5">
          <label htmlFor={fieldId} className="block text-sm font-medium">
            {texts.number}
          </label>
          <input
            ref={field}
            id={fieldId}
            name="number"
            className="field mono text-lg tracking-wide"
            inputMode="numeric"
            autoComplete="off"
            spellCheck={false}
            value={number}
            onChange={(event) => setNumber(event.target.value)}
            aria-invalid={error !== undefined || undefined}
            aria-describedby={described}
          />
          <div id={`${fieldId}-error`} role="alert" className="text-sm text-danger empty:hidden">
            {error}
          </div>
          <p id={`${fieldId}-hint`} className="text-sm text-muted">
            {texts.numberHint}
          </p>
        </div>
        <button type="submit" className="button button-primary w-full" disabled={isBusy}>
          {isBusy ? texts.working : texts.approve}
        </button>
        <button
          type="button"
          className="button button-secondary w-full"
          disabled={isBusy}
          onClick={() => void answer("denied")}
        >
          {texts.deny}
        </button>
      </form>
    </section>
  );
}

function describeAnswer(
  {
    decision,
    occasion,
    hadGotIn,
  }: { decision: Decision; occasion: OpenRequest["occasion"]; hadGotIn: boolean },
  texts: RequestTexts,
): Outcome {
  if (decision === "approved") return { tone: "success", text: texts.approved };
  const advisesPassword = true;
  return hadGotIn
    ? { tone: "danger", text: texts.deniedLate, advisesPassword }
    : { tone: "info", text: texts.denied[occasion], advisesPassword };
}

/** The time on this phone's own clock, as its person writes it. */
const timeOf = (moment: string) =>
  new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(new Date(moment));

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{value}</dd>
    </>
  );
}
