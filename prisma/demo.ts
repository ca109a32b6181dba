import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { administerAccount } from "../lib/admin/administer-account";
import { inviteByMail } from "../lib/admin/invite";
import { makeTemporaryCode } from "../lib/admin/make-temporary-code";
import { changePolicy } from "../lib/admin/policy-change";
import { askForMfaReset } from "../lib/admin/reset-mfa";
import { createAccount, createAdministrator } from "../lib/auth/accounts";
import type { CurrentSession } from "../lib/auth/current-session";
import { parseEmailAddress } from "../lib/auth/email-address";
import { logInWithPassword } from "../lib/auth/log-in";
import { logInWithRecoveryCode } from "../lib/auth/log-in-with-method";
import { endAllSessions, findSession, openSession } from "../lib/auth/session-rows";
import { setupToken } from "../lib/auth/setup-token";
import { verifyAddress } from "../lib/auth/verify-address";
import { config } from "../lib/config";
import { closeDatabase, db, transaction } from "../lib/db/client";
import { closeHashQueue } from "../lib/hash-queue";
import {
  beginAuthenticatorApp,
  verifyAuthenticatorAppEnrollment,
} from "../lib/mfa/authenticator-app";
import { authenticatorCodeAt } from "../lib/mfa/authenticator-code";
import { findLoginChallenge } from "../lib/mfa/login-challenge";
import { currentPolicy } from "../lib/mfa/policy";
import {
  confirmRecoveryCodeSet,
  findLiveSets,
  generateRecoveryCodeSet,
} from "../lib/mfa/recovery-code-sets";
import { deriveMailLinkToken } from "../lib/notices/mail-links";

// Fills a new database with people in different states and prints how to log in as them. Everything
// goes through the rules that the screens use, but for keys and phones that nobody has and the days of the chart.

const from = { address: "127.0.0.1", userAgent: "Sparekey demo" };
const request = { from, previousToken: undefined };
const SESSION_ID = randomUUID(); // no browser is behind it
const PASSWORD = "tidy walrus counts rivers";

/** No browser is behind what the demo does. */
const authorize = async () => undefined;

type Person = { name: string; email: string };

const PEOPLE = {
  administrator: { name: "Codes Ready", email: "codes-ready@example.test" },
  second: { name: "Second Administrator", email: "second@example.test" },
  oneLeft: { name: "One Code Left", email: "one-left@example.test" },
  unsaved: { name: "Codes Not Saved", email: "not-saved@example.test" },
  lockedOut: { name: "Phone Alone", email: "phone-alone@example.test" },
  keyBesides: { name: "Key Besides", email: "key-besides@example.test" },
  phone: { name: "Phone Connected", email: "phone@example.test" },
  noMethod: { name: "No Method", email: "no-method@example.test" },
  reset: { name: "Reset Lately", email: "reset@example.test" },
  temporary: { name: "Temporary Code", email: "temporary@example.test" },
  unverified: { name: "Not Verified", email: "not-verified@example.test" },
  disabled: { name: "Disabled Account", email: "disabled@example.test" },
} satisfies Record<string, Person>;

const INVITED = { email: "invited@example.test" };

refuseUsedDatabase();
await createAdministrator(
  { ...PEOPLE.administrator, password: PASSWORD, setupToken: setupToken() },
  request,
);
const { administrator: _, ...members } = PEOPLE;
for (const person of Object.values(members)) {
  await createAccount({ ...person, password: PASSWORD }, request);
}
for (const person of Object.values(PEOPLE)) {
  if (person !== PEOPLE.unverified) await openVerificationLink(person);
}
const ready = {
  key: await enroll(PEOPLE.administrator),
  codes: await saveCodes(PEOPLE.administrator),
};
const second = { key: await enroll(PEOPLE.second), codes: await saveCodes(PEOPLE.second) };
const nearlyOut = { key: await enroll(PEOPLE.oneLeft), codes: await saveCodes(PEOPLE.oneLeft) };
for (const code of nearlyOut.codes.slice(0, 9)) await spendCode(PEOPLE.oneLeft, code);
const unsaved = { key: await enroll(PEOPLE.unsaved), codes: await generateCodes(PEOPLE.unsaved) };
const phoneAlone = { key: await enroll(PEOPLE.lockedOut) };
const keyBesides = { key: await enroll(PEOPLE.keyBesides) };
await addSecurityKey(PEOPLE.keyBesides);
const phone = { key: await enroll(PEOPLE.phone), codes: await saveCodes(PEOPLE.phone) };
await connectPhone(PEOPLE.phone);
await enroll(PEOPLE.reset);
const temporary = { key: await enroll(PEOPLE.temporary) };
const half = await administer();
await inventLastMonth();
await closeHashQueue();
await closeDatabase();

console.log(`
People in this demo; the password of each is: ${PASSWORD}
Their mails are files in ${path.join(config().DATA_DIR, "mail")}
`);
show(PEOPLE.administrator, "administrator, authenticator app and ten codes", ready);
show(PEOPLE.second, "a second administrator, with the same, whose reset is asked for", second);
show(PEOPLE.oneLeft, "authenticator app and one code left", {
  key: nearlyOut.key,
  codes: nearlyOut.codes.slice(9),
});
show(PEOPLE.unsaved, "authenticator app and ten codes that nobody marked as saved", {
  key: unsaved.key,
});
show(PEOPLE.lockedOut, "authenticator app and no codes", phoneAlone);
show(PEOPLE.keyBesides, "authenticator app, and a security key that nobody has", keyBesides);
show(PEOPLE.phone, "authenticator app, a phone that nobody has, and ten codes", phone);
show(PEOPLE.noMethod, "no verification method yet, and two weeks to add one");
show(PEOPLE.reset, "reset by an administrator: the next login needs a mailed link");
show(PEOPLE.temporary, "authenticator app, and a temporary code for eight hours", temporary);
console.log(`    first half of the code: ${half}; the second half is in a mail`);
show(PEOPLE.unverified, "address not verified yet");
show(PEOPLE.disabled, "disabled");
show(INVITED, "invited, without an account");

function show(
  { email }: { email: string },
  state: string,
  secrets?: { key: string; codes?: string[] },
): void {
  console.log(`\n  ${email.padEnd(28)}${state}`);
  if (!secrets) return;
  console.log(`    setup key for an authenticator app: ${secrets.key}`);
  const { codes = [] } = secrets;
  if (codes.length > 0) console.log(`    code: ${codes.slice(0, 5).join(" ")}`);
  if (codes.length > 5) console.log(`          ${codes.slice(5).join(" ")}`);
}

/** The credentials above are printed for everybody to see: no real database may ever hold them. */
function refuseUsedDatabase(): void {
  const { DATABASE_URL, DATA_DIR } = config();
  if (DATABASE_URL) refuse("The demo makes its own throw-away database: unset DATABASE_URL.");
  if (existsSync(path.join(DATA_DIR, "db"))) {
    refuse(
      `The demo fills only a database that it made itself, and ${DATA_DIR}/db exists already.`,
    );
  }
}

function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

async function findUserId({ email }: Person): Promise<string> {
  const prisma = await db();
  return (await prisma.user.findFirstOrThrow({ where: { email }, select: { id: true } })).id;
}

async function enroll(person: Person): Promise<string> {
  const userId = await findUserId(person);
  const display = { issuer: "Sparekey", account: person.email };
  const { setupKey } = await beginAuthenticatorApp({ userId, sessionId: SESSION_ID }, display);
  const input = authenticatorCodeAt(setupKey, new Date());
  const result = await verifyAuthenticatorAppEnrollment({
    userId,
    sessionId: SESSION_ID,
    input,
    display,
    from,
    authorize: async () => ({ amr: ["pwd"], restrictedUntil: null }),
    onVerified: async () => undefined,
  });
  if (!result.verified) throw new Error(`The demo's app was refused: ${result.reason}.`);
  return setupKey;
}

async function generateCodes(person: Person): Promise<string[]> {
  const result = await generateRecoveryCodeSet({
    userId: await findUserId(person),
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from,
    authorize,
  });
  if (!result.generated) throw new Error(`The demo's codes were refused: ${result.reason}.`);
  return result.codes;
}

async function saveCodes(person: Person): Promise<string[]> {
  const codes = await generateCodes(person);
  const userId = await findUserId(person);
  const { inUse } = await findLiveSets(userId);
  if (!inUse) throw new Error("The demo's codes are gone.");
  await confirmRecoveryCodeSet({ userId, setId: inUse.id, from, authorize });
  return codes;
}

/** As the person does with the mail that waits for them. */
async function openVerificationLink(person: Person): Promise<void> {
  const prisma = await db();
  const link = await prisma.mailLink.findFirstOrThrow({
    where: { userId: await findUserId(person), purpose: "verify-address" },
  });
  const result = await verifyAddress(deriveMailLinkToken(link), from);
  if (!result.verified) throw new Error("The demo's address was refused.");
}

/** What an administrator did lately. Returns their half of the temporary code. */
async function administer(): Promise<string> {
  const session = await openAdministratorsSession();
  const act = { session, from };
  const { id: knownId, requiredFrom: _, ...policy } = await currentPolicy(await db());
  await changePolicy({
    ...act,
    knownId,
    choice: { ...policy, requirement: "everyone", graceDays: 14 },
  });
  await askForMfaReset({
    ...act,
    userId: await findUserId(PEOPLE.reset),
    reason: "Lost the phone and the codes; known from a call.",
  });
  await inviteByMail({ ...act, email: INVITED.email, role: "USER" });
  const code = await makeTemporaryCode({
    ...act,
    userId: await findUserId(PEOPLE.temporary),
    knownCodeId: undefined,
    hours: 8,
    reason: "The phone is being repaired.",
  });
  await doTo(PEOPLE.disabled, { ...act, act: "disable", reason: "She left." });
  await doTo(PEOPLE.second, {
    ...act,
    act: "make-administrator",
    reason: "She looks after us too.",
  });
  const asked = await askForMfaReset({
    ...act,
    userId: await findUserId(PEOPLE.second),
    reason: "Lost the phone on the train; known from a call.",
  });
  if (asked.reset || asked.reason !== "requested")
    throw new Error("The demo's request was refused.");
  await transaction((tx) => endAllSessions(tx, session.userId));
  if (!code.made) throw new Error(`The demo's temporary code was refused: ${code.reason}.`);
  return code.half;
}

async function doTo(
  person: Person,
  act: Omit<Parameters<typeof administerAccount>[0], "userId">,
): Promise<void> {
  const result = await administerAccount({ ...act, userId: await findUserId(person) });
  if (!result.done) throw new Error(`The demo's act was refused: ${result.reason}.`);
}

/** A session as a login with the app makes it. */
async function openAdministratorsSession(): Promise<CurrentSession> {
  const userId = await findUserId(PEOPLE.administrator);
  const { token } = await transaction((tx) =>
    openSession(tx, { userId, amr: ["pwd", "otp", "mfa"], previousToken: undefined, from }),
  );
  const row = await findSession(token);
  const email = parseEmailAddress(PEOPLE.administrator.email);
  if (!row || !email) throw new Error("The demo's administrator is not logged in.");
  return { ...row, ...row.user, email };
}

/** Keys answer browsers, and none is here: this one is on record and answers nobody. */
async function addSecurityKey(person: Person): Promise<void> {
  const prisma = await db();
  await prisma.securityKey.create({
    data: {
      userId: await findUserId(person),
      name: "Blue key",
      credentialId: randomBytes(32).toString("base64url"),
      publicKey: new Uint8Array(randomBytes(77)),
      counter: 1,
      transports: ["usb"],
      aaguid: "00000000-0000-0000-0000-000000000000",
      backupEligible: false,
      backedUp: false,
      addedAt: new Date(),
    },
  });
}

/** Whose key was thrown away, so that it never answers. */
async function connectPhone(person: Person): Promise<void> {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const prisma = await db();
  await prisma.sparekeyAuthenticator.create({
    data: {
      id: randomUUID(),
      userId: await findUserId(person),
      name: "Chrome on Android",
      publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
      addedAt: new Date(),
      addedAddress: from.address,
      addedUserAgent: from.userAgent,
    },
  });
}

/** The chart of a portal that begins today is empty: here are thirty days of a growing one. */
async function inventLastMonth(): Promise<void> {
  const prisma = await db();
  const today = Date.parse(new Date().toISOString().slice(0, 10));
  await prisma.enrollmentDay.createMany({
    data: Array.from({ length: 30 }, (_, index) => {
      const people = 3 + Math.floor(index / 8);
      const oneMethod = Math.floor(index / 7);
      return {
        day: new Date(today - (30 - index) * 86_400_000),
        noMethod: people - oneMethod,
        oneMethod,
        several: 0,
        withCodes: Math.floor(index / 9),
      };
    }),
  });
}

async function spendCode({ email }: Person, code: string): Promise<void> {
  const login = await logInWithPassword({
    email,
    password: PASSWORD,
    returnTo: "/account",
    ...request,
  });
  const challenge =
    login.verified && login.challenge && (await findLoginChallenge(login.challenge.token));
  if (!challenge) throw new Error("The demo's login began no challenge.");
  const result = await logInWithRecoveryCode({ challenge, input: code, ...request });
  if (!result.verified) throw new Error(`The demo's code was refused: ${result.reason}.`);
}
