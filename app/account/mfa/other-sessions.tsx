import { Link } from "@/components/link";
import { listSessions } from "@/lib/auth/session-rows";
import { getWords } from "@/messages/words";

/** Offers to end the other sessions after a method or a set changed (ASVS 7.4.3); nothing where there is none. */
export async function OtherSessions({ session }: { session: { id: string; userId: string } }) {
  const sessions = await listSessions(session.userId);
  if (sessions.every(({ id }) => id === session.id)) return null;
  return (
    <>
      {" "}
      <Link className="link" href="/account/sessions">
        {(await getWords("mfa"))("otherSessions")}
      </Link>
    </>
  );
}
