import { redirect } from "next/navigation";
import { z } from "zod";
import { sayWhatToAdministrator } from "@/app/event-words";
import { Link } from "@/components/link";
import { type AuditView, parseAuditView } from "@/lib/admin/audit-view";
import { readEventDetails } from "@/lib/admin/event-details";
import { type FoundPerson, findNamedPerson } from "@/lib/admin/find-named-person";
import { type AuditEntry, listAuditEvents, type NamedPerson } from "@/lib/admin/list-audit-events";
import { differences } from "@/lib/admin/policy-choice";
import { type AdministratorSession, requireAdministratorSession } from "@/lib/auth/administration";
import { PORTAL_ITSELF } from "@/lib/request-source";
import { getDates, getDevice, getWords } from "@/messages/words";
import { AddressLine } from "../address-line";
import { describePolicyField } from "../policy/describe-policy";
import { auditFields, auditPath } from "./audit-path";
import { Filters } from "./filters";

export async function generateMetadata() {
  return { title: (await getWords("audit"))("title") };
}

export default async function AuditPage({ searchParams }: PageProps<"/admin/audit">) {
  const query = await searchParams;
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
  const asked = parseAuditView(text);
  const session = await requireAdministratorSession(auditPath(asked));
  const { data: before } = z.uuid().safeParse(query.before);
  const typed = { person: text("person") ?? "", actor: text("actor") ?? "" };
  const person = await findNamedPerson(session, typed.person);
  const actor = await findNamedPerson(session, typed.actor);
  const view = { ...asked, person: idOf(person), actor: idOf(actor) };
  const isClear = [person, actor].every((one) => one === undefined || one.found === "person");
  // A name may mean another person tomorrow: the address that is kept holds ids.
  if (isClear && auditPath(view) !== auditPath(asked)) redirect(auditPath(view));
  const words = await getWords("audit");
  return (
    <div className="space-y-6">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      <Filters view={view} typed={typed} person={person} actor={actor} />
      {isClear && <Events by={session} view={view} before={before} />}
    </div>
  );
}

const idOf = (found: FoundPerson | undefined) =>
  found?.found === "person" ? found.person.id : undefined;

async function Events({
  by,
  view,
  before,
}: {
  by: AdministratorSession;
  view: AuditView;
  before: string | undefined;
}) {
  const words = await getWords("audit");
  const { events, older } = await listAuditEvents(by, view, { before });
  return (
    <>
      {events.length > 0 ? (
        <EventTable events={events} />
      ) : (
        <p className="card text-muted">{words("empty")}</p>
      )}
      {(older || before) && (
        <nav aria-label={words("pages")} className="flex flex-wrap gap-3">
          {before && (
            <Link href={auditPath(view)} className="button button-secondary">
              {words("newest")}
            </Link>
          )}
          {older && (
            <Link href={auditPath(view, { before: older })} className="button button-secondary">
              {words("older")}
            </Link>
          )}
        </nav>
      )}
      <form
        action="/admin/audit/export"
        method="post"
        className="flex flex-wrap items-center gap-x-4 gap-y-2"
      >
        {Object.entries(auditFields(view)).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <button type="submit" className="button button-secondary" aria-describedby="export-hint">
          {words("export")}
        </button>
        <p id="export-hint" className="text-sm text-muted">
          {words("exportHint")}
        </p>
      </form>
    </>
  );
}

const HEAD = "border-b border-line px-3 py-2 font-medium first:pl-4";
const CELL = "border-b border-line px-3 py-3 align-top first:pl-4";

async function EventTable({ events }: { events: AuditEntry[] }) {
  const words = await getWords("audit");
  const columns = [
    { name: words("time"), hidden: "hidden sm:table-cell" },
    { name: words("event"), hidden: "" },
    { name: words("person"), hidden: "hidden md:table-cell xl:min-w-44" },
    { name: words("actor"), hidden: "hidden xl:table-cell" },
    { name: words("network"), hidden: "hidden xl:table-cell" },
  ];
  return (
    <table
      aria-label={words("table")}
      className="w-full border-separate border-spacing-0 text-sm [overflow-wrap:anywhere]"
    >
      <thead className="sticky top-0 z-10 bg-canvas text-left text-muted">
        <tr>
          {columns.map(({ name, hidden }) => (
            <th key={name} scope="col" className={`${HEAD} ${hidden}`}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

async function EventRow({ event }: { event: AuditEntry }) {
  const words = await getWords("audit");
  const dates = await getDates();
  const { type, recordedType, at, person, actor, email, reason, codesLeft, address, userAgent } =
    event;
  const isByPortal = address === PORTAL_ITSELF.address;
  const time = (
    <time dateTime={at.toISOString()}>
      {dates.moment(at)}
      <span className="block text-muted">{dates.ago(at)}</span>
    </time>
  );
  const whose = person ? <Person person={person} /> : words("noPerson");
  const by = actor ? <Person person={actor} /> : isByPortal && words("portal");
  const device = isByPortal ? undefined : await getDevice(userAgent);
  return (
    <tr className="bg-surface">
      <td className={`${CELL} hidden whitespace-nowrap tabular-nums sm:table-cell`}>{time}</td>
      <td className={CELL}>
        <p className="font-medium">
          {type
            ? await sayWhatToAdministrator(event)
            : words("unknownType", { type: recordedType })}
        </p>
        {email && <p>{words("about", { email })}</p>}
        {codesLeft !== null && <p>{words("codesLeft", { left: codesLeft })}</p>}
        <Details text={event.details} />
        {reason && <p>{words("reason", { reason })}</p>}
        <p className="tabular-nums sm:hidden">{time}</p>
        <div className="md:hidden">{whose}</div>
        {by && (
          <div className="xl:hidden">
            <span className="text-muted">{words("actor")}: </span>
            {by}
          </div>
        )}
        {device && (
          <p className="text-muted xl:hidden">
            {device} · {address}
          </p>
        )}
      </td>
      <td className={`${CELL} hidden md:table-cell xl:min-w-44`}>{whose}</td>
      <td className={`${CELL} hidden xl:table-cell`}>{by}</td>
      <td className={`${CELL} hidden text-muted xl:table-cell`}>
        {device}
        {device && <span className="block tabular-nums">{address}</span>}
      </td>
    </tr>
  );
}

/** What an event changed, or what it allowed. */
async function Details({ text }: { text: string | null }) {
  const details = readEventDetails(text);
  if (!details) return null;
  const words = await getWords("audit");
  if ("hours" in details) return <p>{words("codeTerms", details)}</p>;
  const { before, after } = details;
  return Promise.all(
    differences(before, after).map(async (field) => {
      const { name, value } = await describePolicyField(field, after);
      const old = (await describePolicyField(field, before)).value;
      return <p key={field}>{words("policyField", { name, before: old, after: value })}</p>;
    }),
  );
}

/** Somebody by name, with the way to their page; whoever is gone by the id, which is all that is left. */
async function Person({ person: { id, name, email } }: { person: NamedPerson }) {
  if (name === undefined) {
    const words = await getWords("audit");
    return (
      <>
        {words("deleted")} <span className="mono block text-muted">{id}</span>
      </>
    );
  }
  return (
    <>
      <Link href={`/admin/users/${id}`} className="link font-medium">
        {name}
      </Link>
      {email && <AddressLine email={email} />}
    </>
  );
}
