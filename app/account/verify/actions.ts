"use server";

import { redirect } from "next/navigation";
import { describeKeyRefusal } from "@/app/verification/describe-key-refusal";
import { describeAppRefusal, describeCodeRefusal } from "@/app/verification/describe-refusal";
import type { FormState } from "@/components/form";
import type { SecurityKeyState } from "@/components/security-key-form";
import { sessionAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import { loginPath } from "@/lib/auth/current-session";
import { parseReturnPath } from "@/lib/auth/return-path";
import type { SessionToken } from "@/lib/auth/session-rows";
import {
  askForStepUpKey,
  stepUpWithAuthenticatorApp,
  stepUpWithPassword,
  stepUpWithRecoveryCode,
  stepUpWithSecurityKey,
} from "@/lib/auth/step-up";
import { getWait, getWords } from "@/messages/words";

const REQUEST = { path: "/account/verify", demand: "live" } as const;

export const verifyWithApp = sessionAction<FormState>(REQUEST, async ({ text, session, from }) => {
  const returnTo = parseReturnPath(text("return"));
  const input = text("code");
  const result = await stepUpWithAuthenticatorApp({ session, input, returnTo, from });
  return result.verified
    ? comeBack(result.value, returnTo)
    : describeAppRefusal(result, loginPath(returnTo));
});

export const verifyWithCode = sessionAction<FormState>(REQUEST, async ({ text, session, from }) => {
  const returnTo = parseReturnPath(text("return"));
  const input = text("code");
  const result = await stepUpWithRecoveryCode({ session, input, returnTo, from });
  if (result.verified) return comeBack(result.value, returnTo);
  const { userId } = session;
  return describeCodeRefusal(result, { input, userId, over: loginPath(returnTo) });
});

/** Asks a question or, when the form holds an answer, judges it: one form state for both. */
export const verifyWithKey = sessionAction<SecurityKeyState>(
  REQUEST,
  async ({ text, session, from }) => {
    const returnTo = parseReturnPath(text("return"));
    const input = text("response");
    if (!input) return { options: await askForStepUpKey({ session, returnTo, from }) };
    const result = await stepUpWithSecurityKey({ session, input, returnTo, from });
    return result.verified
      ? comeBack(result.value, returnTo)
      : describeKeyRefusal(result, loginPath(returnTo));
  },
);

export const verifyWithPassword = sessionAction<FormState>(
  REQUEST,
  async ({ text, session, from }) => {
    const returnTo = parseReturnPath(text("return"));
    const input = text("password");
    const result = await stepUpWithPassword({ session, input, returnTo, from });
    if (result.verified) return comeBack(result.value, returnTo);
    const form = await getWords("form");
    switch (result.reason) {
      case "wrong":
        return { fieldErrors: { password: (await getWords("password"))("currentWrong") } };
      case "waiting":
        return { error: form("waiting", { wait: await getWait(result.until) }) };
      case "busy":
        return { error: form("busy") };
      case "needs-method":
        redirect(`/account/verify?${new URLSearchParams({ return: returnTo })}`);
    }
  },
);

async function comeBack(session: SessionToken, returnTo: string): Promise<never> {
  await setSessionCookie(session);
  redirect(returnTo);
}
