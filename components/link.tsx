import NextLink from "next/link";
import type { ComponentProps } from "react";

/** Leads to a page of the portal, which is asked for once it is followed: see docs/decisions/016-links.md. */
export function Link(props: Omit<ComponentProps<typeof NextLink>, "prefetch">) {
  return <NextLink {...props} prefetch={false} />;
}
