import { CircleCheck, Clock, type LucideIcon, MailCheck, Unlink, UserX } from "lucide-react";
import { FocusedPage } from "@/components/focused-page";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { SubmitButton } from "@/components/submit-button";
import { readLinkToken } from "@/lib/auth/cookies";
import { currentSession } from "@/lib/auth/current-session";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { type AddressVerification, findAddressVerification } from "@/lib/auth/verify-address";
import { getDates, getDevice, getWords } from "@/messages/words";
import { disownMailedAccount, verifyMailedAddress } from "./actions";

const ICONS: Record<"verified" | "disowned" | "taken" | "over" | "later", LucideIcon> = {
  verified: CircleCheck,
  disowned: UserX,
  taken: UserX,
  over: Unlink,
  later: Clock,
};

const isOutcome = (value: unknown): value is keyof typeof ICONS =>
  typeof value === "string" && Object.hasOwn(ICONS, value);

export async function generateMetadata() {
  return { title: (await getWords("verifyAddress"))("title") };
}

export default async function VerifyAddressPage({ searchParams }: PageProps<"/address/verify">) {
  await requireAdministrator();
  const { done } = await searchParams;
  const verification = isOutcome(done)
    ? undefined
    : await findAddressVerification((await readLinkToken()) ?? "");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      {verification ? (
        <Question verification={verification} />
      ) : (
        <Outcome outcome={isOutcome(done) ? done : "over"} />
      )}
    </FocusedPage>
  );
}

/** Which account it is about: a stranger may have entered the address, and waits for a careless click. */
async function Question({ verification }: { verification: AddressVerification }) {
  const { email, name, createdAt, createdWith, canBeDisowned } = verification;
  const words = await getWords("verifyAddress");
  const dates = await getDates();
  const working = (await getWords("form"))("working");
  const facts = [
    [words("name"), name],
    [words("created"), dates.moment(createdAt)],
    [words("createdWith"), await getDevice(createdWith)],
  ];
  return (
    <StepCard icon={MailCheck} title={words("title")} intro={words("intro", { email })}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 rounded-lg border border-line bg-raised p-3.5 text-sm">
        {facts.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <form action={verifyMailedAddress}>
        <SubmitButton working={working}>{words("submit")}</SubmitButton>
      </form>
      {canBeDisowned && (
        <form action={disownMailedAccount} className="space-y-2">
          <SubmitButton working={working} className="button button-secondary w-full">
            {words("disown")}
          </SubmitButton>
          <p className="text-sm text-muted">{words("disownHelp")}</p>
        </form>
      )}
    </StepCard>
  );
}

async function Outcome({ outcome }: { outcome: keyof typeof ICONS }) {
  const words = await getWords("verifyAddress");
  const hasSession = (await currentSession()) !== undefined;
  if (outcome === "later") {
    return (
      <StepCard icon={ICONS.later} title={words("laterTitle")} intro={words("later")}>
        <Link className="button button-primary w-full" href="/address/verify">
          {words("tryAgain")}
        </Link>
      </StepCard>
    );
  }
  return (
    <StepCard icon={ICONS[outcome]} title={words(`${outcome}Title`)} intro={words(outcome)}>
      <Link className="button button-primary w-full" href={hasSession ? "/account" : "/login"}>
        {words(hasSession ? "account" : "logIn")}
      </Link>
    </StepCard>
  );
}
