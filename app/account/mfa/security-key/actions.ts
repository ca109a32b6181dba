"use server";

import type { PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/server";
import { redirect } from "next/navigation";
import { sessionAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import { enrollOwnSecurityKey } from "@/lib/auth/enroll-security-key";
import { MAX_METHOD_NAME, parseMethodName } from "@/lib/auth/name-method";
import { parseEnrolledMethod } from "@/lib/mfa/method-names";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import { beginSecurityKey } from "@/lib/mfa/security-key-enrollment";
import { getDevice, getWords } from "@/messages/words";

/** Where an enrollment stands: begun, a question for the browser, or what is wrong. */
export type KeyEnrollmentState = {
  begun?: true;
  name?: string;
  options?: PublicKeyCredentialCreationOptionsJSON;
  nameError?: string;
  error?: string;
};

/**
 * Shows the form, asks the browser's question or, when the form holds an answer, enrolls the key: one form
 * state for all.
 */
export const addSecurityKey = sessionAction<KeyEnrollmentState>(
  { path: (text) => pathOf(text("replaces")), demand: "fresh", keeps: ["name"] },
  async ({ text, session, from }) => {
    const words = await getWords("securityKeys");
    if (!areSecurityKeysPossible()) return { error: words("needsHttps") };
    if (text("step") !== "add") return { begun: true };
    const typed = text("name");
    const state = { begun: true, name: typed } as const;
    const given = parseMethodName(typed);
    if (!given && typed.trim()) {
      return { ...state, nameError: words("nameTooLong", { maximum: MAX_METHOD_NAME }) };
    }
    const { id: sessionId, userId } = session;
    const input = text("response");
    if (!input) {
      const display = {
        issuer: (await getWords("product"))("name"),
        account: session.email,
        person: session.name,
      };
      return { ...state, options: await beginSecurityKey({ userId, sessionId }, display) };
    }
    const device = await getDevice(from.userAgent);
    const result = await enrollOwnSecurityKey({
      session,
      input,
      name: (transports) =>
        given ?? (isOfThisDevice(transports) ? words("nameHere", { device }) : words("nameKey")),
      replaces: parseEnrolledMethod("security-key", text("replaces"))?.id,
      from,
    });
    if (!result.enrolled) return { ...state, error: words(REFUSALS[result.reason]) };
    const { replaced, token } = result.value;
    if (token) await setSessionCookie(token);
    redirect(`/account/mfa?done=${replaced ? "key-lost" : "key"}`);
  },
);

const REFUSALS = { expired: "expired", wrong: "notAdded", taken: "taken" } as const;

/** The page to come back to after a step-up; what it replaces is whose it says only when it is enrolled. */
function pathOf(replaces: string): string {
  const lost = parseEnrolledMethod("security-key", replaces);
  return lost ? `/account/recovered/security-key?id=${lost.id}` : "/account/mfa/security-key";
}

const isOfThisDevice = (transports: string[]) => transports.includes("internal");
