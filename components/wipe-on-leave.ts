"use client";

import { useEffect, useLayoutEffect, useRef } from "react";

/**
 * Calls `wipe` when the page is left, and again when a browser brings a left page back from memory:
 * what was shown once is not to be found by going Back (HD-06). Scripts of the answer that still hold
 * one of `secrets` are taken out of the document.
 */
export function useWipeOnLeave(wipe: () => void, secrets: readonly string[]): void {
  const latest = useRef({ wipe, secrets });
  useLayoutEffect(() => {
    latest.current = { wipe, secrets };
  });
  useEffect(() => {
    const leave = () => {
      for (const script of Array.from(document.scripts)) {
        if (latest.current.secrets.some((secret) => script.textContent?.includes(secret)))
          script.remove();
      }
      latest.current.wipe();
    };
    const comeBack = (event: PageTransitionEvent) => {
      if (event.persisted) leave();
    };
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", comeBack);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", comeBack);
    };
  }, []);
}
