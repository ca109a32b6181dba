import "server-only";
import {
  type ApprovalAnswer,
  type ApprovalAnswerResult,
  answerApprovalRequest,
} from "../mfa/answer-approval-request";
import { recordAuditEvent } from "../notices/audit-event";
import { endSessionById } from "./session-rows";

/**
 * Answers a notification on a phone, as `answerApprovalRequest` does. Denying a step-up ends the session that
 * wanted it: whoever has it is not the owner.
 */
export async function answerNotification(
  answer: Omit<ApprovalAnswer, "onDenied">,
): Promise<ApprovalAnswerResult> {
  const { userId } = answer.authenticator;
  return answerApprovalRequest({
    ...answer,
    onDenied: async (tx, sessionId) => {
      if (!sessionId || !(await endSessionById(tx, { id: sessionId, userId }))) return;
      await recordAuditEvent(tx, { type: "session_ended", userId, sessionId, from: answer.from });
    },
  });
}
