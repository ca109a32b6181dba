import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { createPerson, FROM } from "../db/testing/people";

// The real protocol on a loopback port; its address is in the environment before it is read.
const received: ParsedMail[] = [];
let answer: "accept" | "refuse" = "accept";
let server: SMTPServer | undefined;
let port = 0;
let worker: typeof import("./outbox-worker");
let audit: typeof import("./audit-event");
let closeSmtp: typeof import("./send-mail")["closeSmtp"];

beforeAll(async () => {
  await listen();
  vi.resetModules();
  vi.stubEnv("SMTP_URL", `smtp://127.0.0.1:${port}`);
  vi.stubEnv("MAIL_FROM", "Accounts <accounts@example.org>");
  vi.stubEnv("APP_URL", "https://accounts.example.org");
  vi.stubEnv("LOG_LEVEL", "silent");
  worker = await import("./outbox-worker");
  audit = await import("./audit-event");
  ({ closeSmtp } = await import("./send-mail"));
});
afterEach(() => {
  vi.useRealTimers();
  received.length = 0;
  answer = "accept";
});
afterAll(async () => {
  closeSmtp();
  await close();
  vi.unstubAllEnvs();
});

test("LC-02 while SMTP is down or refuses, a mail waits and is sent again, under the same Message-ID", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-24T12:00:00Z") });
  const { email } = await queueNotice();
  await close();
  await worker.sendDueMail();
  expect(await row()).toMatchObject({ attempts: 1, sentAt: null });

  await listen();
  answer = "refuse";
  await atNextAttempt();
  expect(await row()).toMatchObject({ attempts: 2, sentAt: null });
  expect(received).toHaveLength(0);

  answer = "accept";
  await atNextAttempt();
  const { id, sentAt } = await row();
  expect(sentAt).toEqual(new Date());
  expect(received[0]).toMatchObject({
    messageId: `<${id}@accounts.example.org>`,
    subject: "Your password was changed",
    date: new Date("2026-11-24T12:00:00Z"),
  });
  expect(received[0]?.from?.text).toContain("accounts@example.org");
  expect([received[0]?.to ?? []].flat()[0]?.text).toBe(email);
  expect(received[0]?.headers.get("auto-submitted")).toBe("auto-generated");

  // As after a server that ended between sending and saying so.
  const prisma = await db();
  await prisma.mail.update({ where: { id }, data: { sentAt: null, nextAttemptAt: new Date() } });
  await worker.sendDueMail();
  expect(received.map(({ messageId }) => messageId)).toEqual(
    Array(2).fill(`<${id}@accounts.example.org>`),
  );
});

test("LG-05 an address that would break its header or command reaches nobody else", async () => {
  const prisma = await db();
  for (const email of [
    "victim@example.org\r\nBcc: other@example.org",
    "one@example.org, other@example.org",
    "a@example.org> RCPT TO:<other@example.org",
  ]) {
    await prisma.mail.deleteMany();
    received.length = 0;
    await queueNotice(email);
    await worker.sendDueMail();
    for (const mail of received) {
      expect(mail.headers.has("bcc"), email).toBe(false);
      expect(recipients, email).not.toContain("other@example.org");
    }
  }
});

const recipients: string[] = [];

async function queueNotice(address?: string): Promise<{ email: string }> {
  const prisma = await db();
  await prisma.mail.deleteMany();
  const { userId, email } = await createPerson();
  if (address) await prisma.address.updateMany({ where: { userId }, data: { email: address } });
  await transaction((tx) =>
    audit.recordAuditEvent(tx, { type: "password_changed", userId, from: FROM }),
  );
  return { email };
}

async function atNextAttempt(): Promise<void> {
  vi.setSystemTime((await row()).nextAttemptAt);
  await worker.sendDueMail();
}

async function row() {
  const prisma = await db();
  return prisma.mail.findFirstOrThrow();
}

function listen(): Promise<void> {
  const own = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: ({ address }, _session, callback) => {
      recipients.push(address);
      callback(answer === "refuse" ? new Error("not now") : undefined);
    },
    onData: (stream, _session, callback) => {
      void text(stream)
        .then((mail) => simpleParser(mail))
        .then((mail) => {
          received.push(mail);
          callback();
        });
    },
  });
  server = own;
  return new Promise((resolve) =>
    own.listen(port, "127.0.0.1", () => {
      ({ port } = own.server.address() as AddressInfo);
      resolve();
    }),
  );
}

function close(): Promise<void> {
  const own = server;
  server = undefined;
  return new Promise((resolve) => (own ? own.close(resolve) : resolve()));
}
