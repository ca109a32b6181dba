import "server-only";
import { forbidden, redirect } from "next/navigation";
import { type ActionRequest, sessionAction } from "./action";
import { type CurrentSession, currentSession, requireSession, stepUpPath } from "./current-session";
import {
  type AdministratorProof,
  NotAdministrator,
  provenAdministrator,
} from "./hold-administrator";
import { mustEnroll } from "./must-enroll";
import { type SessionDemand, SessionOver } from "./session-rows";

/** A session whose person administers, by a check of this request. */
export type AdministratorSession = CurrentSession & AdministratorProof;

/**
 * The session of an administrator, for a page of the administration; `path` is the page's own. Others are
 * answered with 403 (LC-08). A session restricted by a login with a recovery or temporary code proves
 * itself again first: it does not get in (design).
 */
export async function requireAdministratorSession(path: string): Promise<AdministratorSession> {
  const session = await requireSession(path);
  if (session.role !== "ADMINISTRATOR") forbidden();
  const { restrictedUntil } = session;
  if (restrictedUntil !== null && restrictedUntil > new Date()) {
    redirect(stepUpPath(path, session, "unrestricted"));
  }
  return provenAdministrator(session);
}

/**
 * An action of the administration. Its session meets `demand`, is not restricted, and is an
 * administrator's, when the action begins; what it changes asks again with `holdAdministrator` (SE-14).
 */
export function administratorAction<State>(
  options: {
    path: string | ((text: ActionRequest["text"]) => string);
    /** `unrestricted` where a fresh proof is needed besides. */
    demand: Extract<SessionDemand, "live" | "unrestricted">;
    keeps?: readonly string[];
  },
  run: (request: ActionRequest & { session: AdministratorSession }) => Promise<State>,
): (state: State, formData: FormData) => Promise<State> {
  return sessionAction<State>(options, async (request) => {
    const path = typeof options.path === "string" ? options.path : options.path(request.text);
    // The page answers with 403, in its words; said here, a form without scripts would be told 404.
    if (request.session.role !== "ADMINISTRATOR") redirect(path);
    const session = await requireAdministratorSession(path);
    try {
      return await run({ ...request, session });
    } catch (error) {
      if (error instanceof NotAdministrator) redirect(path);
      throw error;
    }
  });
}

/**
 * The session of an administrator, for a handler. Throws `SessionOver` without a session and
 * `NotAdministrator` for everybody else, restricted administrators included.
 */
export async function currentAdministrator(): Promise<AdministratorSession> {
  const session = await currentSession();
  if (!session) throw new SessionOver();
  const { role, restrictedUntil } = session;
  const isRestricted = restrictedUntil !== null && restrictedUntil > new Date();
  if (role !== "ADMINISTRATOR" || isRestricted || (await mustEnroll(session))) {
    throw new NotAdministrator();
  }
  return provenAdministrator(session);
}
