import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** One step of a login: an icon, a heading, a sentence, and one thing to do. */
export function StepCard({
  icon: Icon,
  title,
  intro,
  account,
  children,
}: {
  icon: LucideIcon;
  title: string;
  intro?: ReactNode;
  /** Whose login this is; shown on each step after the password. */
  account?: string;
  children: ReactNode;
}) {
  return (
    <section className="card w-full max-w-100 space-y-5">
      <div className="space-y-3">
        <Icon aria-hidden="true" size={28} strokeWidth={1.5} className="text-accent" />
        <h1>{title}</h1>
        {account && <p className="text-sm text-muted">{account}</p>}
        {intro && <p className="text-muted">{intro}</p>}
      </div>
      {children}
    </section>
  );
}
