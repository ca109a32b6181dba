import { Monitor } from "lucide-react";
import { UnsavedSet } from "@/app/unsaved-set";
import { Notice } from "@/components/notice";
import { TimeAgo } from "@/components/time-ago";
import { requireStrongSession } from "@/lib/auth/current-session";
import { type ListedSession, listSessions } from "@/lib/auth/session-rows";
import { getDates, getDevice, getWords } from "@/messages/words";
import { methodOfSession } from "../method-of-session";
import { EndOtherSessionsForm, EndSessionForm } from "./end-form";

const DONE = {
  ended: { word: "ended", tone: "success" },
  others: { word: "endedOthers", tone: "success" },
  gone: { word: "gone", tone: "info" },
} as const;

export async function generateMetadata() {
  return { title: (await getWords("sessions"))("title") };
}

export default async function SessionsPage({ searchParams }: PageProps<"/account/sessions">) {
  const { id, userId } = await requireStrongSession("/account/sessions", "fresh");
  const sessions = await listSessions(userId);
  const others = sessions.filter((session) => session.id !== id);
  const { done } = await searchParams;
  const outcome = Object.entries(DONE).find(([key]) => key === done)?.[1];
  const words = await getWords("sessions");
  const form = await getWords("form");
  return (
    <div className="space-y-6">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
      </div>
      <UnsavedSet userId={userId} />
      {outcome && (
        <Notice tone={outcome.tone} announce="status">
          {words(outcome.word)}
        </Notice>
      )}
      <ul aria-label={words("list")} className="space-y-4">
        {sessions
          .filter((session) => session.id === id)
          .concat(others)
          .map((session) => (
            <SessionItem key={session.id} session={session} isCurrent={session.id === id} />
          ))}
      </ul>
      {others.length > 0 ? (
        <EndOtherSessionsForm texts={{ submit: words("endOthers"), working: form("working") }} />
      ) : (
        <p className="text-sm text-muted">{words("onlyThis")}</p>
      )}
    </div>
  );
}

async function SessionItem({
  session: { id, amr, createdAt, lastSeenAt, expiresAt, address, userAgent, isResting },
  isCurrent,
}: {
  session: ListedSession;
  isCurrent: boolean;
}) {
  const words = await getWords("sessions");
  const form = await getWords("form");
  const dates = await getDates();
  const facts = [
    {
      name: words("lastUsed"),
      value: (
        <TimeAgo date={lastSeenAt} ago={dates.ago(lastSeenAt)} exact={dates.moment(lastSeenAt)} />
      ),
    },
    {
      name: words("since"),
      value: (
        <TimeAgo date={createdAt} ago={dates.ago(createdAt)} exact={dates.moment(createdAt)} />
      ),
    },
    { name: words("verifiedWith"), value: (await getWords("account"))(methodOfSession(amr)) },
    { name: words("network"), value: address },
  ];
  return (
    <li className="card flex flex-col gap-4 sm:flex-row">
      <Monitor
        aria-hidden="true"
        size={24}
        strokeWidth={1.5}
        className="hidden shrink-0 text-muted sm:block"
      />
      <div className="min-w-0 grow space-y-3">
        <h2 id={`session-${id}`} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {await getDevice(userAgent)}
          {isCurrent && (
            <span className="rounded-md bg-accent-soft px-2 py-0.5 text-sm font-medium text-accent">
              {words("current")}
            </span>
          )}
          {isResting && (
            <span className="rounded-md bg-warning-soft px-2 py-0.5 text-sm font-medium text-warning">
              {words("resting")}
            </span>
          )}
        </h2>
        {isResting && (
          <p className="text-sm">{words("restingHelp", { end: dates.moment(expiresAt) })}</p>
        )}
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm">
          {facts.map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      {!isCurrent && (
        <div className="shrink-0">
          <EndSessionForm
            id={id}
            describedBy={`session-${id}`}
            texts={{ submit: words("end"), working: form("working") }}
          />
        </div>
      )}
    </li>
  );
}
