import { z } from "zod";
import { UnsavedSet } from "@/app/unsaved-set";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { type EnrollmentView, parseEnrollmentView } from "@/lib/admin/enrollment-view";
import { listEnrollment, MAX_FOUND } from "@/lib/admin/list-enrollment";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { countEnrollment, type EnrollmentTotals } from "@/lib/mfa/enrollment-totals";
import { currentPolicy } from "@/lib/mfa/policy";
import { RECOVERABILITIES } from "@/lib/mfa/recoverability";
import { getWords } from "@/messages/words";
import { enrollmentFields, enrollmentPath } from "./enrollment-path";
import { EnrollmentSummary } from "./enrollment-summary";
import { PeopleTable } from "./people-table";
import { nameRecoverability, stateWord } from "./recoverability-mark";

/** What can make somebody safe, and what the list says where the policy refuses it. */
const REFUSED = {
  "recovery-codes": "codesRefused",
  "security-key": "keysRefused",
  notification: "phonesRefused",
} as const;

export async function generateMetadata() {
  return { title: (await getWords("admin"))("enrollment") };
}

export default async function EnrollmentPage({ searchParams }: PageProps<"/admin">) {
  const query = await searchParams;
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
  const view = parseEnrollmentView(text);
  const { data: after } = z.uuid().safeParse(query.after);
  const session = await requireAdministratorSession(enrollmentPath(view));
  const totals = await countEnrollment();
  const counting: string[] = (await currentPolicy()).methods;
  const { people, next, isFirst, isCut } = await listEnrollment(session, view, after);
  const { data: reminded } = z.coerce.number().int().nonnegative().safeParse(query.reminded);
  const words = await getWords("enrollment");
  return (
    <div className="space-y-8">
      <div className="space-y-3">
        <h1>{(await getWords("admin"))("enrollment")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      <UnsavedSet userId={session.userId} />
      {reminded !== undefined && (
        <Notice tone="success" announce="status">
          {words("reminded", { people: reminded })}
        </Notice>
      )}
      {Object.entries(REFUSED).map(
        ([method, word]) =>
          !counting.includes(method) && (
            <Notice key={method} tone="warning">
              {words(word)}
            </Notice>
          ),
      )}
      <EnrollmentSummary totals={totals} />
      <div className="space-y-4">
        <Filters view={view} totals={totals} />
        <Search view={view} />
        {isCut && <Notice tone="info">{words("cut", { people: MAX_FOUND })}</Notice>}
        {people.length > 0 ? (
          <PeopleTable people={people} view={view} />
        ) : (
          <p className="card text-muted">{words(view.search ? "empty" : "emptyState")}</p>
        )}
        {(next || !isFirst) && (
          <nav aria-label={words("pages")} className="flex flex-wrap gap-3">
            {!isFirst && (
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
        {people.length > 0 && <WholeList view={view} />}
      </div>
    </div>
  );
}

async function Filters({ view, totals }: { view: EnrollmentView; totals: EnrollmentTotals }) {
  const words = await getWords("enrollment");
  const { recoverability, administratorsOnly, search } = view;
  const isNarrowed = administratorsOnly || search !== ""; // the totals count everybody
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
              {count !== undefined && !isNarrowed && (
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
