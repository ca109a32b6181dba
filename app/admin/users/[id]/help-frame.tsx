import type { ReactNode } from "react";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import type { LockedOutPerson } from "@/lib/admin/locked-out-person";
import { getWords } from "@/messages/words";

/** What is around a page that does one thing to a person: its heading, whom it is about, and the way back. */
export async function HelpFrame({
  title,
  person: { id, name, email },
  done,
  children,
}: {
  title: string;
  person: Pick<LockedOutPerson, "id" | "name" | "email">;
  /** What was just done. */
  done?: string | undefined;
  children: ReactNode;
}) {
  const words = await getWords("lockedOut");
  return (
    <div className="max-w-xl space-y-6">
      <div className="space-y-2">
        <h1>{title}</h1>
        <p className="font-medium wrap-anywhere">{words("person", { name, email })}</p>
      </div>
      {done && (
        <Notice tone="success" announce="status">
          {done}
        </Notice>
      )}
      {children}
      <p className="text-sm">
        <Link className="link" href={`/admin/users/${id}`}>
          {words("back", { name })}
        </Link>
      </p>
    </div>
  );
}
