import { afterEach, expect, test, vi } from "vitest";
import { db } from "../db/client";
import { createPersonWithApp } from "../db/testing/people";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { beginStepUp, findStepUp, recordChallengeFailure } from "../mfa/login-challenge";
import { findKeptForm, keepForm } from "./kept-form";

const MINUTE = 60_000;
const PATH = "/account/addresses";

afterEach(() => {
  vi.useRealTimers();
});

test("SE-07 a form is kept for ten minutes, also by a step-up that was begun before, whose wrong answers stay counted", async () => {
  const { session } = await logInAs(await createPersonWithApp(), WITH_APP);
  const { id: sessionId, userId, email } = session;
  const begun = await beginStepUp({ sessionId, userId, email, returnTo: "/account" });
  const prisma = await db();
  await recordChallengeFailure(prisma, begun.id);
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start + 7 * MINUTE });
  await keepForm({ session, path: PATH, values: { email: "ada@example.org" } });

  vi.setSystemTime(start + 16 * MINUTE);
  expect(await findKeptForm(session, PATH)).toEqual({ email: "ada@example.org" });
  expect(await findStepUp(sessionId)).toEqual({ id: begun.id });
  const { failures } = await prisma.loginChallenge.findUniqueOrThrow({ where: { id: begun.id } });
  expect(failures).toBe(1);

  vi.setSystemTime(start + 18 * MINUTE);
  expect(await findKeptForm(session, PATH)).toEqual({});
  expect(await findStepUp(sessionId)).toBeUndefined();
});

test("SE-07 a form is kept for its own session and page", async () => {
  const owner = await createPersonWithApp();
  const { session } = await logInAs(owner, WITH_APP);
  const { session: other } = await logInAs(owner, WITH_APP);
  await keepForm({ session, path: PATH, values: { email: "ada@example.org" } });
  expect(await findKeptForm(other, PATH)).toEqual({});
  expect(await findKeptForm(session, "/account")).toEqual({});
});
