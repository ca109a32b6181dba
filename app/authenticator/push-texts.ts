import "server-only";
import type { PushTexts } from "./push-settings";

/** The words around being rung. */
export async function getPushTexts(): Promise<PushTexts> {
  return {};
}
