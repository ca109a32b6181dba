import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { type ListedRequest, listOpenRequests } from "@/lib/admin/administrative-requests";
import { findSettlingOfRoles } from "@/lib/admin/settled-roles";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { getDates, getWords } from "@/messages/words";
import { DecideForms } from "./decide-forms";

const DONE = {
  "reset-mfa": "doneReset",
  "temporary-code": "doneCode",
  declined: "doneDeclined",
} as const;

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("requestsTitle") };
}

export default async function RequestsPage({ searchParams }: PageProps<"/admin/requests">) {
  const session = await requireAdministratorSession("/admin/requests");
  const { done } = await searchParams;
  const told = Object.entries(DONE).find(([outcome]) => outcome === done)?.[1];
  const requests = await listOpenRequests(session);
  const words = await getWords("lockedOut");
  return (
    <div className="max-w-2xl space-y-6">
      <div className="space-y-3">
        <h1>{words("requestsTitle")}</h1>
        <p className="text-muted">{words("requestsIntro")}</p>
      </div>
      {told && (
        <Notice tone="success" announce="status">
          {words(told)}
        </Notice>
      )}
      {requests.length === 0 ? (
        <div className="card space-y-2 text-muted">
          <p>{words("requestsEmpty")}</p>
          <p>{words("requestsAll")}</p>
        </div>
      ) : (
        <ul aria-label={words("requestsList")} className="space-y-4">
          {requests.map((request) => (
            <RequestItem key={request.id} request={request} actorId={session.userId} />
          ))}
        </ul>
      )}
    </div>
  );
}

async function RequestItem({ request, actorId }: { request: ListedRequest; actorId: string }) {
  const words = await getWords("lockedOut");
  const dates = await getDates();
  const { id, kind, person, hours, reason, requestedBy, isApproved } = request;
  const { name } = person;
  const isOwn = request.requestedById === actorId;
  const isAboutActor = person.id === actorId;
  const settled = await findSettlingOfRoles({
    deciders: [actorId, request.requestedById],
    userId: person.id,
  });
  const facts = [
    { term: words("account"), value: person.email },
    { term: words("reason"), value: reason },
    { term: words("requestedBy"), value: requestedBy },
    { term: words("requestedAt"), value: dates.moment(request.requestedAt) },
    { term: words("until"), value: dates.moment(request.expiresAt) },
  ];
  return (
    <li className="card space-y-5">
      <div id={`request-${id}`} className="space-y-3">
        <h2>
          {kind === "reset-mfa"
            ? words("requestReset", { name })
            : words("requestCode", { name, hours: hours ?? 0 })}
        </h2>
        <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[8rem_minmax(0,1fr)]">
          {facts.map(({ term, value }) => (
            <div key={term} className="contents">
              <dt className="text-muted">{term}</dt>
              <dd className="mb-2 min-w-0 wrap-anywhere sm:mb-0">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      {isApproved && <Approved request={request} isOwn={isOwn} />}
      {!isApproved && (isOwn || isAboutActor) && (
        <p className="text-sm text-muted">{words(isOwn ? "ownRequest" : "aboutYou")}</p>
      )}
      {!isApproved && !isAboutActor && settled && (
        <p className="text-sm text-muted">
          {words("newRole", { from: dates.moment(settled), own: isOwn ? "yes" : "no" })}
        </p>
      )}
      <DecideForms
        id={id}
        describedBy={`request-${id}`}
        canApprove={!isApproved && !isOwn && !isAboutActor && !settled}
        texts={{
          approve: words("approve"),
          decline: words("decline"),
          working: (await getWords("form"))("working"),
        }}
      />
    </li>
  );
}

/** A temporary code is made by who asked for it, who is shown its half. */
async function Approved({ request, isOwn }: { request: ListedRequest; isOwn: boolean }) {
  const words = await getWords("lockedOut");
  return (
    <div className="space-y-4">
      <p className="text-sm text-muted">{words("approvedRequest", { by: request.requestedBy })}</p>
      {isOwn && (
        <Link
          className="button button-primary"
          href={`/admin/users/${request.person.id}/temporary-code`}
        >
          {words("makeNow")}
        </Link>
      )}
    </div>
  );
}
