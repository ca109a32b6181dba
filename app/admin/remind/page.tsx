import { notFound } from "next/navigation";
import { z } from "zod";
import { Link } from "@/components/link";
import { parseEnrollmentView } from "@/lib/admin/enrollment-view";
import { findPersonName } from "@/lib/admin/list-enrollment";
import { countNudgeable, NUDGES_AT_ONCE } from "@/lib/admin/nudge";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";
import { enrollmentFields, enrollmentPath } from "../enrollment-path";
import { RemindForm } from "./remind-form";

export async function generateMetadata() {
  return { title: (await getWords("enrollment"))("remindTitle") };
}

export default async function RemindPage({ searchParams }: PageProps<"/admin/remind">) {
  const query = await searchParams;
  const view = parseEnrollmentView((name) =>
    typeof query[name] === "string" ? query[name] : undefined,
  );
  const { data: personId } = z.uuid().safeParse(query.person);
  const fields = personId ? { person: personId } : enrollmentFields(view);
  const session = await requireAdministratorSession(`/admin/remind?${new URLSearchParams(fields)}`);
  const name = personId && ((await findPersonName(session, personId)) ?? notFound());
  const people = await countNudgeable(session, personId ? { personId } : { view });
  const words = await getWords("enrollment");
  return (
    <div className="max-w-2xl space-y-6">
      <h1>{words("remindTitle")}</h1>
      <section className="card space-y-4">
        <p>{sayWhom()}</p>
        <p className="text-sm text-muted">{words("remindWho")}</p>
        {people > 0 && (
          <RemindForm
            fields={fields}
            texts={{
              submit: words("remindButton"),
              working: (await getWords("form"))("working"),
            }}
          />
        )}
        <Link
          href={personId ? `/admin/users/${personId}` : enrollmentPath(view)}
          className="link inline-flex min-h-6 items-center"
        >
          {name ? (await getWords("lockedOut"))("back", { name }) : words("remindBack")}
        </Link>
      </section>
    </div>
  );

  function sayWhom(): string {
    if (name) return words(people > 0 ? "remindPerson" : "remindNotPerson", { name });
    if (people > NUDGES_AT_ONCE) return words("remindMany", { people: NUDGES_AT_ONCE });
    return words("remindIntro", { people });
  }
}
