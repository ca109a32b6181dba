import { methodOfSession } from "@/app/account/method-of-session";
import { Link } from "@/components/link";
import { TimeAgo } from "@/components/time-ago";
import type { AdministeredPerson } from "@/lib/admin/find-person";
import { getDates, getDevice, getWords } from "@/messages/words";
import { personPath } from "./person-path";

/** Where a person is logged in, and the way to end it. */
export async function Sessions({
  person: { id, sessions },
  isOwn,
}: {
  person: AdministeredPerson;
  isOwn: boolean;
}) {
  const words = await getWords("person");
  return (
    <section className="card space-y-4">
      <h2>{words("sessions")}</h2>
      {sessions.length === 0 ? (
        <p className="text-sm text-muted">{words("noSessions")}</p>
      ) : (
        <ul aria-label={words("sessions")} className="divide-y divide-line">
          {sessions.map((session) => (
            <SessionRow
              key={`${session.createdAt.getTime()}${session.address}${session.userAgent}`}
              session={session}
            />
          ))}
        </ul>
      )}
      {isOwn ? (
        <p className="text-sm text-muted">
          {words("ownSessions")}{" "}
          <Link className="link" href="/account/sessions">
            {words("ownSessionsLink")}
          </Link>
        </p>
      ) : (
        sessions.length > 0 && (
          <Link className="button button-secondary" href={personPath(id, "end-sessions")}>
            {words("acts.end-sessions.submit")}
          </Link>
        )
      )}
    </section>
  );
}

async function SessionRow({
  session: { amr, createdAt, lastSeenAt, expiresAt, address, userAgent, isResting },
}: {
  session: AdministeredPerson["sessions"][number];
}) {
  const words = await getWords("person");
  const dates = await getDates();
  const facts = [
    {
      name: words("sessionUsed"),
      value: (
        <TimeAgo date={lastSeenAt} ago={dates.ago(lastSeenAt)} exact={dates.moment(lastSeenAt)} />
      ),
    },
    {
      name: words("sessionSince"),
      value: (
        <TimeAgo date={createdAt} ago={dates.ago(createdAt)} exact={dates.moment(createdAt)} />
      ),
    },
    { name: words("sessionWith"), value: (await getWords("account"))(methodOfSession(amr)) },
    { name: words("sessionNetwork"), value: address },
  ];
  return (
    <li className="space-y-1 py-3 text-sm first:pt-0">
      <p className="font-medium">{await getDevice(userAgent)}</p>
      {isResting && <p>{words("sessionRests", { end: dates.moment(expiresAt) })}</p>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-0.5">
        {facts.map(({ name, value }) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}
