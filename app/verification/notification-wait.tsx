"use client";

import { CircleCheck, CircleX, Hourglass, LoaderCircle } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useActionState, useEffect, useRef, useState } from "react";
import type { FormAction } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { QrPicture } from "@/components/qr-picture";
import { SubmitButton } from "@/components/submit-button";
import { useHasScripts } from "@/components/use-has-scripts";
import { useSecondsLeft } from "@/components/use-seconds-left";
import type { ApprovalState } from "@/lib/mfa/approval-requests";
import { followApproval } from "./follow-approval";
import type { NotificationTexts } from "./notification-texts";

/** The newest notification as its screen has it; `shown` while it waits for its answer. */
export type WaitedRequest = {
  id: string;
  state: ApprovalState;
  secondsLeft: number;
  shown?: { number: string; spoken: string; qr: { path: string; size: number } };
};

const WARN_SECONDS = 30; // WCAG 2.2.1 asks for 20

/** The live part of the screen: it says what became of the notification, and goes on once it is approved. */
export function NotificationWait({
  request,
  intros,
  refusal,
  actions,
  paths,
  query,
  isHelpOpen,
  wasSentNow,
  texts,
  children,
}: {
  request: WaitedRequest | undefined;
  /** What to do, while one waits and while one can be sent; none without a phone that works. */
  intros: { waiting: string; send: string } | undefined;
  /** Why none can be sent now. */
  refusal: string | undefined;
  actions: { send: FormAction; proceed: FormAction };
  paths: { step: string; methods: string | undefined; done: string };
  query: Record<string, string>;
  isHelpOpen: boolean;
  wasSentNow: boolean;
  texts: NotificationTexts;
  /** The ways out, as long as there is something to leave: a denial ends it. */
  children: ReactNode;
}) {
  const state = useApprovalState(request, paths);
  const [sending, send] = useActionState(actions.send, {});
  const [proceeding, proceed] = useActionState(actions.proceed, {});
  const error = proceeding.error ?? sending.error ?? (state === "waiting" ? undefined : refusal);
  if (state === "denied") return <Denied texts={texts} />;
  const sendForm = (label: string, className: string, more = {}) => (
    <OneButtonForm action={send} query={{ ...query, ...more }} texts={texts} className={className}>
      {label}
    </OneButtonForm>
  );
  return (
    <>
      <div className="space-y-5">
        {intros && state !== "approved" && (
          <p className="text-muted">{state === "waiting" ? intros.waiting : intros.send}</p>
        )}
        <Status state={state} wasSentNow={wasSentNow} texts={texts} />
        <div role="alert" className="empty:hidden">
          {error && <Notice tone="warning">{error}</Notice>}
        </div>
        {state === "waiting" && request?.shown && (
          <>
            <Shown shown={request.shown} texts={texts} />
            <EndWarning key={request.id} seconds={request.secondsLeft} texts={texts}>
              {sendForm(texts.renew, "button button-secondary")}
            </EndWarning>
          </>
        )}
        {(state === "waiting" || state === "approved") && (
          <ProceedForm
            key={request?.id}
            action={proceed}
            isApproved={state === "approved"}
            hasFailed={proceeding.error !== undefined}
            query={query}
            texts={texts}
          />
        )}
        {state === "waiting" ? (
          <Help isOpen={isHelpOpen} path={paths.step} query={query} texts={texts}>
            {sendForm(texts.sendAgain, "button button-secondary w-full", { help: "open" })}
            {paths.methods && <MethodsLink href={paths.methods} texts={texts} />}
          </Help>
        ) : (
          <div className="space-y-3">
            {state !== "approved" &&
              !refusal &&
              sendForm(texts.send, "button button-primary w-full")}
            {paths.methods && <MethodsLink href={paths.methods} texts={texts} />}
          </div>
        )}
      </div>
      {children}
    </>
  );
}

/** The state of the notification: as the page came with it, and then as it is. */
function useApprovalState(
  request: WaitedRequest | undefined,
  { step, done }: { step: string; done: string },
): ApprovalState | undefined {
  const router = useRouter();
  const [live, setLive] = useState<{ id: string; state: ApprovalState }>();
  const id = request?.state === "waiting" ? request.id : undefined;
  useEffect(() => {
    if (!id) return undefined;
    const leaving = new AbortController();
    followApproval(`${step}/status?${new URLSearchParams({ request: id })}`, leaving.signal).then(
      (state) => {
        if (leaving.signal.aborted || !state) return;
        if (state === "gone") return window.location.reload(); // the page says where to go on
        if (state === "used") return window.location.assign(done); // another tab was faster
        if (state === "replaced") return router.refresh(); // perhaps by a newer one of this login
        setLive({ id, state });
      },
    );
    return () => leaving.abort();
  }, [id, step, done, router]);
  // What the page came with last is newer than what it was told about a notification that waited before.
  return live && live.id === id ? live.state : request?.state;
}

const LOOKS = {
  waiting: { icon: LoaderCircle, tone: "text-accent motion-safe:animate-spin", text: "waiting" },
  approved: { icon: CircleCheck, tone: "text-success", text: "approved" },
  used: { icon: CircleCheck, tone: "text-success", text: "approved" },
  denied: { icon: CircleX, tone: "text-danger", text: "denied" },
  expired: { icon: Hourglass, tone: "text-warning", text: "expired" },
  replaced: { icon: Hourglass, tone: "text-warning", text: "replaced" },
  "wrong-numbers": { icon: CircleX, tone: "text-danger", text: "wrongNumbers" },
} as const satisfies Record<ApprovalState, object>;

/** Where the notification stands, in one line that is read out when it changes. */
function Status({
  state,
  wasSentNow,
  texts,
}: {
  state: ApprovalState | undefined;
  /** It is the answer to a button, and not what the password sent. */
  wasSentNow: boolean;
  texts: NotificationTexts;
}) {
  const { icon: Icon, tone, text } = LOOKS[state ?? "waiting"];
  return (
    <p role="status" className="flex items-center gap-2 font-medium empty:hidden">
      {state && (
        <>
          <Icon aria-hidden="true" size={20} strokeWidth={1.5} className={`shrink-0 ${tone}`} />
          <span>{state === "waiting" && wasSentNow ? texts.sent : texts[text]}</span>
        </>
      )}
    </p>
  );
}

/** The six digits and, for who would rather not copy them, the picture that holds them (WCAG 3.3.8). */
function Shown({
  shown: { number, spoken, qr },
  texts,
}: {
  shown: NonNullable<WaitedRequest["shown"]>;
  texts: NotificationTexts;
}) {
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-6 gap-y-4">
      <p role="img" aria-label={spoken} className="mono text-[28px] font-semibold tracking-wider">
        {number}
      </p>
      <div className="w-36">
        <QrPicture {...qr} label={texts.qr} />
      </div>
    </div>
  );
}

/** Says in time that the number ends, and gives a new one. */
function EndWarning({
  seconds,
  texts,
  children,
}: {
  seconds: number;
  texts: NotificationTexts;
  children: ReactNode;
}) {
  const left = useSecondsLeft(seconds);
  const isEnding = left <= WARN_SECONDS;
  return (
    <div role="status" className="empty:hidden">
      {isEnding && (
        <Notice tone="warning">
          <div className="space-y-3">
            <p>{texts.ending}</p>
            {children}
          </div>
        </Notice>
      )}
    </div>
  );
}

/** Goes on by itself once the notification is approved; without scripts somebody presses it. */
function ProceedForm({
  action,
  isApproved,
  hasFailed,
  query,
  texts,
}: {
  action: (formData: FormData) => void;
  isApproved: boolean;
  hasFailed: boolean;
  query: Record<string, string>;
  texts: NotificationTexts;
}) {
  const hasScripts = useHasScripts();
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (hasFailed) router.refresh();
    else if (isApproved) form.current?.requestSubmit();
  }, [isApproved, hasFailed, router]);
  return (
    <form ref={form} action={action} className="space-y-3" hidden={hasScripts && !isApproved}>
      <HiddenFields query={query} />
      {!hasScripts && <p className="text-sm text-muted">{texts.continueHint}</p>}
      <SubmitButton working={texts.working}>{texts.proceed}</SubmitButton>
    </form>
  );
}

/** A button that opens what helps. Without scripts it asks for the page with that open, which changes nothing. */
function Help({
  isOpen,
  path,
  query,
  texts,
  children,
}: {
  isOpen: boolean;
  path: string;
  query: Record<string, string>;
  texts: NotificationTexts;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(isOpen);
  return (
    <div>
      <form
        method="get"
        action={path}
        onSubmit={(event) => {
          event.preventDefault();
          setOpen(!open);
        }}
      >
        <HiddenFields query={open ? query : { ...query, help: "open" }} />
        <button
          type="submit"
          aria-expanded={open}
          aria-controls="notification-help"
          className="link min-h-10 cursor-pointer text-sm"
        >
          {texts.help}
        </button>
      </form>
      <div id="notification-help" hidden={!open} className="space-y-3 pt-2">
        <p className="text-sm text-muted">{texts.helpText}</p>
        {children}
      </div>
    </div>
  );
}

function Denied({ texts }: { texts: NotificationTexts }) {
  return (
    <div className="space-y-5">
      <Notice tone="danger" title={texts.denied} announce="status">
        {texts.deniedText}
      </Notice>
      <div className="flex flex-col items-start gap-1 text-sm">
        <Link className="link inline-flex min-h-10 items-center" href="/forgot">
          {texts.newPassword}
        </Link>
        <Link className="link inline-flex min-h-10 items-center" href="/login">
          {texts.logInAgain}
        </Link>
      </div>
    </div>
  );
}

function OneButtonForm({
  action,
  query,
  texts,
  className,
  children,
}: {
  action: (formData: FormData) => void;
  query: Record<string, string>;
  texts: NotificationTexts;
  className: string;
  children: ReactNode;
}) {
  return (
    <form action={action}>
      <HiddenFields query={query} />
      <SubmitButton working={texts.working} className={className}>
        {children}
      </SubmitButton>
    </form>
  );
}

function HiddenFields({ query }: { query: Record<string, string> }) {
  return Object.entries(query).map(([name, value]) => (
    <input key={name} type="hidden" name={name} value={value} />
  ));
}

function MethodsLink({ href, texts }: { href: string; texts: NotificationTexts }) {
  return (
    <Link className="link inline-flex min-h-10 items-center text-sm" href={href}>
      {texts.chooseAnother}
    </Link>
  );
}
