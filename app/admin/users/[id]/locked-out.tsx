import { Link } from "@/components/link";
import { getWords } from "@/messages/words";
import { personPath } from "./person-path";

/** What an administrator can do for somebody who cannot get in. */
export async function LockedOut({ id }: { id: string }) {
  const words = await getWords("person");
  const ways = [
    { href: `${personPath(id)}/temporary-code`, name: "temporaryCode" },
    { href: `${personPath(id)}/reset`, name: "reset" },
  ] as const;
  return (
    <section className="card space-y-4">
      <div className="space-y-1">
        <h2>{words("lockedOut")}</h2>
        <p className="text-sm text-muted">{words("lockedOutHelp")}</p>
      </div>
      <ul className="divide-y divide-line">
        {ways.map(({ href, name }) => (
          <li
            key={name}
            className="flex flex-col items-start gap-3 py-3 last:pb-0 sm:flex-row sm:items-center sm:justify-between sm:gap-6"
          >
            <p className="text-sm">{words(`${name}Help`)}</p>
            <Link href={href} className="button button-secondary shrink-0">
              {words(name)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
