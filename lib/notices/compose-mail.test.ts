import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import messages from "../../messages/en.json";
import { formatHalf } from "../code-halves";
import { db, transaction } from "../db/client";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { currentKeyId } from "../keys";
import { hashToken } from "../random-token";
import { type AuditEvent, recordAuditEvent } from "./audit-event";
import { composeMail } from "./compose-mail";
import { deriveMailLinkToken, type MailLinkPurpose, mailLink } from "./mail-links";
import { deriveMailedHalf } from "./mailed-half";
import { queueMail } from "./outbox";

/** All but the invitation, which is for somebody without an account: lib/admin/invite.test.ts. */
const TOLD_OR_NOT = Object.entries(messages.mail).flatMap(([template, text]) =>
  typeof text === "object" && "subject" in text && template !== "invitation" ? [template] : [],
);
const LINKS: Record<string, { purpose: MailLinkPurpose; page: string }> = {
  verify_address: { purpose: "verify-address", page: "/address/link" },
  verify_new_address: { purpose: "verify-address", page: "/address/link" },
  confirm_address_change: { purpose: "confirm-address-change", page: "/address/link" },
  reset_password: { purpose: "reset-password", page: "/reset/link" },
  reset_login: { purpose: "reset-login", page: "/login/link" },
};

let person: Person;
let addressId: string;
beforeEach(async () => {
  const prisma = await db();
  await prisma.mail.deleteMany();
  person = await createPerson();
  ({ id: addressId } = await prisma.address.findFirstOrThrow({
    where: { userId: person.userId },
  }));
});

describe("every mail", () => {
  test.each(TOLD_OR_NOT)(
    "RC-11 LC-03 %s says the same as text and as HTML, where and when it was, and whom to ask",
    async (template) => {
      const letter = await compose(template);
      expect(letter.subject).not.toMatch(/[{}\r\n]|undefined/);
      expect(letter.text).not.toMatch(/[{}<>]|undefined| {2}\w+ is|\n{3}/);
      for (const part of [letter.subject, person.email, FROM.address, "whoever runs this portal"]) {
        expect(flat(letter.text), template).toContain(part);
        expect(flat(visible(letter.html)), template).toContain(part);
      }
      for (const line of letter.text.split("\n")) {
        if (!line.includes("http")) expect(line.length, line).toBeLessThanOrEqual(78);
      }
      // Nothing is loaded from anywhere, and nothing runs.
      expect(letter.html).not.toMatch(/<(img|link|script|iframe|svg)|url\(|@import|@font-face/);
      const pages = [...letter.html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, page]) => page);
      for (const page of pages) expect(page).toMatch(/^http:\/\/localhost:3000(\/|$)/);
      const isLink = template in LINKS;
      expect(/token=/.test(letter.text), "a token only where it is what the mail is for").toBe(
        isLink,
      );
    },
  );

  test.each(Object.keys(LINKS))(
    "OT-02 %s carries the token whose hash the database has",
    async (template) => {
      const { text } = await compose(template);
      const [, page, token = ""] = /localhost:3000(\/\S+)\?token=(\S+)/.exec(text) ?? [];
      expect(page).toBe(LINKS[template]?.page);
      const prisma = await db();
      const link = await prisma.mailLink.findFirstOrThrow({ where: { userId: person.userId } });
      expect(hashToken(token)).toBe(link.tokenHash);
      expect(token).toBe(deriveMailLinkToken(link));
    },
  );
});

test("LC-07 a mailed half is in the mail alone, and in none once its code is over", async () => {
  const { text, html } = await compose("temporary_code_half");
  const prisma = await db();
  const code = await prisma.temporaryCode.findFirstOrThrow({ where: { userId: person.userId } });
  const half = formatHalf(deriveMailedHalf(code));
  expect(text).toContain(half);
  expect(html).toContain(half);
  expect(JSON.stringify([await prisma.mail.findMany(), code])).not.toContain(half);
  await prisma.temporaryCode.update({ where: { id: code.id }, data: { endedAt: new Date() } });
  expect(await composeMail(await queuedMail())).toBeUndefined();
});

test("LG-05 what somebody else chose is text in a mail and never markup, and only known browsers are named", async () => {
  const prisma = await db();
  const email = `"><img/src=x>&'@example.org`;
  const about = await prisma.address.create({
    data: { userId: person.userId, email, addedAt: new Date() },
  });
  const userAgent = "Call-0800-1234-now/1.0 (http://evil.example) <b>bold</b>";
  await record({ type: "address_added", addressId: about.id, from: { ...FROM, userAgent } });
  const letter = await composeQueued();
  expect(letter.html).not.toMatch(/<img|<b>/);
  expect(letter.html).toContain("&#34;&#62;&#60;img/src=x&#62;&#38;&#39;@example.org");
  expect(letter.text).toContain(`Address:         ${email}`);
  for (const form of [letter.html, letter.text]) {
    expect(form).toContain("Unknown device");
    expect(form).not.toMatch(/evil|0800/);
  }
});

test("LC-02 a link that was used, is over or was replaced is not mailed any more", async () => {
  const prisma = await db();
  const forgotten = {
    used: { usedAt: new Date() },
    over: { expiresAt: new Date(Date.now() - 1) },
  };
  for (const [reason, data] of Object.entries(forgotten)) {
    await queue("reset_password");
    await prisma.mailLink.updateMany({ where: { userId: person.userId }, data });
    expect(await composeMail(await queuedMail()), reason).toBeUndefined();
    await prisma.mail.deleteMany();
  }
  await queue("reset_password");
  const first = await queuedMail();
  await queue("reset_password");
  expect(await composeMail(first), "replaced").toBeUndefined();
});

test("LC-02 the notice of a deleted account still leaves, without naming an account that is gone", async () => {
  const prisma = await db();
  await record({ type: "account_deleted", from: FROM });
  await prisma.user.delete({ where: { id: person.userId } });
  const letter = await composeQueued();
  expect(letter.to).toBe(person.email);
  expect(letter.text).not.toContain("Account: ");
});

async function compose(template: string) {
  await queue(template);
  return composeQueued();
}

/** Queues as the product does: a link by its purpose, anything else about an event. */
async function queue(template: string): Promise<void> {
  const { userId } = person;
  const link = LINKS[template];
  const eventId = await transaction((tx) =>
    recordAuditEvent(tx, {
      type: "login",
      userId,
      setLetter: "B",
      codeNumber: 3,
      codesLeft: 2,
      method: "recovery-codes",
      from: FROM,
    }),
  );
  const codeId = template === "temporary_code_half" ? await storeCode() : undefined;
  await transaction(async (tx) => {
    if (link) {
      await mailLink(tx, { template, purpose: link.purpose, userId, addressId, eventId });
    } else await queueMail(tx, { addressId, template, eventId, ...(codeId && { linkId: codeId }) });
  });
}

/** A temporary code, as far as its mail needs one. */
async function storeCode(): Promise<string> {
  const prisma = await db();
  const id = randomUUID();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + 3_600_000);
  const keys = { keyId: currentKeyId(), mailedKeyId: currentKeyId() };
  const { userId } = person;
  const life = { createdAt, expiresAt, usesLeft: 1, cost: 10 };
  await prisma.temporaryCode.create({
    data: { id, userId, createdById: userId, ...keys, ...life },
  });
  return id;
}

const record = (event: Omit<AuditEvent, "userId">) =>
  transaction((tx) => recordAuditEvent(tx, { ...event, userId: person.userId }));

async function queuedMail() {
  const prisma = await db();
  return prisma.mail.findFirstOrThrow({ where: { addressId }, orderBy: { id: "desc" } });
}

async function composeQueued() {
  const letter = await composeMail(await queuedMail());
  if (!letter) throw new Error("Nothing was composed.");
  return letter;
}

const flat = (text: string) => text.replace(/\s+/g, " ");

const visible = (html: string) =>
  html
    .replace(/<(style|title)>.*?<\/\1>/gs, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
