const LOST_MS = 35_000; // a question rests at the server for 25 seconds

/**
 * A signal that fires with `signal`, and when a question that rests at the server was not answered in time: its
 * connection is lost, as when a phone changes networks, and the browser may not notice. (`AbortSignal.any`, which
 * would do the same, is too new for some phones that can be rung.)
 */
export function untilLost(signal: AbortSignal): AbortSignal {
  const lost = new AbortController();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    lost.abort();
  };
  const timer = setTimeout(end, LOST_MS);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end);
  return lost.signal;
}
