import "server-only";
import { transaction } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import { endSession } from "./session-rows";

/** Ends the session behind a token at once, in the database; a copied cookie is worthless after it (ASVS 7.4.1). */
export async function logOut(token: string, from: RequestSource): Promise<void> {
  await transaction(async (tx) => {
    const session = await endSession(tx, token);
    if (session) {
      const { id: sessionId, userId } = session;
      await recordAuditEvent(tx, { type: "logout", userId, sessionId, from });
    }
  });
}
