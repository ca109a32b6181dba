import { readFileSync } from "node:fs";
import { dumpDatabase } from "./database";
import { textOf } from "./html";
import { expect, test } from "./journeys";
import { readAllMail } from "./mailbox";
import { logInWithCodePlainly, verifyAddressOf } from "./prepared-people";
import { notedSecrets } from "./secrets-of-the-run";

// Runs last, by its name: it looks for everything that any journey of this run had to keep secret.

test("LG-02 OT-03 RC-03 no password, code, seed, cookie or token of the whole run is in a log, in the database, in a mail or in a history", async ({
  prepare,
  portal,
}) => {
  const { sql, logFiles, baseURL, secondURL = baseURL } = portal;
  const person = await prepare.withCodes();
  await verifyAddressOf(person, portal);
  await logInWithCodePlainly(person, person.codes[3] ?? "", secondURL);
  const history = await person.browser.open("/account/activity");
  await expect
    .poll(async () => (await readAllMail(portal)).map(({ to }) => to))
    .toContain(person.email);
  const mails = await readAllMail(portal);
  const linkTokens = mails.flatMap(({ links }) => links.map(tokenIn)).filter(Boolean);
  expect(linkTokens.length).toBeGreaterThan(0);
  const halves = mails.flatMap(({ text }) => /^Second half:\s+(\S+)/m.exec(text)?.[1] ?? []);
  const mailed = [...linkTokens, ...halves];
  const secrets = notedSecrets().filter(
    (secret) => (secret.length >= 8 || isNumber(secret)) && !mailed.includes(secret),
  );
  for (const own of [person.password, person.phone.setupKey, ...person.codes]) {
    expect(secrets).toContain(own);
  }
  // A link, or a half of a temporary code, is in the mail that it was made for, and nowhere else.
  const database = await dumpDatabase(sql);
  const logs = logFiles.map((file) => readFileSync(file, "utf8")).join("\n");
  const places: [string, string, string[]][] = [
    ["database", database, [...secrets, ...mailed]],
    ["logs", logs, [...secrets, ...mailed]],
    ["mails", mails.map((mail) => JSON.stringify(mail)).join("\n"), secrets],
    ["history", textOf(history.body), [...secrets, ...mailed]],
  ];
  expect(database).toContain(person.email);
  expect(logs).toContain("Sparekey is ready");
  expect(textOf(history.body)).toContain("Recovery code 4 of set A used");
  for (const [place, content, kept] of places) {
    const found = kept.filter((secret) => isIn(content, secret));
    expect(found, place).toEqual([]);
  }
});

const isNumber = (secret: string) => /^\d{6}$/.test(secret);

/** Six digits occur by chance inside of longer numbers and hexadecimal bytes; alone they are the number. */
function isIn(content: string, secret: string): boolean {
  return isNumber(secret)
    ? new RegExp(`(?<![0-9A-Za-z.])${secret}(?![0-9A-Za-z])`).test(content)
    : content.includes(secret) || content.includes(secret.replaceAll("-", ""));
}

const tokenIn = (address: string) => new URL(address).searchParams.get("token") ?? "";
