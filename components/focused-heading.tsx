"use client";

import { type ReactNode, useEffect, useRef } from "react";

/**
 * The heading of a view that took another's place: it takes the focus, which was on a button that is
 * gone, so that keyboards and screen readers go on from here.
 */
export function FocusedHeading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1} className="outline-none">
      {children}
    </h1>
  );
}
