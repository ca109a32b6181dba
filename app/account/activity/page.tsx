import Link from "next/link";
import { z } from "zod";
import { TimeAgo } from "@/components/time-ago";
import { requireSession } from "@/lib/auth/current-session";
import { type Activity, listActivity } from "@/lib/notices/list-activity";
import { PORTAL_ITSELF } from "@/lib/request-source";
import { getDates, getDevice, getWords } from "@/messages/words";

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
      {events.length === 0 ? (
        <p className="card text-muted">{words("empty")}</p>
      ) : (
        <ol aria-label={words("list")} className="card divide-y divide-line py-1">
          {events.map((event) => (
            <ActivityItem key={event.id} event={event} />
          ))}
        </ol>
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

async function ActivityItem({ event }: { event: Activity }) {
  const words = await getWords("activity");
  const dates = await getDates();
  const { at, email, codesLeft: left, reason } = event;
  const about = email ?? reason ?? (left === null ? undefined : words("codesLeft", { left }));
  return (
    <li className="grid gap-x-6 gap-y-0.5 py-3.5 sm:grid-cols-[1fr_auto]">
      <p className="min-w-0 font-medium">
        {await sayWhat(event)}
        {about && <span className="block font-normal">{about}</span>}
      </p>
      <p className="text-sm text-muted sm:row-span-2 sm:pt-0.5 sm:text-right">
        <TimeAgo date={at} ago={dates.ago(at)} exact={dates.moment(at)} />
      </p>
      <p className="min-w-0 text-sm text-muted">{await sayWhence(event)}</p>
    </li>
  );
}

/** From where it was done; an administrator's own device and network are nobody else's business. */
async function sayWhence({ address, userAgent, isByAdministrator }: Activity): Promise<string> {
  const words = await getWords("activity");
  if (isByAdministrator) return words("byAdministrator");
  if (address === PORTAL_ITSELF.address) return words("byPortal");
  return `${await getDevice(userAgent)} · ${address}`;
}

async function sayWhat({
  type,
  method,
  methodName,
  setLetter,
  codeNumber,
}: Activity): Promise<string> {
  const words = await getWords("activity");
  return words(`events.${type ?? "other"}`, {
    method: (method && METHODS[method]) ?? "none",
    letter: setLetter ?? "",
    number: codeNumber ?? 0,
    name: methodName ?? "none",
  });
}

/** Events name a verification method; older ones the `amr` value of a login. */
const METHODS: Record<string, string> = {
  "security-key": "key",
  notification: "phone",
  "authenticator-app": "app",
  otp: "app",
  "recovery-codes": "codes",
  recovery: "codes",
  "temporary-code": "temporary",
};
