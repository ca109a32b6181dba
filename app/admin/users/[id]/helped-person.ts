import "server-only";
import { notFound } from "next/navigation";
import { findLockedOutPerson, type LockedOutPerson } from "@/lib/admin/locked-out-person";
import type { AdministratorProof } from "@/lib/auth/hold-administrator";

/** The pages that help a person in. */
export type HelpPage = "reset" | "temporary-code";

/** The path of a page that helps a person in; the list of people for what is no id. */
export function helpPath(id: string | undefined, page: HelpPage): string {
  return id ? `/admin/users/${id}/${page}` : "/admin";
}

/** The person of a page by the id in its address; 404 if there is none. */
export async function findHelpedPerson(
  by: AdministratorProof,
  id: string | undefined,
): Promise<LockedOutPerson> {
  return (id && (await findLockedOutPerson(by, id))) || notFound();
}
