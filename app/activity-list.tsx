import "server-only";
import { TimeAgo } from "@/components/time-ago";
import type { Activity } from "@/lib/notices/list-activity";
import { PORTAL_ITSELF } from "@/lib/request-source";
import { getDates, getDevice, getWords } from "@/messages/words";
import { sayWhat, sayWhatToAdministrator } from "./event-words";

/** Administrators by their ids, as far as who reads it may know them. */
type Names = ReadonlyMap<string, string>;

/**
 * What happened in an account, line by line. With `names` it is told to an administrator; without, to the
 * owner, for whom an administrator who did something is only that.
 */
export function ActivityList({
  events,
  label,
  names,
}: {
  events: Activity[];
  label: string;
  names?: Names | undefined;
}) {
  return (
    <ol aria-label={label} className="card divide-y divide-line py-1">
      {events.map((event) => (
        <ActivityItem key={event.id} event={event} names={names} />
      ))}
    </ol>
  );
}

async function ActivityItem({ event, names }: { event: Activity; names: Names | undefined }) {
  const words = await getWords("activity");
  const dates = await getDates();
  const { at, email, codesLeft: left, reason } = event;
  const about = email ?? reason ?? (left === null ? undefined : words("codesLeft", { left }));
  return (
    <li className="grid gap-x-6 gap-y-0.5 py-3.5 sm:grid-cols-[1fr_auto]">
      <p className="min-w-0 font-medium">
        {await (names ? sayWhatToAdministrator(event) : sayWhat(event))}
        {about && <span className="block font-normal">{about}</span>}
      </p>
      <p className="text-sm text-muted sm:row-span-2 sm:pt-0.5 sm:text-right">
        <TimeAgo date={at} ago={dates.ago(at)} exact={dates.moment(at)} />
      </p>
      <p className="min-w-0 text-sm text-muted">{await sayWhence(event, names)}</p>
    </li>
  );
}

/** From where it was done; an administrator's own device and network are nobody else's business. */
async function sayWhence(
  { address, userAgent, administratorId }: Activity,
  names: Names | undefined,
): Promise<string> {
  const words = await getWords("activity");
  if (administratorId) {
    const name = names?.get(administratorId);
    return name ? words("byNamed", { name }) : words("byAdministrator");
  }
  if (address === PORTAL_ITSELF.address) return words("byPortal");
  return `${await getDevice(userAgent)} · ${address}`;
}
