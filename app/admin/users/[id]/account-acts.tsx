import { Link } from "@/components/link";
import type { AccountAct } from "@/lib/admin/administer-account";
import type { AdministeredPerson } from "@/lib/admin/find-person";
import { getWords } from "@/messages/words";
import { personPath } from "./person-path";

/** The ways to change what an account may do; each leads to a page that says first what will happen. */
export async function AccountActs({
  person: { id, role, state },
  isOwn,
}: {
  person: AdministeredPerson;
  isOwn: boolean;
}) {
  const words = await getWords("person");
  const acts: AccountAct[] = [
    role === "ADMINISTRATOR" ? "remove-administrator" : "make-administrator",
    ...(isOwn ? [] : [state === "disabled" ? ("enable" as const) : ("disable" as const)]),
  ];
  return (
    <section className="card space-y-4">
      <div className="space-y-1">
        <h2>{words("change")}</h2>
        <p className="text-sm text-muted">{words("changeHelp")}</p>
      </div>
      <div className="flex flex-wrap gap-3">
        {acts.map((act) => (
          <Link key={act} href={personPath(id, act)} className="button button-secondary">
            {words(`acts.${act}.submit`)}
          </Link>
        ))}
      </div>
    </section>
  );
}
