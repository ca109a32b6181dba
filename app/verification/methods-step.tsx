import {
  BellRing,
  ChevronRight,
  KeyRound,
  ListChecks,
  type LucideIcon,
  Shuffle,
  Smartphone,
  Ticket,
} from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import type { EnrollableMethod, VerificationMethod } from "@/lib/mfa/method-names";
import {
  acceptedMethods,
  type EnrolledMethods,
  enrolledMethods,
  findEnrolledMethods,
  usableMethods,
} from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";

const ROWS = {
  "security-key": { icon: KeyRound, name: "key" },
  notification: { icon: BellRing, name: "notification" },
  "authenticator-app": { icon: Smartphone, name: "app" },
  "recovery-codes": { icon: ListChecks, name: "codes" },
} as const satisfies Record<EnrollableMethod, { icon: LucideIcon; name: string }>;

/**
 * The methods that a person has and the policy accepts, strongest first, at a login and at a step-up (TH-14); at
 * a login, a temporary code comes last.
 */
export async function MethodsStep({
  userId,
  account,
  addressOf,
  temporaryCode,
  children,
}: {
  userId: string;
  account: string;
  /** Where a method's step stands. */
  addressOf: (method: VerificationMethod) => string;
  /** One that works, where it may be used. */
  temporaryCode?: { expiresAt: Date } | undefined;
  /** The ways out. */
  children: ReactNode;
}) {
  const methods = await findEnrolledMethods(userId);
  const accepted = acceptedMethods(methods);
  const isLimited = accepted.length < enrolledMethods(methods).length;
  const words = await getWords("verify");
  return (
    <StepCard
      icon={Shuffle}
      title={words("methodsTitle")}
      account={account}
      intro={words("methodsIntro")}
    >
      {usableMethods(methods).length === 0 && !temporaryCode && (
        <Notice tone="warning">{words("noMethods")}</Notice>
      )}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {
          await Promise.all(
            accepted.map(async (method) => (
              <MethodRow
                key={method}
                icon={ROWS[method].icon}
                href={addressOf(method)}
                name={words(ROWS[method].name)}
                help={await describeMethod(method, methods)}
              />
            )),
          )
        }
        {temporaryCode && (
          <TemporaryCodeRow href={addressOf("temporary-code")} until={temporaryCode.expiresAt} />
        )}
      </ul>
      {isLimited && (
        <p className="text-sm text-muted">{(await getWords("policy"))("otherMethods")}</p>
      )}
      {children}
    </StepCard>
  );
}

async function TemporaryCodeRow({ href, until }: { href: string; until: Date }) {
  const words = await getWords("lockedOut");
  const dates = await getDates();
  return (
    <MethodRow
      icon={Ticket}
      href={href}
      name={words("method")}
      help={words("methodHelp", { until: dates.moment(until) })}
    />
  );
}

/** What helps to tell whether it is at hand: its name, dates, counts, and whether it is refused at present. */
async function describeMethod(
  method: EnrollableMethod,
  { disabled, securityKeys, sparekeyAuthenticators, ...methods }: EnrolledMethods,
): Promise<string> {
  const words = await getWords("verify");
  const dates = await getDates();
  if (disabled.includes(method)) return words("methodDisabled");
  switch (method) {
    case "security-key":
      return words("keyHelp", { names: dates.list(securityKeys.map(({ name }) => name)) });
    case "notification": {
      const working = sparekeyAuthenticators.filter(({ suspendedAt }) => !suspendedAt);
      const [lost] = sparekeyAuthenticators;
      return working.length === 0 && lost?.suspendedAt
        ? words("methodSuspended", { date: dates.day(lost.suspendedAt) })
        : words("notificationHelp", { names: dates.list(working.map(({ name }) => name)) });
    }
    case "authenticator-app": {
      const { suspendedAt, addedAt } = methods.authenticatorApp ?? {};
      return suspendedAt
        ? words("methodSuspended", { date: dates.day(suspendedAt) })
        : words("appHelp", { date: addedAt ? dates.day(addedAt) : "" });
    }
    case "recovery-codes":
      return [methods.recoveryCodes, methods.replacement]
        .flatMap((set) => set ?? [])
        .filter(({ left }, _, all) => left > 0 || all.length === 1) // beside another, it is no use
        .map(({ letter, generatedAt, left }) =>
          words("codesHelp", { letter, date: dates.day(generatedAt), count: left }),
        )
        .join("; ");
  }
}

function MethodRow({
  icon: Icon,
  href,
  name,
  help,
}: {
  icon: LucideIcon;
  href: string;
  name: string;
  help: string;
}) {
  return (
    <li className="relative flex min-h-16 items-center gap-3 px-4 py-3 hover:bg-raised">
      <Icon aria-hidden="true" size={20} strokeWidth={1.5} className="shrink-0 text-accent" />
      <div className="min-w-0 flex-1">
        {/* The link is named by its method alone; its surface is the whole row. */}
        <Link href={href} className="block font-medium after:absolute after:inset-0">
          {name}
        </Link>
        <p className="text-sm text-muted">{help}</p>
      </div>
      <ChevronRight
        aria-hidden="true"
        size={20}
        strokeWidth={1.5}
        className="shrink-0 text-muted"
      />
    </li>
  );
}
