/** The letter of a set, as a badge. */
export function SetBadge({ label }: { label: string }) {
  return (
    <span className="rounded-md bg-accent-soft px-2.5 py-1 text-sm font-semibold text-accent">
      {label}
    </span>
  );
}
