import { ArrowDown, ArrowUp } from "lucide-react";
import { Link } from "@/components/link";
import { TimeAgo } from "@/components/time-ago";
import type { EnrollmentView } from "@/lib/admin/enrollment-view";
import type { EnrolledPerson } from "@/lib/admin/list-enrollment";
import { getDates, getWords } from "@/messages/words";
import { AddressLine } from "./address-line";
import { enrollmentPath } from "./enrollment-path";
import { RecoverabilityMark } from "./recoverability-mark";

/** A page of people, each row a link to the person; what a narrow screen has no column for stands under the name. */
export async function PeopleTable({
  people,
  view,
}: {
  people: EnrolledPerson[];
  view: EnrollmentView;
}) {
  const words = await getWords("enrollment");
  return (
    <table aria-label={words("table")} className="w-full border-separate border-spacing-0 text-sm">
      <thead className="sticky top-0 z-10 bg-canvas text-left text-muted">
        <tr>
          <SortedColumn view={view} sort="name" name={words("name")} className={NAME} />
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
const NAME = "lg:min-w-52";

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
  const codes = hasSet ? words("codesUnused", { left: codesLeft }) : words("noCodes");
  const codesInWords = (await getWords("policy"))("codesLeft", { count: codesLeft });
  return (
    <tr className="relative bg-surface hover:bg-raised has-[a:focus-visible]:bg-raised">
      <th scope="row" className={`${CELL} ${NAME} text-left font-normal`}>
        <Link
          href={`/admin/users/${id}`}
          className="font-medium after:absolute after:inset-0 hover:underline"
        >
          {name}
        </Link>
        <AddressLine email={email} />
        {isAdministrator && (
          <span className="block text-muted xl:hidden">{words("administrator")}</span>
        )}
        <span className="block text-muted md:hidden">
          {methods.length > 0 ? dates.list(methods) : words("noMethods")} ·{" "}
          {hasSet ? codesInWords : codes}
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
      <td className={`${CELL} hidden whitespace-nowrap lg:table-cell`}>
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
