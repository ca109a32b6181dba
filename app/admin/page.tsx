import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { z } from "zod";
import { EnrollmentChart } from "@/components/enrollment-chart";
import { Notice } from "@/components/notice";
import { TimeAgo } from "@/components/time-ago";
import { type EnrollmentView, parseEnrollmentView } from "@/lib/admin/enrollment-view";
import { type EnrolledPerson, listEnrollment, MAX_FOUND } from "@/lib/admin/list-enrollment";
import { requireAdministratorSession } from "@/lib/auth/administration";
import {
  countEnrollment,
  type EnrollmentTotals,
  listEnrollmentDays,
} from "@/lib/mfa/enrollment-totals";
import { RECOVERABILITIES } from "@/lib/mfa/recoverability";
import { getDates, getWords } from "@/messages/words";
import { enrollmentFields, enrollmentPath } from "./enrollment-path";
import { nameRecoverability, RecoverabilityMark, stateWord } from "./recoverability-mark";

export async function generateMetadata() {
  return { title: (await getWords("admin"))("enrollment") };
}

export default async function EnrollmentPage({ searchParams }: PageProps<"/admin">) {
  const query = await searchParams;
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
  const view = parseEnrollmentView(text);
  const { data: after } = z.uuid().safeParse(query.after);
  await requireAdministratorSession(enrollmentPath(view));
  const totals = await countEnrollment();
  const { people, next, isCut } = await listEnrollment(view, after);
  const { data: reminded } = z.coerce.number().int().nonnegative().safeParse(query.reminded);
  const words = await getWords("enrollment");
  return (
    <div className="space-y-8">
      <div className="space-y-3">
        <h1>{(await getWords("admin"))("enrollment")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      {reminded !== undefined && (
        <Notice tone="success" announce="status">
          {words("reminded", { people: reminded })}
        </Notice>
      )}
      <Totals totals={totals} />
      <div className="space-y-4">
        <Filters view={view} totals={totals} />
        <Search view={view} />
        {isCut && <Notice tone="info">{words("cut", { people: MAX_FOUND })}</Notice>}
        {people.length > 0 ? (
          <PeopleTable people={people} view={view} />
        ) : (
          <p className="card text-muted">{words(view.search ? "empty" : "emptyState")}</p>
        )}
        {(next || after) && (
          <nav aria-label={words("pages")} className="flex flex-wrap gap-3">
            {after && (
              <Link href={enrollmentPath(view)} className="button button-secondary">
                {words("first")}
              </Link>
            )}
            {next && (
              <Link
                href={enrollmentPath(view, { after: next })}
                className="button button-secondary"
              >
                {words("next")}
              </Link>
            )}
          </nav>
        )}
        <WholeList view={view} />
      </div>
    </div>
  );
}

async function Totals({ totals }: { totals: EnrollmentTotals }) {
  const words = await getWords("enrollment");
  const dates = await getDates();
  const percent = (count: number) =>
    words("share", { share: Math.round((100 * count) / Math.max(1, totals.people)) });
  const today = new Date(new Date().toISOString().slice(0, 10));
  const earlier = (await listEnrollmentDays()).filter(({ day }) => day < today);
  const days = [...earlier, { ...totals, day: today }].map(({ day, ...counts }) => ({
    label: dates.day(day),
    noMethod: counts.noMethod,
    oneMethod: counts.oneMethod,
    several: counts.several,
    withCodes: counts.withCodes,
  }));
  const shown = ["noMethod", "oneMethod", "several", "withCodes"] as const;
  return (
    <section aria-label={words("totals")} className="card space-y-6">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-4 sm:grid-cols-5">
        <div>
          <dt className="text-sm text-muted">{words("people")}</dt>
          <dd className="text-lg font-semibold tabular-nums">
            {totals.people.toLocaleString("en")}
          </dd>
        </div>
        {shown.map((name) => (
          <div key={name}>
            <dt className="text-sm text-muted">{words(name)}</dt>
            <dd className="text-lg font-semibold tabular-nums">
              {totals[name].toLocaleString("en")}{" "}
              <span className="text-sm font-normal text-muted">{percent(totals[name])}</span>
            </dd>
          </div>
        ))}
      </dl>
      {days.length > 1 ? (
        <EnrollmentChart
          days={days}
          texts={{
            title: words("chart"),
            table: words("chartTable"),
            day: words("day"),
            noMethod: words("noMethod"),
            oneMethod: words("oneMethod"),
            several: words("several"),
            withCodes: words("withCodes"),
          }}
        />
      ) : (
        <p className="text-sm text-muted">{words("chartEmpty")}</p>
      )}
    </section>
  );
}

async function Filters({ view, totals }: { view: EnrollmentView; totals: EnrollmentTotals }) {
  const words = await getWords("enrollment");
  const { recoverability, administratorsOnly } = view;
  const states = await Promise.all(
    RECOVERABILITIES.map(async (state) => ({
      name: await nameRecoverability(state),
      count: totals.byRecoverability[state],
      title: words("stateHelp", { state: stateWord(state) }),
      isChosen: recoverability === state,
      href: enrollmentPath({ ...view, recoverability: state }),
    })),
  );
  const pills = [
    {
      name: words("all"),
      count: totals.people,
      title: undefined,
      isChosen: recoverability === undefined,
      href: enrollmentPath({ ...view, recoverability: undefined }),
    },
    ...states,
    {
      name: words("administrators"),
      count: undefined,
      title: undefined,
      isChosen: administratorsOnly,
      href: enrollmentPath({ ...view, administratorsOnly: !administratorsOnly }),
    },
  ];
  return (
    <nav aria-label={words("filters")}>
      <ul className="flex flex-wrap gap-2">
        {pills.map(({ name, count, title, isChosen, href }) => (
          <li key={name}>
            <Link
              href={href}
              title={title}
              aria-current={isChosen || undefined}
              className="inline-flex min-h-10 items-center gap-2 rounded-full border border-edge bg-surface px-4 text-sm font-medium hover:bg-raised aria-[current=true]:border-accent aria-[current=true]:bg-accent-soft aria-[current=true]:text-accent"
            >
              {name}
              {count !== undefined && (
                <span className="tabular-nums font-normal">{count.toLocaleString("en")}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
      {recoverability && (
        <p className="pt-3 text-sm text-muted">
          {words("stateHelp", { state: stateWord(recoverability) })}
        </p>
      )}
    </nav>
  );
}

async function Search({ view }: { view: EnrollmentView }) {
  const words = await getWords("enrollment");
  const { search, ...others } = view;
  return (
    <search>
      <form action="/admin" className="flex flex-wrap items-end gap-3">
        {Object.entries(enrollmentFields({ ...others, search: "" })).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <div className="w-full min-w-0 space-y-1.5 sm:w-80">
          <label htmlFor="search" className="block text-sm font-medium">
            {words("search")}
          </label>
          <input
            id="search"
            name="search"
            type="search"
            defaultValue={search}
            autoComplete="off"
            className="field"
          />
        </div>
        <button type="submit" className="button button-secondary min-h-11">
          {words("searchButton")}
        </button>
        {search && (
          <Link href={enrollmentPath({ ...view, search: "" })} className="button">
            {words("clear")}
          </Link>
        )}
      </form>
    </search>
  );
}

async function PeopleTable({ people, view }: { people: EnrolledPerson[]; view: EnrollmentView }) {
  const words = await getWords("enrollment");
  return (
    <table aria-label={words("table")} className="w-full border-separate border-spacing-0 text-sm">
      <thead className="sticky top-0 z-10 bg-canvas text-left text-muted">
        <tr>
          <SortedColumn view={view} sort="name" name={words("name")} />
          <PlainColumn name={words("role")} className="hidden xl:table-cell" />
          <PlainColumn name={words("methods")} className="hidden md:table-cell" />
          <SortedColumn
            view={view}
            sort="codes"
            name={words("codes")}
            className="hidden md:table-cell"
          />
          <PlainColumn name={words("saved")} className="hidden xl:table-cell" />
          <SortedColumn
            view={view}
            sort="last-login"
            name={words("lastLogin")}
            className="hidden lg:table-cell"
          />
          <PlainColumn name={words("recoverability")} />
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <PersonRow key={person.id} person={person} />
        ))}
      </tbody>
    </table>
  );
}

const HEAD = "border-b border-line px-3 py-2 font-medium first:pl-4";
const CELL = "border-b border-line px-3 py-3 align-top first:pl-4";

function PlainColumn({ name, className = "" }: { name: string; className?: string }) {
  return (
    <th scope="col" className={`${HEAD} ${className}`}>
      {name}
    </th>
  );
}

async function SortedColumn({
  view,
  sort,
  name,
  className = "",
}: {
  view: EnrollmentView;
  sort: "name" | "codes" | "last-login";
  name: string;
  className?: string;
}) {
  const words = await getWords("enrollment");
  const isUp = view.sort === sort;
  const isDown = view.sort === `-${sort}`;
  const Icon = isDown ? ArrowDown : ArrowUp;
  const order = isUp ? "ascending" : "descending";
  return (
    <th
      scope="col"
      aria-sort={isUp || isDown ? order : undefined}
      className={`${HEAD} ${className}`}
    >
      <Link
        href={enrollmentPath({ ...view, sort: isUp ? `-${sort}` : sort })}
        aria-label={words("sortBy", { column: name })}
        className="inline-flex min-h-6 items-center gap-1 hover:text-text"
      >
        {name}
        {(isUp || isDown) && <Icon aria-hidden="true" size={14} strokeWidth={2} />}
      </Link>
    </th>
  );
}

async function PersonRow({ person }: { person: EnrolledPerson }) {
  const words = await getWords("enrollment");
  const dates = await getDates();
  const { id, name, email, role, codesLeft, codesConfirmed, lastLoginAt, disabledAt } = person;
  const methods = person.methods.map((method) =>
    words("method", { method: METHOD_WORDS[method] ?? "none" }),
  );
  const isAdministrator = role === "ADMINISTRATOR";
  const hasSet = codesLeft > 0 || codesConfirmed;
  const codes = hasSet ? words("codesOfTen", { left: codesLeft }) : words("noCodes");
  return (
    <tr className="relative bg-surface hover:bg-raised has-[a:focus-visible]:bg-raised">
      <th scope="row" className={`${CELL} text-left font-normal`}>
        <Link
          href={`/admin/users/${id}`}
          className="font-medium after:absolute after:inset-0 hover:underline"
        >
          {name}
        </Link>
        <span className="block text-muted [overflow-wrap:anywhere]">{email}</span>
        {isAdministrator && (
          <span className="block text-muted xl:hidden">{words("administrator")}</span>
        )}
        <span className="block text-muted md:hidden">
          {methods.length > 0 ? dates.list(methods) : words("noMethods")} · {codes}
        </span>
        {disabledAt && <span className="block font-medium text-danger">{words("disabled")}</span>}
      </th>
      <td className={`${CELL} hidden xl:table-cell`}>
        {words(isAdministrator ? "administrator" : "member")}
      </td>
      <td className={`${CELL} hidden md:table-cell`}>
        {methods.length > 0 ? methods.join(", ") : words("none")}
      </td>
      <td className={`${CELL} hidden tabular-nums md:table-cell`}>{codes}</td>
      <td className={`${CELL} hidden xl:table-cell`}>
        {hasSet ? words(codesConfirmed ? "yes" : "no") : words("none")}
      </td>
      <td className={`${CELL} hidden lg:table-cell`}>
        <TimeAgo
          date={lastLoginAt}
          ago={dates.ago(lastLoginAt)}
          exact={dates.moment(lastLoginAt)}
        />
      </td>
      <td className={CELL}>
        <RecoverabilityMark state={person.recoverability} />
      </td>
    </tr>
  );
}

const METHOD_WORDS: Record<string, string> = {
  "security-key": "key",
  notification: "phone",
  "authenticator-app": "app",
};

/** What can be done with all people of the view at once. */
async function WholeList({ view }: { view: EnrollmentView }) {
  const words = await getWords("enrollment");
  return (
    <div className="flex flex-wrap items-center gap-3">
      <form action="/admin/export" method="post">
        {Object.entries(enrollmentFields(view)).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <button type="submit" className="button button-secondary" aria-describedby="export-hint">
          {words("export")}
        </button>
      </form>
      <Link
        href={`/admin/remind?${new URLSearchParams(enrollmentFields(view))}`}
        className="button button-secondary"
      >
        {words("remind")}
      </Link>
      <p id="export-hint" className="text-sm text-muted">
        {words("exportHint")}
      </p>
    </div>
  );
}
