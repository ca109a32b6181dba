import { getFormTexts } from "@/app/form-texts";
import { ButtonForm } from "@/components/button-form";
import { Notice } from "@/components/notice";
import { TimeAgo } from "@/components/time-ago";
import { findNames } from "@/lib/admin/find-person";
import { type AdministratorSession, requireAdministratorSession } from "@/lib/auth/administration";
import { findKeptForm } from "@/lib/auth/kept-form";
import { type Invitation, listOpenInvitations } from "@/lib/notices/invitations";
import { getDates, getWords } from "@/messages/words";
import { cancelOpenInvitation, invite } from "./actions";
import { InviteForm } from "./invite-form";

const PATH = "/admin/invitations";

const DONE = {
  sent: { word: "sent", tone: "success" },
  cancelled: { word: "cancelled", tone: "success" },
  gone: { word: "gone", tone: "info" },
} as const;

export async function generateMetadata() {
  return { title: (await getWords("invitations"))("title") };
}

export default async function InvitationsPage({ searchParams }: PageProps<"/admin/invitations">) {
  const session = await requireAdministratorSession(PATH);
  const kept = await findKeptForm(session, PATH);
  const { done } = await searchParams;
  const outcome = Object.entries(DONE).find(([key]) => key === done)?.[1];
  const words = await getWords("invitations");
  return (
    <div className="max-w-3xl space-y-8">
      <div className="space-y-3">
        <h1>{words("title")}</h1>
        <p className="text-muted">{words("intro")}</p>
        {outcome && (
          <Notice tone={outcome.tone} announce="status">
            {words(outcome.word)}
          </Notice>
        )}
      </div>
      <section className="card max-w-120 space-y-4">
        <h2>{words("invite")}</h2>
        <InviteForm
          action={invite}
          kept={kept}
          texts={{
            ...(await getFormTexts(words("submit"))),
            email: (await getWords("form"))("email"),
            role: words("role"),
            member: words("roleMember"),
            administrator: words("roleAdministrator"),
          }}
        />
      </section>
      <OpenInvitations by={session} />
    </div>
  );
}

async function OpenInvitations({ by }: { by: AdministratorSession }) {
  const words = await getWords("invitations");
  const invitations = await listOpenInvitations();
  const names = await findNames(
    by,
    invitations.map(({ invitedById }) => invitedById),
  );
  return (
    <section className="space-y-4">
      <h2>{words("open")}</h2>
      {invitations.length === 0 ? (
        <p className="card text-muted">{words("empty")}</p>
      ) : (
        <ul aria-label={words("open")} className="card divide-y divide-line py-1">
          {invitations.map((invitation) => (
            <InvitationRow
              key={invitation.id}
              invitation={invitation}
              inviter={names.get(invitation.invitedById)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

async function InvitationRow({
  invitation: { id, email, role, createdAt, expiresAt },
  inviter,
}: {
  invitation: Invitation;
  inviter: string | undefined;
}) {
  const words = await getWords("invitations");
  const dates = await getDates();
  return (
    <li className="flex flex-col items-start gap-3 py-4 text-sm sm:flex-row sm:items-center sm:justify-between sm:gap-6">
      <div className="min-w-0 space-y-0.5">
        <p className="text-base font-medium break-all">{email}</p>
        <p className="text-muted">
          {words(role === "ADMINISTRATOR" ? "roleAdministrator" : "roleMember")} ·{" "}
          {inviter ? words("by", { name: inviter }) : words("byNobody")}
        </p>
        <p className="text-muted">
          {words("at")}{" "}
          <TimeAgo date={createdAt} ago={dates.ago(createdAt)} exact={dates.moment(createdAt)} /> ·{" "}
          {words("until")} <time dateTime={expiresAt.toISOString()}>{dates.moment(expiresAt)}</time>
        </p>
      </div>
      <div className="shrink-0">
        <ButtonForm
          action={cancelOpenInvitation}
          fields={{ invitation: id }}
          texts={{
            submit: words("cancel"),
            about: words("cancelAbout", { email }),
            working: (await getWords("form"))("working"),
          }}
        />
      </div>
    </li>
  );
}
