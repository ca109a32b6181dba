import { CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

type Tone = "info" | "success" | "warning" | "danger";

const TONES = {
  info: { icon: Info, className: "border-line bg-raised", iconClass: "text-muted" },
  success: {
    icon: CircleCheck,
    className: "border-success/40 bg-success-soft",
    iconClass: "text-success",
  },
  warning: {
    icon: TriangleAlert,
    className: "border-warning/40 bg-warning-soft",
    iconClass: "text-warning",
  },
  danger: {
    icon: TriangleAlert,
    className: "border-danger/40 bg-danger-soft",
    iconClass: "text-danger",
  },
};

/**
 * A sentence about what is or what happened, in the page and not floating over it. `announce` has it
 * read out: an alert for errors, a status for the rest.
 */
export function Notice({
  tone,
  title,
  children,
  id,
  announce,
}: {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  id?: string;
  announce?: "alert" | "status";
}) {
  const { icon: Icon, className, iconClass } = TONES[tone];
  return (
    <div
      id={id}
      role={announce}
      className={`flex gap-3 rounded-lg border p-3.5 text-sm ${className}`}
    >
      <Icon aria-hidden="true" size={20} strokeWidth={1.5} className={`shrink-0 ${iconClass}`} />
      <div className="min-w-0 space-y-1">
        {title && <p className="font-semibold">{title}</p>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}
