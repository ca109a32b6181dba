import { getFormTexts } from "@/app/form-texts";
import { Notice } from "@/components/notice";
import { POLICY_LIMITS, writePolicyChoice } from "@/lib/admin/policy-choice";
import { listPolicyVersions, type PolicyVersion } from "@/lib/admin/policy-versions";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { findKeptForm } from "@/lib/auth/kept-form";
import { ENROLLABLE_METHODS } from "@/lib/mfa/method-names";
import { addDays, currentPolicy, type Policy, REQUIREMENTS } from "@/lib/mfa/policy";
import { getDates, getWords } from "@/messages/words";
import { describePolicyField } from "./describe-policy";
import { POLICY_PATH } from "./paths";
import { PolicyForm, type PolicyFormTexts } from "./policy-form";

const DONE = {
  saved: { word: "saved", tone: "success" },
  nothing: { word: "nothingNew", tone: "info" },
} as const;

const VERSIONS = 10;

export async function generateMetadata() {
  return { title: (await getWords("policy"))("title") };
}

export default async function PolicyPage({ searchParams }: PageProps<"/admin/policy">) {
  const session = await requireAdministratorSession(POLICY_PATH);
  const policy = await currentPolicy();
  const versions = await listPolicyVersions(session, VERSIONS);
  const kept = await findKeptForm(session, POLICY_PATH);
  const { done } = await searchParams;
  const outcome = Object.entries(DONE).find(([key]) => key === done)?.[1];
  const inForce = { ...writePolicyChoice(policy), known: policy.id ?? "" };
  const words = await getWords("policy");
  return (
    <div className="max-w-170 space-y-8">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
        <p className="text-sm text-muted">{await describeAuthor(versions[0])}</p>
      </div>
      {outcome && (
        <Notice tone={outcome.tone} announce="status">
          {words(outcome.word)}
        </Notice>
      )}
      <PolicyForm
        key={policy.id}
        values={kept.requirement && !outcome ? kept : inForce}
        limits={POLICY_LIMITS}
        texts={await getPolicyFormTexts(policy)}
      />
      <section className="space-y-4">
        <h2>{words("older")}</h2>
        {versions.length === 0 && <p className="text-muted">{words("olderEmpty")}</p>}
        <ol className="space-y-4">
          {versions.map((version) => (
            <Version key={version.policy.id} version={version} />
          ))}
        </ol>
      </section>
    </div>
  );
}

async function describeAuthor(newest: PolicyVersion | undefined): Promise<string> {
  const words = await getWords("policy");
  if (!newest) return words("noChange");
  const name = newest.by ?? words("formerAdministrator");
  return words("lastChange", { name, time: (await getDates()).moment(newest.at) });
}

async function Version({ version: { policy, at, by, changed } }: { version: PolicyVersion }) {
  const words = await getWords("policy");
  const facts = await Promise.all(changed.map((field) => describePolicyField(field, policy)));
  return (
    <li className="space-y-1 border-l-2 border-line pl-4 text-sm">
      <p className="font-medium">
        {(await getDates()).moment(at)}, {by ?? words("formerAdministrator")}
      </p>
      {facts.map(({ name, value }) => (
        <p key={name} className="text-muted">
          {name}: {value}
        </p>
      ))}
    </li>
  );
}

async function getPolicyFormTexts(policy: Policy): Promise<PolicyFormTexts> {
  const words = await getWords("policy");
  return {
    ...(await getFormTexts(words("save"))),
    requirement: { label: words("requirement"), help: words("requirementHelp") },
    requirements: REQUIREMENTS.map((value) => ({ value, label: words(value) })),
    graceDays: { label: words("graceDays"), help: await describeDeadline(policy) },
    methods: { label: words("methods"), help: words("methodsHelp") },
    methodNames: ENROLLABLE_METHODS.map((value) => ({ value, label: words(value) })),
    codes: words("codes"),
    codesRequired: words("codesRequired"),
    lowCodes: { label: words("lowCodes"), help: words("lowCodesHelp") },
    administration: words("administration"),
    twoAdministrators: words("twoAdministrators"),
    temporaryCodeUses: {
      label: words("temporaryCodeUses"),
      help: words("temporaryCodeUsesHelp"),
    },
  };
}

/** The day that people see, or would see. */
async function describeDeadline(policy: Policy): Promise<string> {
  const words = await getWords("policy");
  const dates = await getDates();
  const { requirement, requiredFrom, graceDays: days } = policy;
  return requirement === "everyone" && requiredFrom
    ? words("graceInForce", { date: dates.day(requiredFrom) })
    : words("graceIfRequired", { days, date: dates.day(addDays(new Date(), days)) });
}
