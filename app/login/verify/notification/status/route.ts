import { answerApprovalStatus } from "@/app/verification/approval-status";
import { readChallengeToken } from "@/lib/auth/cookies";
import { findRequestOfLogin } from "@/lib/mfa/approval-requests";

/** What became of a notification, for the browser whose login it is. */
export async function GET(request: Request): Promise<Response> {
  const token = await readChallengeToken();
  return answerApprovalStatus(request, async (id) =>
    token ? findRequestOfLogin(id, token) : undefined,
  );
}
