import "server-only";
import { z } from "zod";
import type { Prisma } from "../db/generated/client";
import { type AuditEventType, isAuditEventType } from "../notices/audit-event";

/** Which events are listed: what the address of the page says. */
export type AuditView = {
  /** Whom it happened to, by id. */
  person: string | undefined;
  /** The administrator who did it, by id. */
  actor: string | undefined;
  type: AuditEventType | undefined;
  /** First and last day (UTC), as `2026-11-24`. */
  from: string | undefined;
  to: string | undefined;
};

const DAY_MS = 86_400_000;
/** Of a year that the database can spell, and the day after it too. */
const day = z.iso.date().regex(/^[12]/);

/** Reads a view from what an address or a form holds; what is not known is as if it was not there. */
export function parseAuditView(text: (name: string) => string | undefined): AuditView {
  const type = text("type") ?? "";
  return {
    person: z.uuid().safeParse(text("person")).data,
    actor: z.uuid().safeParse(text("actor")).data,
    type: isAuditEventType(type) ? type : undefined,
    from: day.safeParse(text("from")).data,
    to: day.safeParse(text("to")).data,
  };
}

/** The events of a view, as a condition. */
export function whereInAuditView({
  person,
  actor,
  type,
  from,
  to,
}: AuditView): Prisma.AuditEventWhereInput {
  return {
    userId: person,
    actorId: actor,
    type,
    at: {
      gte: from && new Date(from),
      lt: to && new Date(new Date(to).getTime() + DAY_MS),
    },
  };
}
