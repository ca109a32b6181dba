import "server-only";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import { config } from "../config";

/** A mail as it leaves: composed, to one mailbox. */
export type Letter = {
  /** The outbox row, which gives the Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** When the thing it tells was queued: the same however often it is sent. */
  date: Date;
};

const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000; // RFC 5321 allows minutes; the lease of an outbox row does not
const CONNECTIONS = 5;

/**
 * Sends one letter: by SMTP with `SMTP_URL`, otherwise into `DATA_DIR/mail/<id>.eml`. Throws when it was
 * not accepted. Sent twice, it has the same Message-ID, so that it can be recognized.
 */
export async function sendMail(letter: Letter): Promise<void> {
  const { SMTP_URL } = config();
  if (SMTP_URL) {
    smtp ??= openSmtp(SMTP_URL);
    await smtp.sendMail(compose(letter));
  } else {
    await writeMailFile(letter);
  }
}

/** Closes the connections to the SMTP server; the next letter opens them anew. */
export function closeSmtp(): void {
  smtp?.close();
  smtp = undefined;
}

let smtp: ReturnType<typeof openSmtp> | undefined;

function openSmtp(url: string) {
  return createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  });
}

async function writeMailFile(letter: Letter): Promise<void> {
  const files = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  const { message } = await files.sendMail(compose(letter));
  const folder = path.join(/*turbopackIgnore: true*/ config().DATA_DIR, "mail");
  const file = path.join(folder, `${letter.id}.eml`);
  const unfinished = `${file}.${process.pid}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(unfinished, message, { mode: 0o600, flush: true });
    await rename(unfinished, file); // whoever watches the folder sees whole letters alone
  } finally {
    await rm(unfinished, { force: true });
  }
}

function compose({ id, to, subject, text, html, date }: Letter): SendMailOptions {
  const { hostname } = new URL(config().APP_URL);
  return {
    from: config().MAIL_FROM ?? { name: "Sparekey", address: `no-reply@${hostname}` },
    to: { name: "", address: to }, // an object is never read as a list of addresses
    subject,
    text,
    html,
    date,
    messageId: `<${id}@${hostname}>`,
    headers: { "Auto-Submitted": "auto-generated" }, // RFC 3834: nobody's absence answers it
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
