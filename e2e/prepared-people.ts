import type { Portal } from "./fixtures";
import { textOf } from "./html";
import { findMailLink } from "./mailbox";
import { type Person, somebodyNew } from "./people";
import { Phone } from "./phone";
import { PlainBrowser, type PlainPage } from "./plain-browser";
import { noteSecret } from "./secrets-of-the-run";
import type { Sql } from "./servers";

/** A person who went through the product's own forms in a browser without scripts. */
export type Prepared = Person & {
  /** Logged in, as the one that signed up. */
  browser: PlainBrowser;
};
export type WithApp = Prepared & { phone: Phone };
export type WithCodes = WithApp & { codes: string[] };

/** Signs up. */
export async function prepareMember(origin: string): Promise<Prepared> {
  const person = somebodyNew();
  const browser = new PlainBrowser(origin);
  await mustReach(
    browser.press(await browser.open("/signup"), "Create account", person),
    "/account",
  );
  return { ...person, browser };
}

/** Signs up and enrolls an authenticator app. */
export async function prepareWithApp(origin: string): Promise<WithApp> {
  const member = await prepareMember(origin);
  return { ...member, phone: await enrollApp(member.browser) };
}

/** Signs up, enrolls an app and saves ten recovery codes. */
export async function prepareWithCodes(origin: string): Promise<WithCodes> {
  const person = await prepareWithApp(origin);
  return { ...person, codes: await generateCodes(person.browser) };
}

/** Enrolls an app in a logged-in browser, in place of the one before if there is one. */
export async function enrollApp(browser: PlainBrowser): Promise<Phone> {
  const begun = await browser.press(
    await browser.open("/account/mfa/authenticator-app"),
    "Add Authenticator App",
  );
  const phone = new Phone(readSetupKey(begun));
  await mustReach(browser.press(begun, "Verify", { code: phone.code() }), "/account/mfa");
  return phone;
}

/** Generates ten codes in a logged-in browser, in place of the ones before if there are any, and says they are saved. */
async function generateCodes(browser: PlainBrowser): Promise<string[]> {
  const page = await browser.open("/account/mfa/recovery-codes");
  const isFirst = !textOf(page.body).includes("Generate New Codes");
  const shown = await browser.press(page, isFirst ? "Add Recovery Codes" : "Generate New Codes");
  const codes = readCodes(shown);
  await mustReach(browser.press(shown, "Done", { saved: "on" }), "/account/mfa");
  return codes;
}

/** Opens the link that verifies a person's address, in another browser of theirs. */
export async function verifyAddressOf({ email }: Person, portal: Portal): Promise<void> {
  const browser = new PlainBrowser(portal.baseURL);
  const page = await browser.open(await findMailLink(portal, email, /Verify your address/));
  await mustReach(browser.press(page, "Verify address"), "/address/verify");
}

/** A new browser in which the person gave the password. */
export async function givePassword(
  { email, password }: Person,
  origin: string,
): Promise<{ browser: PlainBrowser; page: PlainPage }> {
  const browser = new PlainBrowser(origin);
  const page = await browser.press(await browser.open("/login"), "Log in", { email, password });
  return { browser, page };
}

/** A new browser in which the person gave the password and now has to enter a recovery code. */
export async function reachRecoveryCodes(person: Person, origin: string) {
  const { browser, page } = await givePassword(person, origin);
  if (!page.path.startsWith("/login/verify/")) throw notReached("/login/verify", page);
  return { browser, page: await browser.open("/login/verify/recovery-codes") };
}

/** Where a login with a recovery code leads. */
export const RECOVERED_PATH = "/account/recovered";

/** A new browser in which the person logged in with a recovery code. */
export async function logInWithCodePlainly(
  person: Person,
  code: string,
  origin: string,
): Promise<PlainBrowser> {
  const { browser, page } = await reachRecoveryCodes(person, origin);
  await mustReach(browser.press(page, "Verify", { code }), RECOVERED_PATH);
  return browser;
}

/** The ten codes in the answer to the POST that made them. */
export function readCodes({ body }: PlainPage): string[] {
  const list = /<ol[^>]*aria-label="Recovery codes".*?<\/ol>/s.exec(body)?.[0] ?? "";
  const codes = [...list.matchAll(/>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</g)].map(
    ([, code = ""]) => code,
  );
  for (const code of codes) noteSecret(code);
  if (codes.length !== 10) throw new Error(`There are ${codes.length} codes on the page.`);
  return codes;
}

/** The seed in the answer to the POST that began an enrollment. */
export function readSetupKey({ body }: PlainPage): string {
  const key = /<code[^>]*>([A-Z2-7]{32})<\/code>/.exec(body)?.[1];
  if (!key) throw new Error("There is no setup key on the page.");
  return key;
}

async function mustReach(pressed: Promise<PlainPage>, path: string): Promise<void> {
  const page = await pressed;
  if (page.path.split("?")[0] !== path) throw notReached(path, page);
}

const notReached = (wanted: string, { path, status, body }: PlainPage) =>
  new Error(`Reached ${path} (${status}), not ${wanted}: ${textOf(body)}`);

/** An administrator with an authenticator app, logged in. */
export async function prepareAdministrator(origin: string, sql: Sql): Promise<WithApp> {
  const person = await prepareWithApp(origin);
  await sql(`UPDATE "User" SET "role" = 'ADMINISTRATOR' WHERE "email" = $1`, [person.email]);
  return person;
}
