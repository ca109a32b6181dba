import { answerApprovalStatus } from "@/app/verification/approval-status";
import { readSessionToken } from "@/lib/auth/cookies";
import { findSession } from "@/lib/auth/session-rows";
import { findRequestOfSession } from "@/lib/mfa/approval-requests";

/** What became of a notification, for the session that it is to step up. Waiting is no use of the session. */
export async function GET(request: Request): Promise<Response> {
  const token = await readSessionToken();
  const session = token ? await findSession(token) : undefined;
  return answerApprovalStatus(request, async (id) =>
    session ? findRequestOfSession(id, session.id) : undefined,
  );
}
