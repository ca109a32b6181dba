import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { createAccount, createAdministrator } from "../lib/auth/accounts";
import { logInWithPassword } from "../lib/auth/log-in";
import { logInWithRecoveryCode } from "../lib/auth/log-in-with-method";
import { setupToken } from "../lib/auth/setup-token";
import { verifyAddress } from "../lib/auth/verify-address";
import { config } from "../lib/config";
import { closeDatabase, db } from "../lib/db/client";
import { closeHashQueue } from "../lib/hash-queue";
import {
  beginAuthenticatorApp,
  verifyAuthenticatorAppEnrollment,
} from "../lib/mfa/authenticator-app";
import { authenticatorCodeAt } from "../lib/mfa/authenticator-code";
import { findLoginChallenge } from "../lib/mfa/login-challenge";
import {
  confirmRecoveryCodeSet,
  findLiveSets,
  generateRecoveryCodeSet,
} from "../lib/mfa/recovery-code-sets";
import { deriveMailLinkToken } from "../lib/notices/mail-links";

// Fills a new database with people in different states and prints how to log in as them. Everything
// goes through the rules that the screens use.

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
  noMethod: { name: "No Method", email: "no-method@example.test" },
  disabled: { name: "Disabled Account", email: "disabled@example.test" },
} satisfies Record<string, Person>;

refuseUsedDatabase();
await createAdministrator(
  { ...PEOPLE.administrator, password: PASSWORD, setupToken: setupToken() },
  request,
);
const { administrator: _, ...members } = PEOPLE;
for (const person of Object.values(members)) {
  await createAccount({ ...person, password: PASSWORD }, request);
}
for (const person of Object.values(PEOPLE)) await openVerificationLink(person);
const ready = {
  key: await enroll(PEOPLE.administrator),
  codes: await saveCodes(PEOPLE.administrator),
};
const second = { key: await enroll(PEOPLE.second), codes: await saveCodes(PEOPLE.second) };
const nearlyOut = { key: await enroll(PEOPLE.oneLeft), codes: await saveCodes(PEOPLE.oneLeft) };
for (const code of nearlyOut.codes.slice(0, 9)) await spendCode(PEOPLE.oneLeft, code);
const unsaved = { key: await enroll(PEOPLE.unsaved), codes: await generateCodes(PEOPLE.unsaved) };
const phoneAlone = { key: await enroll(PEOPLE.lockedOut) };
await makeAdministrator(PEOPLE.second);
await disable(PEOPLE.disabled);
await inventLastMonth();
await closeHashQueue();
await closeDatabase();

console.log(`
People in this demo; the password of each is: ${PASSWORD}

  ${PEOPLE.administrator.email}   administrator, authenticator app and ten codes
    setup key for an authenticator app: ${ready.key}
    codes: ${ready.codes.slice(0, 5).join(" ")}
           ${ready.codes.slice(5).join(" ")}

  ${PEOPLE.second.email}   a second administrator, with the same
    setup key for an authenticator app: ${second.key}
    codes: ${second.codes.slice(0, 5).join(" ")}
           ${second.codes.slice(5).join(" ")}

  ${PEOPLE.oneLeft.email}      authenticator app and one code left
    setup key for an authenticator app: ${nearlyOut.key}
    code: ${nearlyOut.codes[9]}

  ${PEOPLE.unsaved.email}     authenticator app and ten codes that nobody marked as saved
    setup key for an authenticator app: ${unsaved.key}

  ${PEOPLE.lockedOut.email}   authenticator app and no codes
    setup key for an authenticator app: ${phoneAlone.key}

  ${PEOPLE.noMethod.email}     no verification method yet

  ${PEOPLE.disabled.email}      disabled
`);

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

async function makeAdministrator(person: Person): Promise<void> {
  const prisma = await db();
  const id = await findUserId(person);
  await prisma.user.update({ where: { id }, data: { role: "ADMINISTRATOR" } });
}

async function disable(person: Person): Promise<void> {
  const prisma = await db();
  const id = await findUserId(person);
  await prisma.user.update({ where: { id }, data: { disabledAt: new Date() } });
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
