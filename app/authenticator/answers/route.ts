import { z } from "zod";
import { answerNotification } from "@/lib/auth/answer-notification";
import { PhoneRefusal, signedCall } from "@/lib/auth/phone-call";
import type { ApprovalAnswerResult } from "@/lib/mfa/answer-approval-request";

type Refused = Exclude<ApprovalAnswerResult, { answered: true }>;

const STATUS = {
  number: 400,
  wrong: 422,
  waiting: 429,
  disabled: 403,
  suspended: 403,
  unknown: 404,
  over: 410,
} as const satisfies Record<Refused["reason"], number>;

/** The phone's answer: approved with the number from the login screen, or denied (PU-01, PU-07). */
export const POST = signedCall(
  {
    purpose: "answer",
    fields: z.object({
      requestId: z.uuid(),
      decision: z.enum(["approved", "denied"]),
      number: z.string().max(16),
    }),
    lines: ({ userId }, { requestId, number, decision }) => [userId, requestId, number, decision],
  },
  async ({ authenticator, fields, from }) => {
    const result = await answerNotification({ authenticator, ...fields, from });
    if (!result.answered) return new PhoneRefusal(STATUS[result.reason], result.reason);
    return { hadGotIn: "hadGotIn" in result };
  },
);
