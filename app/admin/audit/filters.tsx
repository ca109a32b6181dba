import { X } from "lucide-react";
import { Link } from "@/components/link";
import type { AuditView } from "@/lib/admin/audit-view";
import type { FoundPerson } from "@/lib/admin/find-named-person";
import { AUDIT_EVENT_TYPES } from "@/lib/notices/audit-event";
import { getWords } from "@/messages/words";
import { auditPath } from "./audit-path";

type Who = "person" | "actor";
type Typed = Record<Who, string>;

/** What narrows the list. Each is part of the address, so that a view can be kept and sent on. */
export async function Filters({
  view,
  typed,
  person,
  actor,
}: {
  view: AuditView;
  /** What was typed for whom. */
  typed: Typed;
  person: FoundPerson | undefined;
  actor: FoundPerson | undefined;
}) {
  const words = await getWords("audit");
  const types = AUDIT_EVENT_TYPES.map((type) => ({ type, name: words(`types.${type}`) }));
  types.sort((a, b) => a.name.localeCompare(b.name, "en"));
  const isNarrowed = [...Object.values(view), ...Object.values(typed)].some(Boolean);
  return (
    <search className="space-y-4">
      <form action="/admin/audit" className="card grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
        <WhoField who="person" view={view} typed={typed} found={person} />
        <WhoField who="actor" view={view} typed={typed} found={actor} />
        <div className="space-y-1.5 sm:col-span-2">
          <label htmlFor="type" className="block text-sm font-medium">
            {words("type")}
          </label>
          <select id="type" name="type" defaultValue={view.type ?? ""} className="field">
            <option value="">{words("anyType")}</option>
            {types.map(({ type, name }) => (
              <option key={type} value={type}>
                {name}
              </option>
            ))}
          </select>
        </div>
        {(["from", "to"] as const).map((name) => (
          <div key={name} className="space-y-1.5">
            <label htmlFor={name} className="block text-sm font-medium">
              {words(name)}
            </label>
            <input id={name} name={name} type="date" defaultValue={view[name]} className="field" />
          </div>
        ))}
        <div className="flex flex-wrap items-end gap-3 sm:col-span-2">
          <button type="submit" className="button button-primary min-h-11">
            {words("show")}
          </button>
          {isNarrowed && (
            <Link href="/admin/audit" className="button min-h-11">
              {words("clear")}
            </Link>
          )}
        </div>
      </form>
      <Choices who="person" view={view} typed={typed} found={person} />
      <Choices who="actor" view={view} typed={typed} found={actor} />
    </search>
  );
}

/** Asks for somebody; once it is clear who is meant, they are shown, with the way back to anybody. */
async function WhoField({
  who,
  view,
  typed,
  found,
}: {
  who: Who;
  view: AuditView;
  typed: Typed;
  found: FoundPerson | undefined;
}) {
  const words = await getWords("audit");
  if (found?.found === "person") {
    const { person } = found;
    return (
      <div className="min-w-0 space-y-1.5">
        <p className="text-sm font-medium">{words(who)}</p>
        <input type="hidden" name={who} value={person.id} />
        <p className="flex min-h-11 items-center justify-between gap-2 rounded-lg bg-raised py-1 pl-3">
          <span className="min-w-0 text-sm [overflow-wrap:anywhere]">
            {person.name ?? words("deleted")}
            <span className="block text-muted">{person.email ?? person.id}</span>
          </span>
          <Link
            href={auditPath({ ...view, [who]: undefined })}
            aria-label={words(who === "person" ? "anybodyPerson" : "anybodyActor")}
            className="grid size-11 shrink-0 place-items-center"
          >
            <X aria-hidden="true" size={18} strokeWidth={1.5} />
          </Link>
        </p>
      </div>
    );
  }
  return (
    <div className="min-w-0 space-y-1.5">
      <label htmlFor={who} className="block text-sm font-medium">
        {words(who)}
      </label>
      <input
        id={who}
        name={who}
        type="search"
        defaultValue={typed[who]}
        placeholder={words("personHint")}
        autoComplete="off"
        className="field"
      />
    </div>
  );
}

async function Choices({
  who,
  view,
  typed,
  found,
}: {
  who: Who;
  view: AuditView;
  typed: Typed;
  found: FoundPerson | undefined;
}) {
  const words = await getWords("audit");
  if (!found || found.found === "person") return null;
  if (found.found === "nobody") {
    return (
      <p role="status" className="card text-muted">
        {words("nobody", { typed: typed[who] })}
      </p>
    );
  }
  const other = who === "person" ? "actor" : "person";
  const rest = typed[other] && !view[other] ? { [other]: typed[other] } : {};
  return (
    <section aria-labelledby={`${who}-choices`} className="card space-y-2">
      <h2 id={`${who}-choices`} className="text-base">
        {words(who === "person" ? "several" : "severalActors", { typed: typed[who] })}
      </h2>
      <ul className="divide-y divide-line">
        {found.people.map((person) => (
          <li key={person.id}>
            <Link
              href={auditPath({ ...view, [who]: person.id }, rest)}
              className="block py-2.5 hover:underline"
            >
              <span className="font-medium">{person.name}</span>{" "}
              <span className="text-sm text-muted">{person.email}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
