import "server-only";
import { redirect } from "next/navigation";
import { cache } from "react";
import { wasDenied } from "../mfa/approval-requests";
import {
  findLoginChallenge,
  findSatisfiedChallenge,
  type LoginChallenge,
} from "../mfa/login-challenge";
import { readChallengeToken } from "./cookies";

/** The live login challenge of this browser; `undefined` if there is none. */
export const currentChallenge = cache(async (): Promise<LoginChallenge | undefined> => {
  const token = await readChallengeToken();
  return token ? findLoginChallenge(token) : undefined;
});

/** The login challenge that this browser satisfied a moment ago; `undefined` if there is none. */
export async function justSatisfiedChallenge(): Promise<LoginChallenge | undefined> {
  const token = await readChallengeToken();
  return token ? findSatisfiedChallenge(token) : undefined;
}

/** The live login challenge of this browser; without one, the person starts at the password. */
export async function requireLoginChallenge(): Promise<LoginChallenge> {
  return (await currentChallenge()) ?? leaveOverChallenge();
}

/** Leads whoever has no live login challenge to the password, where they are told what became of it. */
export async function leaveOverChallenge(): Promise<never> {
  const token = await readChallengeToken();
  redirect(token && (await wasDenied(token)) ? "/login?why=denied" : "/login?why=expired");
}
