"use client";

import { useEffect } from "react";

const LEAVING_MS = 1_000; // a link that leads away has done so by then

/**
 * Asks before the page is left by closing, reloading, going Back, or following a link of the portal.
 * Back is caught by an entry of our own in the history: the first Back stays on the page.
 */
export function useLeaveWarning(question: string): void {
  useEffect(() => {
    let isLeaving = false;
    const leave = () => {
      isLeaving = true;
      setTimeout(() => {
        isLeaving = false;
      }, LEAVING_MS);
    };
    const beforeUnload = (event: BeforeUnloadEvent) => {
      if (!isLeaving) event.preventDefault();
    };
    const beforeLink = (event: MouseEvent) => {
      if (!leadsAway(event)) return;
      if (window.confirm(question)) return leave();
      event.preventDefault();
      event.stopPropagation();
    };
    const beforeBack = () => {
      if (isLeaving) return;
      if (!window.confirm(question)) return stay();
      leave();
      window.history.back();
    };
    stay();
    window.addEventListener("beforeunload", beforeUnload);
    window.addEventListener("popstate", beforeBack);
    document.addEventListener("click", beforeLink, true);
    return () => {
      window.removeEventListener("beforeunload", beforeUnload);
      window.removeEventListener("popstate", beforeBack);
      document.removeEventListener("click", beforeLink, true);
    };
  }, [question]);
}

const stay = () => window.history.pushState(null, "", window.location.href);

function leadsAway(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const opensElsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey;
  if (!link?.href || opensElsewhere || link.hasAttribute("download")) return false;
  return !link.getAttribute("href")?.startsWith("#");
}
