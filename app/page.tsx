import { redirect } from "next/navigation";
import { requireAdministrator } from "@/lib/auth/require-administrator";

export default async function Home() {
  await requireAdministrator();
  redirect("/account");
}
