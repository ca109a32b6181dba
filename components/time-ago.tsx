/** A time in words people use, with the exact one on hover and for screen readers. */
export function TimeAgo({ date, ago, exact }: { date: Date; ago: string; exact: string }) {
  return (
    <time dateTime={date.toISOString()} title={exact}>
      {ago}
      <span className="sr-only"> ({exact})</span>
    </time>
  );
}
