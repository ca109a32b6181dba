import { Menu } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Wordmark } from "@/components/mark";
import { currentSession } from "@/lib/auth/current-session";
import { getWords } from "@/messages/words";
import { AccountLinks } from "./account-links";

export default async function AccountLayout({ children }: { children: ReactNode }) {
  // Each page guards itself and knows the way back to itself.
  if (!(await currentSession())) return children;
  const words = await getWords("account");
  const links = [
    { href: "/account", label: words("overview") },
    { href: "/account/mfa", label: words("mfa") },
    { href: "/account/password", label: words("password") },
    { href: "/account/addresses", label: words("addresses") },
    { href: "/account/sessions", label: words("sessions") },
    { href: "/account/activity", label: words("activity") },
  ];
  return (
    <div className="mx-auto max-w-5xl px-4 pb-16 sm:px-6 print:p-0">
      <a href="#content" className="link sr-only focus:not-sr-only focus:absolute focus:p-3">
        {words("skip")}
      </a>
      <header className="flex min-h-16 items-center justify-between gap-4 py-3 print:hidden">
        <Link href="/account">
          <Wordmark name={(await getWords("product"))("name")} />
        </Link>
        <form action="/logout" method="post">
          <button type="submit" className="button button-secondary">
            {words("logOut")}
          </button>
        </form>
      </header>
      <div className="grid gap-6 sm:grid-cols-[13rem_minmax(0,42.5rem)] sm:gap-10 sm:pt-6 print:block">
        <details className="card p-0 sm:hidden print:hidden">
          <summary className="flex min-h-11 cursor-pointer items-center gap-3 px-4 font-medium">
            <Menu aria-hidden="true" size={20} strokeWidth={1.5} />
            {words("menu")}
          </summary>
          <AccountLinks links={links} label={words("navigation")} className="p-2 pt-0" />
        </details>
        <AccountLinks
          links={links}
          label={words("navigation")}
          className="hidden sm:block print:hidden"
        />
        <main id="content" className="min-w-0">
          {children}
        </main>
      </div>
    </div>
  );
}
