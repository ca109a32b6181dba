"use client";

import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** Whether scripts run here: not on the server, and so not in what a browser without them shows. */
export function useHasScripts(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
