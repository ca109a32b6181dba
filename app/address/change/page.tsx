import { CircleCheck, Clock, type LucideIcon, MailQuestion, Unlink, UserX } from "lucide-react";
import { FocusedPage } from "@/components/focused-page";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { SubmitButton } from "@/components/submit-button";
import {
  type AddressChangeDecision,
  findAddressChangeOfLink,
  type LinkedAddressChange,
} from "@/lib/auth/change-address";
import { readLinkToken } from "@/lib/auth/cookies";
import { currentSession } from "@/lib/auth/current-session";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { getDates, getDevice, getWords } from "@/messages/words";
import { cancelMailedChange, confirmMailedChange } from "./actions";

const ICONS: Record<AddressChangeDecision, LucideIcon> = {
  changed: CircleCheck,
  removed: CircleCheck,
  cancelled: CircleCheck,
  waiting: Clock,
  taken: UserX,
  over: Unlink,
  later: Clock,
};

const isOutcome = (value: unknown): value is AddressChangeDecision =>
  typeof value === "string" && Object.hasOwn(ICONS, value);

export async function generateMetadata() {
  return { title: (await getWords("addresses"))("link.title") };
}

export default async function ChangeAddressPage({ searchParams }: PageProps<"/address/change">) {
  await requireAdministrator();
  const { done } = await searchParams;
  const change = isOutcome(done)
    ? undefined
    : await findAddressChangeOfLink((await readLinkToken()) ?? "");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      {change ? (
        <Question change={change} />
      ) : (
        <Outcome outcome={isOutcome(done) ? done : "over"} />
      )}
    </FocusedPage>
  );
}

async function Question({ change }: { change: LinkedAddressChange }) {
  const words = await getWords("addresses");
  const dates = await getDates();
  const working = (await getWords("form"))("working");
  const facts = [
    [words("link.old"), change.old],
    ...(change.new ? [[words("link.new"), change.new]] : []),
    [words("link.who"), change.name],
    [words("link.when"), dates.moment(change.requestedAt)],
    [words("link.device"), await getDevice(change.userAgent)],
  ];
  const time = dates.moment(change.dueAt);
  return (
    <StepCard
      icon={MailQuestion}
      title={change.new ? words("link.title") : words("link.removalTitle")}
      intro={change.new ? words("link.intro", { time }) : words("link.removalIntro", { time })}
    >
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 rounded-lg border border-line bg-raised p-3.5 text-sm">
        {facts.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="space-y-3">
        <form action={confirmMailedChange} className="space-y-2">
          <SubmitButton working={working}>{words("link.confirm")}</SubmitButton>
          {change.new && <p className="text-sm text-muted">{words("link.confirmHelp")}</p>}
        </form>
        <form action={cancelMailedChange} className="space-y-2">
          <SubmitButton working={working} className="button button-secondary w-full">
            {words("cancel")}
          </SubmitButton>
          <p className="text-sm text-muted">{words("link.cancelHelp")}</p>
        </form>
      </div>
    </StepCard>
  );
}

async function Outcome({ outcome }: { outcome: AddressChangeDecision }) {
  const words = await getWords("addresses");
  const hasSession = (await currentSession()) !== undefined;
  if (outcome === "later") {
    return (
      <StepCard icon={ICONS.later} title={words("link.laterTitle")} intro={words("link.later")}>
        <Link className="button button-primary w-full" href="/address/change">
          {words("link.tryAgain")}
        </Link>
      </StepCard>
    );
  }
  return (
    <StepCard
      icon={ICONS[outcome]}
      title={words(`link.${outcome}Title`)}
      intro={words(`link.${outcome}`)}
    >
      <Link
        className="button button-primary w-full"
        href={hasSession ? "/account/addresses" : "/login"}
      >
        {hasSession ? words("link.toAddresses") : words("link.logIn")}
      </Link>
    </StepCard>
  );
}
