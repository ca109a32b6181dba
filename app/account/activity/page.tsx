import { z } from "zod";
import { ActivityList } from "@/app/activity-list";
import { UnsavedSet } from "@/app/unsaved-set";
import { Link } from "@/components/link";
import { requireSession } from "@/lib/auth/current-session";
import { listActivity } from "@/lib/notices/list-activity";
import { getWords } from "@/messages/words";

export async function generateMetadata() {
  return { title: (await getWords("activity"))("title") };
}

export default async function ActivityPage({ searchParams }: PageProps<"/account/activity">) {
  const { userId } = await requireSession("/account/activity");
  const { data: before } = z.uuid().safeParse((await searchParams).before);
  const { events, older } = await listActivity({ userId, before });
  const words = await getWords("activity");
  return (
    <div className="space-y-6">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      <UnsavedSet userId={userId} />
      {events.length === 0 ? (
        <p className="card text-muted">{words("empty")}</p>
      ) : (
        <ActivityList events={events} label={words("list")} />
      )}
      {(older || before) && (
        <nav aria-label={words("pages")} className="flex flex-wrap gap-3">
          {before && (
            <Link href="/account/activity" className="button button-secondary">
              {words("newest")}
            </Link>
          )}
          {older && (
            <Link href={`/account/activity?before=${older}`} className="button button-secondary">
              {words("older")}
            </Link>
          )}
        </nav>
      )}
    </div>
  );
}
