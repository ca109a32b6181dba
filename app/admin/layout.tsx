import type { ReactNode } from "react";
import { PortalFrame } from "@/app/portal-frame";
import { TemporaryCodeNotice } from "@/app/temporary-code-notice";
import { currentSession } from "@/lib/auth/current-session";
import { getWords } from "@/messages/words";

export default async function AdminLayout({ children }: { children: ReactNode }) {
  // Each page guards itself and knows the way back to itself.
  const session = await currentSession();
  if (session?.role !== "ADMINISTRATOR") return children;
  const words = await getWords("admin");
  const links = [
    { href: "/admin", label: words("enrollment") },
    { href: "/admin/policy", label: words("policy") },
    { href: "/admin/invitations", label: words("invitations") },
    { href: "/admin/requests", label: words("requests") },
    { href: "/admin/audit", label: words("audit") },
    { href: "/account", label: words("back") },
  ];
  return (
    <PortalFrame label={words("navigation")} top="/admin" links={links} wide>
      <TemporaryCodeNotice session={session} />
      {children}
    </PortalFrame>
  );
}
