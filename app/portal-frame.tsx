import { Menu } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "@/components/link";
import { Wordmark } from "@/components/mark";
import { SideLinks } from "@/components/side-links";
import { getWords } from "@/messages/words";

/** What is around every page of somebody who is logged in: the mark, the way out, and the links of one part. */
export async function PortalFrame({
  label,
  top,
  links,
  wide,
  children,
}: {
  /** What the links are, for who cannot see them. */
  label: string;
  /** The path that all links begin with. */
  top: string;
  links: { href: string; label: string }[];
  /** For tables. */
  wide?: true;
  children: ReactNode;
}) {
  const words = await getWords("account");
  return (
    <div className={`mx-auto px-4 pb-16 sm:px-6 print:p-0 ${wide ? "max-w-7xl" : "max-w-5xl"}`}>
      <a href="#content" className="link sr-only focus:not-sr-only focus:absolute focus:p-3">
        {words("skip")}
      </a>
      <header className="flex min-h-16 items-center justify-between gap-4 py-3 print:hidden">
        <Link href="/account" className="flex min-h-11 items-center">
          <Wordmark name={(await getWords("product"))("name")} />
        </Link>
        <form action="/logout" method="post" className="flex">
          <button type="submit" className="button button-secondary">
            {words("logOut")}
          </button>
        </form>
      </header>
      <div
        className={`grid gap-6 sm:gap-10 sm:pt-6 print:block ${
          wide ? "lg:grid-cols-[11rem_minmax(0,1fr)]" : "sm:grid-cols-[13rem_minmax(0,42.5rem)]"
        }`}
      >
        <details className={`card p-0 print:hidden ${wide ? "lg:hidden" : "sm:hidden"}`}>
          <summary className="flex min-h-11 cursor-pointer items-center gap-3 px-4 font-medium">
            <Menu aria-hidden="true" size={20} strokeWidth={1.5} />
            {words("menu")}
          </summary>
          <SideLinks links={links} label={label} top={top} className="p-2 pt-0" />
        </details>
        <SideLinks
          links={links}
          label={label}
          top={top}
          className={`hidden print:hidden ${wide ? "lg:block" : "sm:block"}`}
        />
        <main id="content" className="min-w-0">
          {children}
        </main>
      </div>
    </div>
  );
}
