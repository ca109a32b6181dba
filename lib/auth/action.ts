import "server-only";
import { redirect } from "next/navigation";
import { type LoginChallenge, LoginChallengeOver } from "../mfa/login-challenge";
import type { RequestSource } from "../request-source";
import { readSessionToken } from "./cookies";
import { currentChallenge, justSatisfiedChallenge, leaveOverChallenge } from "./current-challenge";
import { type CurrentSession, loginPath, requireSession, stepUpPath } from "./current-session";
import { keepForm } from "./kept-form";
import { requestSource, requireOwnOrigin } from "./request";
import { meetsDemand, type SessionDemand, SessionOver, SessionTooWeak } from "./session-rows";

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
  return answering(currentChallenge, run);
}

/** The same for an answer that may be sent again, by a browser that lost what came back. */
export function repeatableChallengeAction<State>(
  run: (request: ActionRequest & { challenge: LoginChallenge }) => Promise<State>,
): Action<State> {
  return answering(async () => (await currentChallenge()) ?? justSatisfiedChallenge(), run);
}

function answering<State>(
  find: () => Promise<LoginChallenge | undefined>,
  run: (request: ActionRequest & { challenge: LoginChallenge }) => Promise<State>,
): Action<State> {
  return async (_state, formData) => {
    await requireOwnOrigin();
    const challenge = (await find()) ?? (await leaveOverChallenge());
    try {
      return await run({ ...(await readRequest(formData)), challenge });
    } catch (error) {
      if (error instanceof LoginChallengeOver) await leaveOverChallenge();
      throw error;
    }
  };
}

/**
 * An action for somebody who is logged in. Where their session does not meet the demand, they prove
 * themselves again and come back to `path`, where `keeps` names the fields that are still filled in:
 * none that holds a password. A path that depends on the form is built from parts that were parsed.
 */
export function sessionAction<State>(
  {
    path: pathOf,
    demand,
    keeps = [],
  }: {
    path: string | ((text: ActionRequest["text"]) => string);
    demand: SessionDemand;
    keeps?: readonly string[];
  },
  run: (request: ActionRequest & { session: CurrentSession }) => Promise<State>,
): Action<State> {
  return async (_state, formData) => {
    await requireOwnOrigin();
    const request = await readRequest(formData);
    const path = typeof pathOf === "string" ? pathOf : pathOf(request.text);
    const session = await requireSession(path);
    const stepUp = async () => {
      const values = Object.fromEntries(keeps.map((name) => [name, request.text(name)]));
      await keepForm({ session, path, values });
      redirect(stepUpPath(path, session, demand));
    };
    if (!meetsDemand(session, demand)) await stepUp();
    try {
      return await run({ ...request, session });
    } catch (error) {
      if (error instanceof SessionOver) redirect(loginPath(path));
      if (error instanceof SessionTooWeak) await stepUp();
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
