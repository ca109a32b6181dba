import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { EnrollableMethod } from "@/lib/mfa/method-names";
import { acceptedMethods, type EnrolledMethods, hasMfa } from "@/lib/mfa/methods";
import { getDates, getWords } from "@/messages/words";

/** A verification method: its name, state and facts, and what can be done with it. */
export function MethodCard({
  icon: Icon,
  name,
  help,
  badge,
  state,
  facts = [],
  emphasized = false,
  children,
}: {
  icon: LucideIcon;
  name: string;
  help: string;
  badge?: ReactNode;
  state?: ReactNode;
  facts?: string[];
  emphasized?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={`card flex gap-4 ${emphasized ? "border-accent" : ""}`}>
      <Icon
        aria-hidden="true"
        size={24}
        strokeWidth={1.5}
        className="mt-0.5 shrink-0 text-accent"
      />
      <div className="min-w-0 flex-1 space-y-4">
        <div className="space-y-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2>{name}</h2>
            {badge}
            {state}
          </div>
          <p className="text-sm text-muted">{help}</p>
          {facts.length > 0 && <p className="text-sm text-muted">{facts.join(" · ")}</p>}
        </div>
        {children}
      </div>
    </section>
  );
}

/** The state of a method that works. */
export function On({ children }: { children: ReactNode }) {
  return <span className="text-sm font-medium text-success">{children}</span>;
}

/** The state of a method that does not, or not yet. */
export function Off({ children }: { children: ReactNode }) {
  return <span className="text-sm font-medium text-warning">{children}</span>;
}

/** The state of a method that the person has: why a login would refuse it, else what the children say. */
export async function MethodState({
  methods,
  method,
  suspendedAt,
  children,
}: {
  methods: EnrolledMethods;
  method: EnrollableMethod;
  suspendedAt?: Date | null;
  children: ReactNode;
}) {
  const words = await getWords("mfa");
  if (methods.disabled.includes(method)) return <Off>{words("disabled")}</Off>;
  if (suspendedAt) {
    return <Off>{words("suspended", { date: (await getDates()).day(suspendedAt) })}</Off>;
  }
  if (!acceptedMethods(methods).includes(method)) return <Off>{words("notAccepted")}</Off>;
  return children;
}

/** The look of a button that adds a method: one of them is what the page is for until the first is added. */
export const addButton = (methods: EnrolledMethods) =>
  `button ${hasMfa(methods) ? "button-secondary" : "button-primary"}`;
