import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { createAccount, createAdministrator } from "../lib/auth/accounts";
import { logInWithPassword } from "../lib/auth/log-in";
import { logInWithRecoveryCode } from "../lib/auth/log-in-with-method";
import { setupToken } from "../lib/auth/setup-token";
import { config } from "../lib/config";
import { closeDatabase, db } from "../lib/db/client";
import { closeHashQueue } from "../lib/hash-queue";
import {
  beginAuthenticatorApp,
  verifyAuthenticatorAppEnrollment,
} from "../lib/mfa/authenticator-app";
import { authenticatorCodeAt } from "../lib/mfa/authenticator-code";
import { findLoginChallenge } from "../lib/mfa/login-challenge";
import { confirmRecoveryCodeSet, generateRecoveryCodeSet } from "../lib/mfa/recovery-code-sets";

// Fills a new database with people in different states and prints how to log in as them. Everything
// goes through the rules that the screens use.

const from = { address: "127.0.0.1", userAgent: "Sparekey demo" };
const request = { from, previousToken: undefined };
const SESSION_ID = randomUUID(); // no browser is behind it
const PASSWORD = "tidy walrus counts rivers";

/** No browser is behind what the demo does. */
const authorize = async () => undefined;

type Person = { name: string; email: string };

const ADMINISTRATOR = { name: "Codes Ready", email: "codes-ready@example.test" };
const ONE_LEFT = { name: "One Code Left", email: "one-left@example.test" };
const NO_METHOD = { name: "No Method", email: "no-method@example.test" };

refuseUsedDatabase();
await createAdministrator(
  { ...ADMINISTRATOR, password: PASSWORD, setupToken: setupToken() },
  request,
);
await createAccount({ ...ONE_LEFT, password: PASSWORD }, request);
await createAccount({ ...NO_METHOD, password: PASSWORD }, request);
const ready = { key: await enroll(ADMINISTRATOR), codes: await generateCodes(ADMINISTRATOR) };
const nearlyOut = { key: await enroll(ONE_LEFT), codes: await generateCodes(ONE_LEFT) };
for (const code of nearlyOut.codes.slice(0, 9)) await spendCode(ONE_LEFT, code);
await closeHashQueue();
await closeDatabase();

console.log(`
People in this demo; the password of each is: ${PASSWORD}

  ${ADMINISTRATOR.email}   administrator, authenticator app and ten codes
    setup key for an authenticator app: ${ready.key}
    codes: ${ready.codes.slice(0, 5).join(" ")}
           ${ready.codes.slice(5).join(" ")}

  ${ONE_LEFT.email}      authenticator app and one code left
    setup key for an authenticator app: ${nearlyOut.key}
    code: ${nearlyOut.codes[9]}

  ${NO_METHOD.email}     no verification method yet
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
  const userId = await findUserId(person);
  const result = await generateRecoveryCodeSet({
    userId,
    knownSetId: null,
    steppedUpBy: ["pwd", "otp", "mfa"],
    from,
    authorize,
  });
  if (!result.generated) throw new Error(`The demo's codes were refused: ${result.reason}.`);
  await confirmRecoveryCodeSet({ userId, setId: result.set.id, from, authorize });
  return result.codes;
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
