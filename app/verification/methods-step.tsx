import { ChevronRight, ListChecks, type LucideIcon, Shuffle, Smartphone } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { findEnrolledMethods, hasUsableMethod } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";

/** The methods that a person has, strongest first, at a login and at a step-up (TH-14). */
export async function MethodsStep({
  userId,
  account,
  addressOf,
  children,
}: {
  userId: string;
  account: string;
  /** Where a method's step stands. */
  addressOf: (method: "authenticator-app" | "recovery-codes") => string;
  /** The ways out. */
  children: ReactNode;
}) {
  const methods = await findEnrolledMethods(userId);
  const { authenticatorApp, recoveryCodes, replacement } = methods;
  const words = await getWords("verify");
  const dates = await getDates();
  return (
    <StepCard
      icon={Shuffle}
      title={words("methodsTitle")}
      account={account}
      intro={words("methodsIntro")}
    >
      {!hasUsableMethod(methods) && <Notice tone="warning">{words("noMethods")}</Notice>}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {authenticatorApp && (
          <MethodRow
            icon={Smartphone}
            href={addressOf("authenticator-app")}
            name={words("app")}
            help={
              (authenticatorApp.disabled && words("methodDisabled")) ||
              (authenticatorApp.suspendedAt &&
                words("methodSuspended", { date: dates.day(authenticatorApp.suspendedAt) })) ||
              words("appHelp", { date: dates.day(authenticatorApp.addedAt) })
            }
          />
        )}
        {recoveryCodes && (
          <MethodRow
            icon={ListChecks}
            href={addressOf("recovery-codes")}
            name={words("codes")}
            help={
              recoveryCodes.disabled
                ? words("methodDisabled")
                : [recoveryCodes, ...(replacement ? [replacement] : [])]
                    .map(({ letter, generatedAt, left }) =>
                      words("codesHelp", { letter, date: dates.day(generatedAt), count: left }),
                    )
                    .join("; ")
            }
          />
        )}
      </ul>
      {children}
    </StepCard>
  );
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
