"use server";

import { redirect } from "next/navigation";
import { drawQr } from "@/app/qr-drawing";
import { sessionAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import type { CurrentSession } from "@/lib/auth/current-session";
import { enrollAuthenticatorApp } from "@/lib/auth/enroll-authenticator-app";
import { beginAuthenticatorApp, type PendingEnrollment } from "@/lib/mfa/authenticator-app";
import { isProvedByOther } from "@/lib/mfa/method-names";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";

/** The answer to a POST, the only place where a seed is ever in plain text. */
export type EnrollmentState = {
  pending?: { setupKey: string; qr: { path: string; size: number } };
  codeError?: string;
  error?: string;
};

/** Begins an enrollment or, when the form holds a code, verifies it: one form state for both. */
export const addAuthenticatorApp = sessionAction<EnrollmentState>(
  {
    path: (text) =>
      isLost(text) ? "/account/recovered/authenticator-app" : "/account/mfa/authenticator-app",
    demand: "fresh",
  },
  async ({ text, session, from }) => {
    const display = { issuer: (await getWords("product"))("name"), account: session.email };
    if (text("step") !== "verify") {
      if (await needsOtherMethod(session)) {
        return { error: (await getWords("mfa"))("disabledNeedsOther") };
      }
      const owner = { userId: session.userId, sessionId: session.id };
      return { pending: draw(await beginAuthenticatorApp(owner, display)) };
    }
    const previous = isLost(text) ? "lost" : "replaced";
    const input = text("code");
    const result = await enrollAuthenticatorApp({ session, previous, input, display, from });
    if (result.verified) {
      const { replaced, token } = result.value;
      if (token) await setSessionCookie(token);
      redirect(`/account/mfa?done=${replaced ? previous : "app"}`);
    }
    const words = await getWords("appEnrollment");
    if (result.reason === "expired") return { error: words("expired") };
    return { pending: draw(result.pending), codeError: words(result.reason) };
  },
);

/** Whether the app takes the place of a lost one. */
const isLost = (text: (name: string) => string) => text("previous") === "lost";

/** A disabled app is bound again only by somebody who proved themselves with another method. */
async function needsOtherMethod({ userId, amr }: CurrentSession): Promise<boolean> {
  const { authenticatorApp } = await findEnrolledMethods(userId);
  return authenticatorApp?.disabled === true && !isProvedByOther(amr, "authenticator-app");
}

function draw({ setupKey, uri }: PendingEnrollment): EnrollmentState["pending"] {
  return { setupKey, qr: drawQr(uri) };
}
