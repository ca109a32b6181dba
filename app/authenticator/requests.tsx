"use client";

import type { PhoneAccount } from "./sign";

export type RequestTexts = { none: string };

/** What waits for this phone's answer. */
export function Requests({
  texts,
}: {
  /** The connected accounts of this phone. */
  accounts: PhoneAccount[];
  /** What was just scanned from a login screen, if anything was; a new object each time. */
  scanned: { requestId: string; number: string } | undefined;
  texts: RequestTexts;
}) {
  return <p className="text-muted">{texts.none}</p>;
}
