import type { ReactNode } from "react";
import { PortalFrame } from "@/app/portal-frame";
import { Notice } from "@/components/notice";
import { type CurrentSession, currentSession } from "@/lib/auth/current-session";
import { findUntoldTemporaryCode } from "@/lib/mfa/temporary-codes";
import { getDates, getWords } from "@/messages/words";

export default async function AccountLayout({ children }: { children: ReactNode }) {
  // Each page guards itself and knows the way back to itself.
  const session = await currentSession();
  if (!session) return children;
  const words = await getWords("account");
  const links = [
    { href: "/account", label: words("overview") },
    { href: "/account/mfa", label: words("mfa") },
    { href: "/account/password", label: words("password") },
    { href: "/account/addresses", label: words("addresses") },
    { href: "/account/sessions", label: words("sessions") },
    { href: "/account/activity", label: words("activity") },
  ];
  if (session.role === "ADMINISTRATOR") {
    links.push({ href: "/admin", label: words("administration") });
  }
  return (
    <PortalFrame label={words("navigation")} top="/account" links={links}>
      <TemporaryCodeNotice session={session} />
      {children}
    </PortalFrame>
  );
}

/** That somebody made a temporary code, on whichever page its person comes back to; not for who logs in with it. */
async function TemporaryCodeNotice({ session: { userId, amr } }: { session: CurrentSession }) {
  const madeAt = amr.includes("temporary") ? undefined : await findUntoldTemporaryCode(userId);
  if (!madeAt) return null;
  const date = (await getDates()).moment(madeAt);
  return (
    <div className="mb-8 print:hidden">
      <Notice tone="warning">{(await getWords("lockedOut"))("told", { date })}</Notice>
    </div>
  );
}
