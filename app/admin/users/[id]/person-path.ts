import "server-only";
import { z } from "zod";
import type { AccountAct } from "@/lib/admin/administer-account";

/** The id of a person as an address or a form names it; `undefined` when it can be nobody's. */
export function parsePersonId(input: unknown): string | undefined {
  return z.uuid().safeParse(input).data?.toLowerCase();
}

/** The page about a person, or the one that asks before an act is done to their account. */
export function personPath(id: string, act?: AccountAct): string {
  return act ? `/admin/users/${id}/${act}` : `/admin/users/${id}`;
}
