import "server-only";
import type { CurrentSession } from "../auth/current-session";
import { holdAdministrator } from "../auth/hold-administrator";
import { transaction } from "../db/client";
import { recordAuditEvent } from "../notices/audit-event";
import type { RequestSource } from "../request-source";
import type { AuditView } from "./audit-view";
import { csvLine } from "./csv";
import { type AuditEntry, listAuditEvents } from "./list-audit-events";

const BATCH = 500;
const COLUMNS = [
  "Time",
  "Event",
  "Person",
  "Person's email",
  "Person's id",
  "Done by",
  "Done by id",
  "Reason",
  "Details",
  "Method",
  "Method's name",
  "Set",
  "Code",
  "Codes left",
  "Address concerned",
  "Network",
  "Browser",
  "Session id",
  "Event id",
];

/**
 * The events of a view as a CSV file, the newest first, for an administrator; it is on record that they
 * took it, and the file ends before that. It is read as fast as it is taken, so that a long log needs no
 * more memory than a short one. Throws as `holdAdministrator` does.
 */
export async function exportAuditLog({
  session,
  view,
  from,
}: {
  session: CurrentSession;
  view: AuditView;
  from: RequestSource;
}): Promise<ReadableStream<Uint8Array>> {
  const actorId = session.userId;
  const { by, first } = await transaction(async (tx) => ({
    by: await holdAdministrator(tx, session, "live"),
    first: await recordAuditEvent(tx, { type: "audit_exported", userId: actorId, actorId, from }),
  }));
  let before: string | undefined = first;
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      start: (controller) => controller.enqueue(encoder.encode(csvLine(COLUMNS))),
      async pull(controller) {
        const { events, older } = await listAuditEvents(by, view, { before, take: BATCH });
        controller.enqueue(encoder.encode(events.map(eventLine).join("")));
        before = older;
        if (!older) controller.close();
      },
    },
    { highWaterMark: 1 },
  );
}

function eventLine(event: AuditEntry): string {
  const { person, actor } = event;
  return csvLine([
    event.at.toISOString(),
    event.recordedType,
    person?.name ?? null,
    person?.email ?? null,
    person?.id ?? null,
    actor?.name ?? null,
    actor?.id ?? null,
    event.reason,
    event.details,
    event.method,
    event.methodName,
    event.setLetter,
    event.codeNumber,
    event.codesLeft,
    event.email ?? null,
    event.address,
    event.userAgent,
    event.sessionId,
    event.id,
  ]);
}
