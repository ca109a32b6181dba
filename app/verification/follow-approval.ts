import type { ApprovalState } from "@/lib/mfa/approval-requests";
import { untilLost } from "../until-lost";

const PAUSE_MS = 1_000; // after a server that is not there, or answered at once

/**
 * Asks for a notification's state until it is another than `waiting`; `gone` when it is not this browser's.
 * Each question rests at the server; one that is lost is asked again, of whatever server answers then.
 */
export async function followApproval(
  url: string,
  signal: AbortSignal,
): Promise<ApprovalState | "gone" | undefined> {
  while (!signal.aborted) {
    const asked = performance.now();
    const response = await ask(url, signal);
    if (response?.status === 404) return "gone";
    const answer = response?.ok ? await response.json().catch(() => undefined) : undefined;
    if (answer && answer.state !== "waiting") return answer.state;
    if (performance.now() - asked < PAUSE_MS) await pause(signal);
  }
  return undefined;
}

/** The answer; nothing when the server is not there, or the connection to it is lost. */
function ask(url: string, signal: AbortSignal): Promise<Response | undefined> {
  return fetch(url, { signal: untilLost(signal), cache: "no-store" }).catch(() => undefined);
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PAUSE_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
