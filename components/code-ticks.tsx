/** Ten small ticks, one a code: filled while unused. The sentence beside them says the same. */
export function CodeTicks({ codes }: { codes: { number: number; usedAt: Date | null }[] }) {
  return (
    <span aria-hidden="true" className="inline-flex gap-1">
      {codes.map(({ number, usedAt }) => (
        <span
          key={number}
          className={`h-4 w-2 rounded-sm border ${usedAt ? "border-edge" : "border-accent bg-accent"}`}
        />
      ))}
    </span>
  );
}
