import "server-only";
import pino from "pino";
import { config } from "./config";

/**
 * The server's log: one JSON object a line on standard output, at `LOG_LEVEL` and above. What goes in
 * is named field by field, so that no form, cookie or code can slip in (ASVS 16.2.5).
 */
export const log = pino({ level: config().LOG_LEVEL, base: undefined });

/** What is written whatever `LOG_LEVEL` says: without it, nobody could tell that a record was cut (012). */
export const lastingLog = log.child({}, { level: "info" });
