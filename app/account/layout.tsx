import type { ReactNode } from "react";
import { PortalFrame } from "@/app/portal-frame";
import { TemporaryCodeNotice } from "@/app/temporary-code-notice";
import { currentSession } from "@/lib/auth/current-session";
import { getWords } from "@/messages/words";

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
