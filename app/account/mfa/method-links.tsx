import { Link } from "@/components/link";
import type { EnrolledMethod } from "@/lib/mfa/method-names";
import { getWords } from "@/messages/words";
import { methodPath } from "./method-path";

/** What can be done with one of several phones or security keys. */
export async function MethodLinks({
  method,
  name,
  suspendedAt = null,
}: {
  method: Extract<EnrolledMethod, { id: string }>;
  name: string;
  /** When it was reported lost, of what can be. */
  suspendedAt?: Date | null;
}) {
  const words = await getWords("mfa");
  const loss = { screen: "lost", label: words(suspendedAt ? "found" : "lost") } as const;
  const links = [
    { screen: "rename", label: words("rename") } as const,
    ...(method.method === "notification" ? [loss] : []),
    { screen: "remove", label: words("remove") } as const,
  ];
  return (
    <div className="-ml-3 flex flex-wrap gap-x-1">
      {links.map(({ screen, label }) => (
        <Link key={screen} className="button px-3" href={methodPath(method, screen)}>
          {label}
          <span className="sr-only"> {name}</span>
        </Link>
      ))}
    </div>
  );
}
