"use client";

import type { PhoneAccount } from "./sign";

export type PushTexts = Record<string, never>;

/** Whether this phone is rung while the page is closed, and the button that allows it. */
export function PushSettings(_props: {
  /** The connected accounts of this phone. */
  accounts: PhoneAccount[];
  texts: PushTexts;
}) {
  return null;
}
