import "server-only";
import { randomInt } from "node:crypto";
import { SYMBOLS } from "../code-symbols";
import { composeRecoveryCode, RANDOM_SYMBOLS, type RecoveryCode } from "./recovery-code";

/**
 * A new code for a number (1 to 10) of a set: 13 symbols from the system's random generator without
 * modulo bias, 65 bits (63B §3.1.2.1, §4.2.1.1).
 */
export function generateRecoveryCode(place: { letter: string; number: number }): RecoveryCode {
  const random = Array.from({ length: RANDOM_SYMBOLS }, () => SYMBOLS[randomInt(SYMBOLS.length)]);
  return composeRecoveryCode(place, random.join(""));
}
