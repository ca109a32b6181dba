import { ButtonForm } from "@/components/button-form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import {
  differences,
  type PolicyChoice,
  type PolicyField,
  parsePolicyChoice,
  writePolicyChoice,
} from "@/lib/admin/policy-choice";
import { measurePolicyImpact, type PolicyImpact } from "@/lib/admin/policy-impact";
import { findPolicyVersion, listPolicyVersions } from "@/lib/admin/policy-versions";
import { type AdministratorSession, requireAdministratorSession } from "@/lib/auth/administration";
import { currentPolicy, type Policy } from "@/lib/mfa/policy";
import { getDates, getWords } from "@/messages/words";
import { savePolicy } from "../actions";
import { describePolicyField } from "../describe-policy";
import { confirmPath, POLICY_PATH } from "../paths";

export async function generateMetadata() {
  return { title: (await getWords("policy"))("confirmTitle") };
}

/** What a choice would change, and for how many people; nothing holds before its button. */
export default async function ConfirmPolicyPage({
  searchParams,
}: PageProps<"/admin/policy/confirm">) {
  const query = await searchParams;
  const text = (field: string) => (typeof query[field] === "string" ? query[field] : "");
  const { choice } = parsePolicyChoice(text);
  const known = text("known");
  const path = choice ? confirmPath(choice, known) : POLICY_PATH;
  const session = await requireAdministratorSession(path);
  const current = await currentPolicy();
  const words = await getWords("policy");
  return (
    <div className="max-w-170 space-y-6">
      <div className="space-y-3">
        <h1>{words("confirmTitle")}</h1>
        <p className="text-muted">{words("confirmIntro")}</p>
      </div>
      {known !== (current.id ?? "") && <Meanwhile by={session} known={known} current={current} />}
      {!choice && <Notice tone="danger">{words("unreadable")}</Notice>}
      {choice && differences(current, choice).length === 0 && (
        <Notice tone="info">{words("nothingNew")}</Notice>
      )}
      {choice && differences(current, choice).length > 0 && (
        <>
          <Changes before={current} after={choice} />
          <Impact
            impact={await measurePolicyImpact({ current, choice, by: session })}
            choice={choice}
            changed={differences(current, choice)}
          />
          <ButtonForm
            action={savePolicy}
            fields={{ ...writePolicyChoice(choice), known: current.id ?? "" }}
            texts={{
              submit: words("confirm"),
              working: (await getWords("form"))("working"),
            }}
            className="button button-primary"
          />
        </>
      )}
      <Link className="link inline-flex min-h-10 items-center" href={POLICY_PATH}>
        {words("backToForm")}
      </Link>
    </div>
  );
}

/** What somebody else changed since the form was opened. */
async function Meanwhile({
  by,
  known,
  current,
}: {
  by: AdministratorSession;
  known: string;
  current: Policy;
}) {
  const words = await getWords("policy");
  const [newest] = await listPolicyVersions(by, 1);
  if (!newest) return null;
  const before = await findPolicyVersion(by, known || undefined);
  const changed = differences(before, current);
  const facts = await Promise.all(changed.map((field) => describePolicyField(field, current)));
  const name = newest.by ?? words("formerAdministrator");
  const time = (await getDates()).moment(newest.at);
  return (
    <Notice tone="warning" title={words("meanwhile", { name, time })} announce="alert">
      <p>{words("meanwhileHelp")}</p>
      <ul className="mt-1 list-disc pl-5">
        {facts.map((fact) => (
          <li key={fact.name}>
            {fact.name}: {fact.value}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

async function Changes({ before, after }: { before: PolicyChoice; after: PolicyChoice }) {
  const words = await getWords("policy");
  const rows = await Promise.all(
    differences(before, after).map(async (field) => ({
      before: await describePolicyField(field, before),
      after: await describePolicyField(field, after),
    })),
  );
  return (
    <section className="card space-y-3">
      <h2>{words("changes")}</h2>
      <dl className="divide-y divide-line">
        {rows.map((row) => (
          <div key={row.after.name} className="py-3 last:pb-0">
            <dt className="font-medium">{row.after.name}</dt>
            <dd className="text-sm text-muted">
              {words("before")}: {row.before.value}
            </dd>
            <dd className="text-sm">
              {words("after")}: {row.after.value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

async function Impact({
  impact,
  choice,
  changed,
}: {
  impact: PolicyImpact;
  choice: PolicyChoice;
  changed: PolicyField[];
}) {
  const words = await getWords("policy");
  const people = await describeImpact(impact, choice, changed);
  return (
    <section className="card space-y-3">
      <h2>{words("impact")}</h2>
      <ul className="list-disc space-y-1 pl-5">
        {(people.length > 0 ? people : [words("impactNobody")]).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {impact.own.includes("method") && <Notice tone="warning">{words("impactOwnMethod")}</Notice>}
      {impact.own.includes("codes") && <Notice tone="warning">{words("impactOwnCodes")}</Notice>}
    </section>
  );
}

async function describeImpact(
  { requiredFrom, waiting, overdue, administrators, withoutCodes, ...impact }: PolicyImpact,
  { requirement, graceDays: days, lowCodes: low }: PolicyChoice,
  changed: PolicyField[],
): Promise<string[]> {
  const words = await getWords("policy");
  const date = (await getDates()).day(requiredFrom);
  const isAhead = requiredFrom > new Date();
  const later = requirement === "everyone" && isAhead ? "yes" : "no";
  return [
    waiting > 0 &&
      (isAhead
        ? words("impactWaiting", { count: waiting, date })
        : words("impactWaitingOwn", { count: waiting, days })),
    overdue > 0 && words("impactOverdue", { count: overdue }),
    administrators > 0 && words("impactAdministrators", { count: administrators }),
    withoutCodes > 0 && words("impactWithoutCodes", { count: withoutCodes, later, date }),
    impact.administratorsWithoutCodes > 0 &&
      words("impactAdministratorsWithoutCodes", { count: impact.administratorsWithoutCodes }),
    changed.includes("methods") &&
      impact.losingCodes > 0 &&
      words("impactLosingCodes", { count: impact.losingCodes }),
    changed.includes("lowCodes") &&
      impact.lowOnCodes > 0 &&
      words("impactLow", { count: impact.lowOnCodes, low }),
  ].filter((sentence) => typeof sentence === "string");
}
