import type { ReactNode } from "react";
import { Link } from "@/components/link";
import { Wordmark } from "@/components/mark";
import { currentChallenge } from "@/lib/auth/current-challenge";
import { currentSession } from "@/lib/auth/current-session";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { config } from "@/lib/config";
import { getWords } from "@/messages/words";

export async function generateMetadata() {
  return { title: (await getWords("helpCodes"))("title") };
}

export default async function RecoveryCodesHelp() {
  await requireAdministrator();
  const words = await getWords("helpCodes");
  const origin = config().APP_URL;
  return (
    <div className="mx-auto max-w-2xl space-y-10 px-4 py-8 sm:py-16">
      <Link href="/">
        <Wordmark name={(await getWords("product"))("name")} />
      </Link>
      <main id="content" className="mt-8 space-y-10">
        <div className="space-y-3">
          <h1>{words("title")}</h1>
          <p className="text-lg text-muted">{words("lead")}</p>
        </div>
        <Part title={words("getTitle")}>
          <Steps items={[words("get1"), words("get2"), words("get3")]} />
          <p>{words("getMore")}</p>
        </Part>
        <Part title={words("useTitle")}>
          <Steps items={[words("use1"), words("use2"), words("use3"), words("use4")]} />
        </Part>
        <Part title={words("rulesTitle")}>
          <Points
            items={[words("ruleOnce"), words("ruleExpire"), words("ruleSoon"), words("ruleTries")]}
          />
        </Part>
        <Part title={words("safeTitle")}>
          <Points items={[words("safe1"), words("safe2", { origin }), words("safe3")]} />
        </Part>
        <Link className="button button-secondary" href={await backPath()}>
          {words("back")}
        </Link>
      </main>
    </div>
  );
}

/** To where the question arose: the login's own step, the account, or the login page. */
async function backPath(): Promise<string> {
  if (await currentChallenge()) return "/login/verify/recovery-codes";
  return (await currentSession()) ? "/account/mfa/recovery-codes" : "/login";
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="space-y-3">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Steps({ items }: { items: string[] }) {
  return (
    <ol className="list-decimal space-y-2 pl-6 marker:text-muted">
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ol>
  );
}

function Points({ items }: { items: string[] }) {
  return (
    <ul className="list-disc space-y-2 pl-6 marker:text-muted">
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}
