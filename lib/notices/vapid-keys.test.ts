import { beforeEach, describe, expect, test, vi } from "vitest";
import { closeDatabase, db } from "../db/client";
import { type Child, runChild } from "../db/testing/run-child";
import { TEST_SECRETS } from "../db/testing/test-environment";
import { obtainVapidKeys, vapidSubject } from "./vapid-keys";

beforeEach(async () => {
  const prisma = await db();
  await prisma.serverKey.deleteMany();
});

describe("the portal's key", () => {
  test("PU-13 is made once, however many ask for it at once", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => obtainVapidKeys()));
    expect(new Set(keys.map(({ privateKey }) => privateKey)).size).toBe(1);
    expect(await obtainVapidKeys()).toEqual(keys[0]);
    const prisma = await db();
    expect(await prisma.serverKey.count()).toBe(1);
    expect(Buffer.from(keys[0]?.publicKey ?? "", "base64url")).toHaveLength(65);
    expect(Buffer.from(keys[0]?.privateKey ?? "", "base64url")).toHaveLength(32);
  });

  test("PU-13 is the same on two servers, also when both make it at the same moment", async () => {
    const { DATABASE_URL, DATA_DIR = "" } = process.env;
    await closeDatabase(); // the embedded one has one server at a time
    const start = async () => {
      const server = runChild(["vapidKeys"], DATA_DIR, DATABASE_URL);
      await server.line(/^ready$/);
      return server;
    };
    const ask = async ({ process: server, line, ended }: Child) => {
      server.stdin?.write("go\n");
      const key = await line(/^key /);
      await ended;
      return key;
    };
    const [first, second] = DATABASE_URL
      ? await Promise.all([await start(), await start()].map(ask))
      : [await ask(await start()), await ask(await start())];
    expect(first).toBe(second);
    expect(first).toBe(`key ${(await obtainVapidKeys()).publicKey}`);
  });

  test("PU-13 does not open under another name or beside another public key", async () => {
    await obtainVapidKeys();
    const prisma = await db();
    await prisma.serverKey.updateMany({ data: { publicKey: "another" } });
    await expect(obtainVapidKeys()).rejects.toThrow();
  });
});

describe("the contact for push services", () => {
  test.each([
    [{}, "mailto:no-reply@localhost"],
    [{ APP_URL: "https://accounts.example.org" }, "https://accounts.example.org"],
    [{ MAIL_FROM: "Accounts <accounts@example.org>" }, "mailto:accounts@example.org"],
    [{ MAIL_FROM: "accounts@example.org" }, "mailto:accounts@example.org"],
    [
      { SUPPORT_CONTACT: "help@example.org", APP_URL: "https://accounts.example.org" },
      "mailto:help@example.org",
    ],
    [{ SUPPORT_CONTACT: "mailto:help@example.org" }, "mailto:help@example.org"],
    [{ SUPPORT_CONTACT: "https://help.example.org/desk" }, "https://help.example.org/desk"],
    [
      { SUPPORT_CONTACT: "the desk on floor 2", APP_URL: "https://accounts.example.org" },
      "https://accounts.example.org",
    ],
    [{ SUPPORT_CONTACT: "http://help.example.org" }, "mailto:no-reply@localhost"],
    [{ SUPPORT_CONTACT: "Ada <help@example.org>" }, "mailto:no-reply@localhost"],
  ])("PU-13 with %j is %s", async (environment, subject) => {
    const defaults = { APP_URL: "http://localhost:3000", SECRETS: TEST_SECRETS };
    vi.resetModules();
    for (const [name, value] of Object.entries({ ...defaults, ...environment }))
      vi.stubEnv(name, value);
    const { vapidSubject: subjectThere } = await import("./vapid-keys");
    expect(subjectThere()).toBe(subject);
    vi.unstubAllEnvs();
  });

  test("PU-13 is a URL that web-push takes", () => {
    expect(["mailto:", "https:"]).toContain(new URL(vapidSubject()).protocol);
  });
});
