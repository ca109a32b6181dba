"use server";

import { redirect } from "next/navigation";
import { describePasskeyRefusal } from "@/app/verification/describe-key-refusal";
import type { FormState } from "@/components/form";
import type { SecurityKeyState } from "@/components/security-key-form";
import { publicAction } from "@/lib/auth/action";
import {
  clearChallengeCookie,
  clearPasskeyToken,
  readPasskeyToken,
  setChallengeCookie,
  setSessionCookie,
} from "@/lib/auth/cookies";
import { readKnownBrowsers, rememberBrowser } from "@/lib/auth/known-browser";
import { logInWithPassword } from "@/lib/auth/log-in";
import { logInWithPasskey } from "@/lib/auth/log-in-with-method";
import { parseReturnPath } from "@/lib/auth/return-path";
import { getWait, getWords } from "@/messages/words";
import { enter } from "./verify/outcome";

export const logIn = publicAction<FormState>(async ({ text, ...request }) => {
  const returnTo = parseReturnPath(text("return"));
  const values = { email: text("email"), return: returnTo };
  const result = await logInWithPassword({
    email: values.email,
    password: text("password"),
    returnTo,
    knownBrowsers: await readKnownBrowsers(),
    ...request,
  });
  if (result.verified && result.challenge) {
    await setChallengeCookie(result.challenge);
    redirect("/login/verify");
  }
  if (result.verified) {
    await clearChallengeCookie();
    await setSessionCookie(result.session);
    await rememberBrowser(result.userId);
    redirect(returnTo);
  }
  const words = await getWords("form");
  switch (result.reason) {
    case "wrong":
      return { values, error: (await getWords("login"))("wrong") };
    case "waiting":
      return { values, error: words("waiting", { wait: await getWait(result.until) }) };
    case "busy":
      return { values, error: words("busy") };
  }
});

export const enterWithPasskey = publicAction<SecurityKeyState>(async ({ text, ...request }) => {
  const browserToken = await readPasskeyToken();
  if (!browserToken) return describePasskeyRefusal({ verified: false, reason: "expired" });
  const result = await logInWithPasskey({ input: text("response"), browserToken, ...request });
  if (!result.verified) return describePasskeyRefusal(result);
  await clearPasskeyToken();
  return enter({ ...result.value, path: parseReturnPath(text("return")) });
});
