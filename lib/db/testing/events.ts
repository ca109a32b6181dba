import { db } from "../client";

/** What is on record about a person, oldest first: type, letter and codes left, in one line each. */
export async function findEvents(userId: string): Promise<string[]> {
  const prisma = await db();
  const events = await prisma.auditEvent.findMany({
    where: { userId },
    orderBy: [{ at: "asc" }, { id: "asc" }],
  });
  return events.map(({ type, setLetter, codesLeft }) =>
    [type, setLetter, codesLeft].filter((part) => part !== null).join(" "),
  );
}
