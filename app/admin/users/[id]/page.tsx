import { Ban, CircleCheck, MailQuestionMark } from "lucide-react";
import { notFound } from "next/navigation";
import { ActivityList } from "@/app/activity-list";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { TimeAgo } from "@/components/time-ago";
import { ACCOUNT_ACTS } from "@/lib/admin/administer-account";
import { type AdministeredPerson, findNames, findPerson } from "@/lib/admin/find-person";
import { type AdministratorSession, requireAdministratorSession } from "@/lib/auth/administration";
import { listActivity } from "@/lib/notices/list-activity";
import { getDates, getWords } from "@/messages/words";
import { RecoverabilityMark, stateWord } from "../../recoverability-mark";
import { AccountActs } from "./account-acts";
import { LockedOut } from "./locked-out";
import { CodeSets, Methods } from "./methods";
import { parsePersonId, personPath } from "./person-path";
import { Sessions } from "./sessions";

const STATE_ICONS = { active: CircleCheck, disabled: Ban, waiting: MailQuestionMark } as const;

export async function generateMetadata() {
  return { title: (await getWords("person"))("title") };
}

export default async function PersonPage(props: PageProps<"/admin/users/[id]">) {
  const id = parsePersonId((await props.params).id);
  const session = await requireAdministratorSession(id ? personPath(id) : "/admin");
  const person = (id && (await findPerson(session, id))) || notFound();
  const { before, done } = await props.searchParams;
  const act = ACCOUNT_ACTS.find((one) => one === done);
  const words = await getWords("person");
  const isOwn = person.id === session.userId;
  return (
    <div className="max-w-3xl space-y-8">
      <div className="space-y-3">
        <p className="text-sm">
          <Link className="link" href="/admin">
            {words("back")}
          </Link>
        </p>
        <h1 className="break-words">{person.name}</h1>
        {act && (
          <Notice tone="success" announce="status">
            {words(`acts.${act}.done`, { name: person.name })}
          </Notice>
        )}
      </div>
      <Account person={person} />
      <LockedOut id={person.id} />
      <Methods methods={person.methods} />
      <CodeSets sets={person.codeSets} />
      <Sessions person={person} isOwn={isOwn} />
      <AccountActs person={person} isOwn={isOwn} />
      <History by={session} id={person.id} before={parsePersonId(before)} />
    </div>
  );
}

async function Account({ person }: { person: AdministeredPerson }) {
  const words = await getWords("person");
  const dates = await getDates();
  const { email, role, state, disabledAt, createdAt, lastLoginAt, recoverability } = person;
  const day = disabledAt && dates.day(disabledAt);
  const StateIcon = STATE_ICONS[state];
  return (
    <section className="card space-y-4">
      <h2>{words("account")}</h2>
      <dl className="grid gap-x-6 gap-y-0.5 text-sm sm:grid-cols-[11rem_1fr] sm:gap-y-3">
        <Fact name={(await getWords("form"))("email")}>{email}</Fact>
        <Fact name={words("role")}>{(await getWords("account"))(`role${role}`)}</Fact>
        <Fact name={words("state")}>
          <span className="flex items-center gap-1.5">
            <StateIcon aria-hidden="true" size={18} strokeWidth={1.5} className="shrink-0" />
            {day ? words("disabledSince", { date: day }) : words(`states.${state}`)}
          </span>
        </Fact>
        <Fact name={words("recoverability")}>
          <RecoverabilityMark state={recoverability} />
          <span className="block text-muted">
            {words("recoverable", { state: stateWord(recoverability) })}
          </span>
        </Fact>
        <Fact name={words("lastLogin")}>
          <TimeAgo
            date={lastLoginAt}
            ago={dates.ago(lastLoginAt)}
            exact={dates.moment(lastLoginAt)}
          />
        </Fact>
        <Fact name={words("created")}>{dates.day(createdAt)}</Fact>
      </dl>
      {recoverability !== "safe" && (
        <Link href={`/admin/remind?person=${person.id}`} className="button button-secondary">
          {(await getWords("enrollment"))("remind")}
        </Link>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-muted">{name}</dt>
      <dd className="mb-3 min-w-0 break-words sm:mb-0">{children}</dd>
    </div>
  );
}

async function History({
  by,
  id,
  before,
}: {
  by: AdministratorSession;
  id: string;
  before: string | undefined;
}) {
  const words = await getWords("person");
  const { events, older } = await listActivity({ userId: id, before });
  const names = await findNames(
    by,
    events.flatMap(({ administratorId }) => administratorId ?? []),
  );
  return (
    <section className="space-y-4" id="history">
      <h2>{words("history")}</h2>
      {events.length === 0 ? (
        <p className="card text-muted">{words("historyEmpty")}</p>
      ) : (
        <ActivityList events={events} label={words("history")} names={names} />
      )}
      {(older || before) && (
        <nav aria-label={words("pages")} className="flex flex-wrap gap-3">
          {before && (
            <Link href={`${personPath(id)}#history`} className="button button-secondary">
              {words("newest")}
            </Link>
          )}
          {older && (
            <Link
              href={`${personPath(id)}?before=${older}#history`}
              className="button button-secondary"
            >
              {words("older")}
            </Link>
          )}
        </nav>
      )}
    </section>
  );
}
