import { requireAdministratorSession } from "@/lib/auth/administration";
import { getWords } from "@/messages/words";

export async function generateMetadata() {
  return { title: (await getWords("admin"))("enrollment") };
}

export default async function EnrollmentPage() {
  await requireAdministratorSession("/admin");
  const words = await getWords("admin");
  return <h1>{words("enrollment")}</h1>;
}
