import "server-only";
import { redirect } from "next/navigation";
import { administratorExists } from "./setup-token";

/** While no administrator exists, every page that needs no login leads to `/setup`. */
export async function requireAdministrator(): Promise<void> {
  if (!(await administratorExists())) redirect("/setup");
}
