import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { simpleParser } from "mailparser";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { config } from "../config";
import { db, transaction } from "../db/client";
import { changeAuditLog } from "../db/testing/audit-tables";
import { storeMailbox } from "../db/testing/mailboxes";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { recordAuditEvent } from "./audit-event";
import { queueMail } from "./outbox";
import { sendDueMail, startOutboxWorker } from "./outbox-worker";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const folder = path.join(config().DATA_DIR, "mail");

let person: Person;
beforeEach(async () => {
  const prisma = await db();
  await prisma.mail.deleteMany();
  rmSync(folder, { recursive: true, force: true });
  person = await createPerson();
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-24T12:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("whom a notice reaches", () => {
  test("LC-03 two verified addresses get a mail each, and one that nobody verified gets none", async () => {
    const prisma = await db();
    const second = await storeMailbox(person);
    const unverified = {
      userId: person.userId,
      email: "unverified@example.org",
      addedAt: new Date(),
    };
    await prisma.address.create({ data: unverified });
    await spendCode();
    await sendDueMail();
    const mails = await readMails();
    expect(mails.map(({ to }) => to).sort()).toEqual([person.email, second.email].sort());
    for (const { subject, text } of mails) {
      expect(subject).toBe("Recovery code 3 of set B was used");
      expect(text).toContain(`Account:         ${person.email}`);
    }
  });

  test("RC-11 a used code is told with its set, number, rest, device, place and time, and whom to ask", async () => {
    await spendCode();
    await sendDueMail();
    const [mail] = await readMails();
    for (const part of [
      "Recovery code:   Number 3 of set B",
      "Codes left:      7 of 10",
      "Portal:          http://localhost:3000",
      "Time:            24 November 2026 at 12:00 UTC",
      "Device:          Firefox on Linux",
      "Network address: 192.0.2.1",
      "If this wasn’t you",
      "http://localhost:3000/forgot",
      "whoever runs this portal",
    ]) {
      expect(mail?.text.replace(/\n/g, " ")).toContain(part);
    }
    expect(mail?.from).toBe("Sparekey <no-reply@localhost>");
  });

  test("LC-02 a mail leaves after the commit, and never when its transaction is rolled back", async () => {
    const rolledBack = transaction(async (tx) => {
      await recordAuditEvent(tx, { type: "password_changed", userId: person.userId, from: FROM });
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    expect(await sendDueMail()).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  test("LC-02 a running worker is woken by the commit, and ends when it is told to", async () => {
    vi.useRealTimers();
    const end = startOutboxWorker();
    try {
      await vi.waitUntil(async () => (await countRows()) === 0);
      await spendCode();
      await vi.waitUntil(() => existsSync(folder) && readdirSync(folder).length === 1, 4_000);
    } finally {
      await end();
    }
    await spendCode();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("several servers", () => {
  test("LC-02 eight workers on one database send each of fifty mails once", async () => {
    for (let code = 0; code < 50; code++) await spendCode();
    const counts = await Promise.all(Array.from({ length: 8 }, sendUntilNothingIsDue));
    expect(counts.reduce((sum, count) => sum + count)).toBe(50);
    expect(await readMails()).toHaveLength(50);
    const prisma = await db();
    expect(await prisma.mail.count({ where: { attempts: 1, sentAt: { not: null } } })).toBe(50);
  });

  test("LC-02 what a killed server had claimed is sent by another once the claim is over", async () => {
    await spendCode();
    await claimAndDie();
    expect(await sendDueMail()).toBe(0);
    vi.setSystemTime(Date.now() + 2 * MINUTE + SECOND);
    expect(await sendDueMail()).toBe(1);
    expect(await readMails()).toHaveLength(1);
    expect(await sendDueMail()).toBe(0);
  });
});

describe("a mail that cannot be sent", () => {
  beforeEach(() => writeFileSync(folder, "not a folder"));

  test("LC-02 is tried again after 10 seconds, then ever later, at least every hour", async () => {
    await spendCode();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      expect(await sendDueMail()).toBe(1);
      const { nextAttemptAt } = await onlyRow();
      waits.push((nextAttemptAt.getTime() - Date.now()) / SECOND);
      vi.setSystemTime(nextAttemptAt.getTime() - 1);
      expect(await sendDueMail()).toBe(0);
      vi.setSystemTime(nextAttemptAt);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    rmSync(folder);
    await sendDueMail();
    expect(await readMails()).toHaveLength(1);
  });

  test("LC-02 is given up after five days, and said so in the row", async () => {
    await spendCode();
    vi.setSystemTime(Date.now() + 5 * 24 * HOUR - MINUTE);
    await sendDueMail();
    expect((await onlyRow()).failedAt).toBeNull();
    vi.setSystemTime(Date.now() + HOUR);
    await sendDueMail();
    expect((await onlyRow()).failedAt).toEqual(new Date());
    vi.setSystemTime(Date.now() + 24 * HOUR);
    expect(await sendDueMail()).toBe(0);
  });

  test("LC-02 with a template of a newer version waits for a server that knows it", async () => {
    rmSync(folder);
    const prisma = await db();
    const { id: addressId } = await prisma.address.findFirstOrThrow({
      where: { userId: person.userId },
    });
    await transaction((tx) => queueMail(tx, { addressId, template: "toString" }));
    await sendDueMail();
    expect(await onlyRow()).toMatchObject({ sentAt: null, failedAt: null, attempts: 1 });
  });
});

test("OT-02 files of mail are for the server's own account alone, and none is half written", async () => {
  await spendCode();
  await sendDueMail();
  const [name = ""] = readdirSync(folder);
  expect(name).toBe(`${(await onlyRow()).id}.eml`);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toHaveLength(1);
});

test("LC-02 a mail whose mailbox or event is gone is dropped", async () => {
  await spendCode();
  await changeAuditLog(`DELETE FROM "AuditEvent" WHERE "userId" = '${person.userId}'`);
  await transaction((tx) => queueMail(tx, { addressId: randomUUID(), template: "address_taken" }));
  expect(await sendDueMail()).toBe(2);
  expect(await countRows()).toBe(0);
  expect(existsSync(folder)).toBe(false);
});

function spendCode(): Promise<string> {
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
  return transaction((tx) =>
    recordAuditEvent(tx, {
      type: "recovery_code_used",
      userId: person.userId,
      setLetter: "B",
      codeNumber: 3,
      codesLeft: 7,
      from: { ...FROM, userAgent },
    }),
  );
}

async function sendUntilNothingIsDue(): Promise<number> {
  let sent = 0;
  for (;;) {
    const count = await sendDueMail();
    if (count === 0) return sent;
    sent += count;
  }
}

/** Claims as a server does that ends before it sends: what it would do next never comes. */
async function claimAndDie(): Promise<void> {
  vi.resetModules();
  vi.doMock("./compose-mail", () => ({ composeMail: () => new Promise(() => undefined) }));
  const killed = await import("./outbox-worker");
  vi.doUnmock("./compose-mail");
  void killed.sendDueMail();
  await vi.waitUntil(async () => (await onlyRow()).attempts === 1);
}

async function readMails() {
  const mails = await Promise.all(
    readdirSync(folder).map(async (name) => simpleParser(await readFile(path.join(folder, name)))),
  );
  return mails.map(({ subject = "", text = "", to, from }) => ({
    subject,
    text,
    to: [to ?? []].flat()[0]?.text ?? "",
    from: from?.text.replaceAll('"', "") ?? "",
  }));
}

async function onlyRow() {
  const prisma = await db();
  return prisma.mail.findFirstOrThrow();
}

async function countRows(): Promise<number> {
  const prisma = await db();
  return prisma.mail.count();
}
