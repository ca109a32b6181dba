import "server-only";
import { redirect } from "next/navigation";
import type { LoginChallenge } from "../mfa/login-challenge";
import type { RequestSource } from "../request-source";
import { readSessionToken } from "./cookies";
import { currentChallenge } from "./current-challenge";
import {
  type CurrentSession,
  loginPath,
  requireFreshSession,
  requireSession,
} from "./current-session";
import { requestSource, requireOwnOrigin } from "./request";
import { SessionOver } from "./session-rows";

/** What an action may use of its request. Ids come from the session or the challenge, never from the form. */
export type ActionRequest = {
  /** A text field of the form as typed; empty when absent or a file. */
  text: (field: string) => string;
  from: RequestSource;
  /** The browser's session token so far, which a new session ends. */
  previousToken: string | undefined;
};

type Action<State> = (state: State, formData: FormData) => Promise<State>;

/** An action for anybody: it still has to come from a page of this portal (NX-02). */
export function publicAction<State>(
  run: (request: ActionRequest) => Promise<State>,
): Action<State> {
  return async (_state, formData) => {
    await requireOwnOrigin();
    return run(await readRequest(formData));
  };
}

/** An action for somebody who gave the right password; without a live challenge it leads to the login. */
export function challengeAction<State>(
  run: (request: ActionRequest & { challenge: LoginChallenge }) => Promise<State>,
): Action<State> {
  return async (_state, formData) => {
    await requireOwnOrigin();
    const challenge = (await currentChallenge()) ?? redirect("/login?why=expired");
    return run({ ...(await readRequest(formData)), challenge });
  };
}

/** An action for somebody who is logged in; `path` is the page to come back to. */
export function sessionAction<State>(
  path: string,
  run: (request: ActionRequest & { session: CurrentSession }) => Promise<State>,
): Action<State> {
  return guarded(path, requireSession, run);
}

/** A sensitive action: the login is younger than ten minutes (SE-07); `path` is the page to come back to. */
export function freshSessionAction<State>(
  path: string,
  run: (request: ActionRequest & { session: CurrentSession }) => Promise<State>,
): Action<State> {
  return guarded(path, requireFreshSession, run);
}

function guarded<State>(
  path: string,
  guard: (path: string) => Promise<CurrentSession>,
  run: (request: ActionRequest & { session: CurrentSession }) => Promise<State>,
): Action<State> {
  return async (_state, formData) => {
    await requireOwnOrigin();
    const session = await guard(path);
    try {
      return await run({ ...(await readRequest(formData)), session });
    } catch (error) {
      if (error instanceof SessionOver) redirect(loginPath(path));
      throw error;
    }
  };
}

async function readRequest(formData: unknown): Promise<ActionRequest> {
  return {
    text: (field) => {
      const value = formData instanceof FormData ? formData.get(field) : undefined;
      return typeof value === "string" ? value : "";
    },
    from: await requestSource(),
    previousToken: await readSessionToken(),
  };
}
