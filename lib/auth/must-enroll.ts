import "server-only";
import type { Tx } from "../db/client";
import { findEnrollmentDuty } from "../mfa/enrollment-duty";

/**
 * Whether a session can only enroll: its person needs a method that counts, or codes, and the day until
 * which that could wait has passed. Administrators always need it (LC-09), and so does whoever had it reset.
 * In a transaction, it needs its `tx`.
 */
export async function mustEnroll({ userId }: { userId: string }, tx?: Tx): Promise<boolean> {
  const duty = await findEnrollmentDuty(userId, tx);
  return duty !== undefined && duty.due <= new Date();
}
