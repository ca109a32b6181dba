import "server-only";
import {
  type ApprovalAnswer,
  type ApprovalAnswerResult,
  answerApprovalRequest,
} from "../mfa/answer-approval-request";
import { recordAuditEvent } from "../notices/audit-event";
import { endSessionsOfChallenge } from "./session-rows";

/**
 * Answers a notification on a phone, as `answerApprovalRequest` does. Denying a step-up ends the session that
 * wanted it, and denying a login that another method completed ends the session that it opened: whoever has
 * it is not the owner (PU-07).
 */
export async function answerNotification(
  answer: Omit<ApprovalAnswer, "onDenied">,
): Promise<ApprovalAnswerResult> {
  const { userId } = answer.authenticator;
  return answerApprovalRequest({
    ...answer,
    onDenied: async (tx, challenge) => {
      for (const sessionId of await endSessionsOfChallenge(tx, { ...challenge, userId }))
        await recordAuditEvent(tx, { type: "session_ended", userId, sessionId, from: answer.from });
    },
  });
}
