import { ChevronRight, ListChecks, type LucideIcon, Shuffle, Smartphone } from "lucide-react";
import Link from "next/link";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";

export async function generateMetadata() {
  return { title: (await getWords("verify"))("methodsTitle") };
}

export default async function MethodsPage() {
  const { userId, email } = await requireLoginChallenge();
  const { authenticatorApp, recoveryCodes } = await findEnrolledMethods(userId);
  const words = await getWords("verify");
  const dates = await getDates();
  const hasUsable =
    authenticatorApp?.disabled === false ||
    (recoveryCodes?.disabled === false && recoveryCodes.left > 0);
  return (
    <StepCard
      icon={Shuffle}
      title={words("methodsTitle")}
      account={words("account", { email })}
      intro={words("methodsIntro")}
    >
      {!hasUsable && <Notice tone="warning">{words("noMethods")}</Notice>}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {authenticatorApp && (
          <MethodRow
            icon={Smartphone}
            href="/login/verify/authenticator-app"
            name={words("app")}
            help={
              authenticatorApp.disabled
                ? words("methodDisabled")
                : words("appHelp", { date: dates.day(authenticatorApp.addedAt) })
            }
          />
        )}
        {recoveryCodes && (
          <MethodRow
            icon={ListChecks}
            href="/login/verify/recovery-codes"
            name={words("codes")}
            help={
              recoveryCodes.disabled
                ? words("methodDisabled")
                : words("codesHelp", {
                    letter: recoveryCodes.letter,
                    date: dates.day(recoveryCodes.generatedAt),
                    count: recoveryCodes.left,
                  })
            }
          />
        )}
      </ul>
      <WaysOut showMethods={false} />
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
