import type { Instrumentation } from "next";

export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { endWithServer, startUp } = await import("./lib/db/start-up");
  const { startOutboxWorker } = await import("./lib/notices/outbox-worker");
  const { startAuditSealer } = await import("./lib/notices/seal-audit-events");
  const { startHousekeeping } = await import("./lib/auth/housekeeping");
  const { offerSetupToken } = await import("./lib/auth/setup-token");
  await startUp();
  endWithServer(startOutboxWorker());
  endWithServer(startAuditSealer());
  endWithServer(startHousekeeping());
  offerSetupToken();
}

/** The route by its name, never its URL: a query may hold what nobody should read in a log. */
export const onRequestError: Instrumentation.onRequestError = async (
  error,
  { method },
  { routePath, routeType },
) => {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { log } = await import("./lib/log");
  const { name, digest } = error as Error & { digest?: string };
  log.error(
    { event: "request_failed", method, routePath, routeType, error: name, digest },
    "Request failed",
  );
};
