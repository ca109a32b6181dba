"use client";

import { usePathname } from "next/navigation";
import { Link } from "./link";

/** The pages of one part of the portal; the one on screen is marked. `top` is the path that all others begin with. */
export function SideLinks({
  links,
  label,
  top,
  className,
}: {
  links: { href: string; label: string }[];
  label: string;
  top: string;
  className: string;
}) {
  const path = usePathname();
  const isHere = (href: string) => (href === top ? path === href : path.startsWith(href));
  return (
    <nav aria-label={label} className={className}>
      <ul className="space-y-1">
        {links.map(({ href, label: name }) => (
          <li key={href}>
            <Link
              href={href}
              aria-current={isHere(href) ? "page" : undefined}
              className="flex min-h-10 items-center rounded-lg px-3 text-sm font-medium text-muted hover:bg-raised hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
