/** The drawing of Sparekey: a key whose bit has ten teeth and notches, in the accent colour. */
function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="text-accent">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <g
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <circle cx="11" cy="16" r="4.6" />
        <path d="M15.6 16H26M21.4 16v4.2M25.4 16v3" />
      </g>
    </svg>
  );
}

/** Mark and name, for the head of a page. */
export function Wordmark({ name }: { name: string }) {
  return (
    <span className="inline-flex items-center gap-2.5 font-semibold tracking-tight">
      <Mark />
      {name}
    </span>
  );
}
