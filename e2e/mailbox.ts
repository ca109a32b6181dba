import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { simpleParser } from "mailparser";

/** Where a portal without SMTP leaves its mails. */
type Mailboxes = { dataDir: string };

const WAIT_MS = 10_000; // a mail leaves at once, or when its server looks again

/** A mail as it arrived. */
export type ReceivedMail = {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The addresses of pages in its text, in their order. */
  links: string[];
  messageId: string;
};

/** The mail to an address whose subject matches, once it has arrived; the newest, if there are several. */
export async function findMail(
  portal: Mailboxes,
  to: string,
  subject: RegExp,
): Promise<ReceivedMail> {
  for (const end = Date.now() + WAIT_MS; ; await sleep(100)) {
    const mails = await readMailbox(portal, to);
    const mail = mails.find((received) => subject.test(received.subject));
    if (mail) return mail;
    if (Date.now() > end) {
      const subjects = mails.map((received) => `"${received.subject}"`).join(", ");
      throw new Error(`No mail to ${to} matches ${subject}; there are: ${subjects || "none"}.`);
    }
  }
}

/** The path and query of the single-use link in the mail to an address whose subject matches. */
export async function findMailLink(
  portal: Mailboxes,
  to: string,
  subject: RegExp,
): Promise<string> {
  const { links } = await findMail(portal, to, subject);
  const link = links.find((address) => address.includes("token="));
  if (!link) throw new Error(`The mail to ${to} has no link with a token.`);
  const { pathname, search } = new URL(link);
  return pathname + search;
}

/** Every mail to an address so far, the newest first. */
export async function readMailbox(portal: Mailboxes, to: string): Promise<ReceivedMail[]> {
  return (await readAllMail(portal)).filter((mail) => mail.to === to);
}

/** Every mail that left this portal so far, the newest first. */
export async function readAllMail({ dataDir }: Mailboxes): Promise<ReceivedMail[]> {
  const folder = path.join(dataDir, "mail");
  const names = await readdir(folder).catch(() => []); // made with the first mail
  const letters = names.filter((name) => name.endsWith(".eml"));
  // A name is an id that grows with time.
  return Promise.all(
    letters
      .sort()
      .reverse()
      .map(async (name) => readMail(path.join(folder, name))),
  );
}

async function readMail(file: string): Promise<ReceivedMail> {
  const {
    to,
    subject = "",
    text = "",
    html,
    messageId = "",
  } = await simpleParser(await readFile(file));
  const [recipients] = [to ?? []].flat();
  const links = text.match(/https?:\/\/[^\s<>]*[^\s<>.,:;]/g) ?? [];
  return { to: recipients?.text ?? "", subject, text, html: html || "", links, messageId };
}
