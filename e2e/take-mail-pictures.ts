import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium } from "@playwright/test";
import { simpleParser } from "mailparser";
import { findChromium } from "../bin/chromium.mjs";
import { TEST_SECRETS } from "../lib/db/testing/test-environment";
import type { MailLinkPurpose } from "../lib/notices/mail-links";
import messages from "../messages/en.json";

// Has the outbox send one mail of each kind, and takes their pictures in both widths and both schemes,
// with one sheet of them all; beside them stand their plain texts.

const FOLDER = "screenshots/mails";
const WIDTHS = [600, 390];
const SCHEMES = ["light", "dark"] as const;
const LINKS: Record<string, MailLinkPurpose> = {
  verify_address: "verify-address",
  verify_new_address: "verify-address",
  confirm_address_change: "confirm-address-change",
  reset_password: "reset-password",
};
const FROM = {
  address: "203.0.113.24",
  userAgent:
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
};

const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-mails-"));
Object.assign(process.env, {
  DATA_DIR: dataDir,
  SECRETS: TEST_SECRETS,
  APP_URL: "https://accounts.example.org",
  SUPPORT_CONTACT: "help@example.org",
  LOG_LEVEL: "warn",
});
mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
try {
  const templates = await sendOneOfEach();
  const mails: { name: string; html: string }[] = [];
  for (const [id, name] of templates) {
    const file = readFileSync(path.join(dataDir, "mail", `${id}.eml`));
    const { html, text = "", subject } = await simpleParser(file);
    writeFileSync(path.join(FOLDER, `${name}.txt`), `Subject: ${subject}\n\n${text}`);
    mails.push({ name, html: html || "" });
  }
  for (const mail of mails) await takePictures(browser, mail);
  for (const scheme of SCHEMES) {
    await takeSheet(
      browser,
      mails.map(({ name }) => name),
      scheme,
    );
  }
} finally {
  await browser.close();
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(`The pictures of mails are in ${FOLDER}/.`);

/** Queues and sends a mail of each kind. Says which row is of which. */
async function sendOneOfEach(): Promise<Map<string, string>> {
  const { closeDatabase, db, transaction } = await import("../lib/db/client");
  const { recordAuditEvent } = await import("../lib/notices/audit-event");
  const { mailLink } = await import("../lib/notices/mail-links");
  const { queueMail } = await import("../lib/notices/outbox");
  const { sendDueMail } = await import("../lib/notices/outbox-worker");
  const { createPerson } = await import("../lib/db/testing/people");
  const prisma = await db();
  const { userId } = await createPerson();
  await prisma.user.update({ where: { id: userId }, data: { email: "sam@example.test" } });
  await prisma.address.updateMany({ data: { email: "sam@example.test" } });
  const { id: addressId } = await prisma.address.findFirstOrThrow();
  const template = (name: string, text: unknown) =>
    typeof text === "object" && text !== null && "subject" in text ? [name] : [];
  for (const name of Object.entries(messages.mail).flatMap(([key, text]) => template(key, text))) {
    await transaction(async (tx) => {
      const eventId = await recordAuditEvent(tx, {
        type: "login",
        userId,
        ...(name.startsWith("recovery_code") && { setLetter: "B" }),
        ...(name === "recovery_code_used" && { codeNumber: 3 }),
        ...(/^recovery_code(_used|s_low|s_gone)/.test(name) && {
          codesLeft: name.endsWith("gone") ? 0 : 3,
        }),
        ...(/^method|^step_up/.test(name) && { method: "authenticator-app" }),
        ...(name.startsWith("address_") && name !== "address_taken" && { addressId }),
        from: FROM,
      });
      const purpose = LINKS[name];
      if (purpose) await mailLink(tx, { template: name, purpose, userId, addressId, eventId });
      else await queueMail(tx, { addressId, template: name, eventId });
      // Two kinds share a purpose, and a second link of it would end the first.
      if (purpose) await tx.mailLink.updateMany({ data: { addressId: userId } });
    });
  }
  while ((await sendDueMail()) > 0);
  const rows = await prisma.mail.findMany({ where: { sentAt: { not: null } } });
  await closeDatabase();
  const written = readdirSync(path.join(dataDir, "mail")).length;
  if (written !== rows.length) throw new Error(`${written} files of ${rows.length} mails.`);
  return new Map(rows.map((row) => [row.id, row.template]));
}

async function takePictures(on: Browser, { name, html }: { name: string; html: string }) {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const page = await on.newPage({ colorScheme, viewport: { width, height: 400 } });
      await page.setContent(html);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) throw new Error(`${name} is ${wide} pixels wide on a screen of ${width}.`);
      await page.screenshot({
        path: path.join(FOLDER, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      });
      await page.close();
    }
  }
}

/** All mails of a scheme in one picture. */
async function takeSheet(on: Browser, names: string[], scheme: (typeof SCHEMES)[number]) {
  const page = await on.newPage({ viewport: { width: 1800, height: 900 } });
  const picture = (name: string) => {
    const png = readFileSync(path.join(FOLDER, `${name}-600-${scheme}.png`)).toString("base64");
    return `<figure><img width="340" src="data:image/png;base64,${png}"><figcaption>${name}</figcaption></figure>`;
  };
  await page.setContent(
    `<style>body{display:grid;grid-template-columns:repeat(5,340px);gap:12px;margin:12px;background:#888;font:14px sans-serif}
      figure{margin:0}img{display:block}</style>${names.map(picture).join("")}`,
  );
  await page.screenshot({ path: path.join(FOLDER, `all-${scheme}.png`), fullPage: true });
  await page.close();
}
