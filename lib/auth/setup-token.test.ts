import { afterEach, expect, test } from "vitest";
import { db } from "../db/client";
import { FROM } from "../db/testing/people";
import { setupToken, verifySetupToken } from "./setup-token";

const REFUSED = { verified: false, refusal: { reason: "setup-token" } };

afterEach(async () => {
  const prisma = await db();
  await prisma.rateLimiterFlexible.deleteMany();
});

test("the setup token is taken as it was printed, with spaces around it, and nothing else is", async () => {
  expect(await verifySetupToken(` ${setupToken()}\n`, FROM)).toEqual({ verified: true });
  for (const wrong of ["", setupToken().slice(1), setupToken().toLowerCase(), `${setupToken()}x`]) {
    expect(await verifySetupToken(wrong, FROM)).toEqual(REFUSED);
  }
});

test("TH-09 a hundred wrong setup tokens from one network begin a wait there, and nowhere else", async () => {
  for (let guess = 1; guess <= 100; guess++) {
    expect(await verifySetupToken(`guess ${guess}`, FROM)).toEqual(REFUSED);
  }
  expect(await verifySetupToken(setupToken(), FROM)).toMatchObject({
    verified: false,
    refusal: { reason: "waiting", until: expect.any(Date) },
  });
  const elsewhere = { ...FROM, address: "198.51.100.7" };
  expect(await verifySetupToken(setupToken(), elsewhere)).toEqual({ verified: true });
});
