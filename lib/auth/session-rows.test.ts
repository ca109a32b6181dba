import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { dumpDatabase, spellingsOf } from "../db/testing/dump";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { logOut } from "./log-out";
import {
  endAllSessions,
  endOtherSessions,
  findSession,
  openSession,
  touchSession,
} from "./session-rows";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let person: Person;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  person = await createPerson();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("limits", () => {
  test("SE-01 after an hour without use a session is refused, and a minute before it is not", async () => {
    const { token } = await open();
    pass(59 * MINUTE);
    expect(await findSession(token)).toBeDefined();
    pass(2 * MINUTE);
    expect(await findSession(token)).toBeUndefined();
  });

  test("SE-01 NA-04 after 24 hours a session is refused, however busily it was used", async () => {
    const { token, expiresAt } = await open();
    expect(expiresAt.getTime()).toBe(Date.now() + 24 * HOUR);
    for (let half = 1; half < 48; half++) {
      pass(HOUR / 2);
      await use(token);
    }
    pass(HOUR / 2 - 1);
    expect(await findSession(token)).toBeDefined();
    pass(1);
    expect(await findSession(token)).toBeUndefined();
  });

  test("SE-01 a session that was idle too long is not revived by a touch", async () => {
    const { token } = await open();
    const id = (await findSession(token))?.id ?? "";
    pass(HOUR);
    expect(await findSession(token)).toBeUndefined();
    await touchSession(id);
    expect(await findSession(token)).toBeUndefined();
  });

  test("SE-01 reading a session is not use, and use is noted once a minute at most", async () => {
    const { token } = await open();
    const opened = Date.now();
    const id = (await findSession(token))?.id ?? "";
    for (const seconds of [1, 30, 59, 60]) {
      vi.setSystemTime(opened + seconds * 1000);
      await findSession(token);
      await touchSession(id);
      expect((await rowOf(id)).lastSeenAt.getTime()).toBe(opened);
    }
    vi.setSystemTime(opened + MINUTE + 1);
    await touchSession(id);
    expect((await rowOf(id)).lastSeenAt.getTime()).toBe(opened + MINUTE + 1);
  });
});

describe("the token", () => {
  test("SE-03 32 random bytes, of which the database has the SHA-256 and no trace besides", async () => {
    const tokens = [(await open()).token, (await open()).token];
    const dump = await dumpDatabase();
    for (const token of tokens) {
      const bytes = Buffer.from(token, "base64url");
      expect(bytes).toHaveLength(32);
      for (const spelling of [...spellingsOf(token), bytes.toString("hex")]) {
        expect(dump).not.toContain(spelling);
      }
      const digest = await crypto.subtle.digest("SHA-256", Buffer.from(token));
      expect(dump).toContain(Buffer.from(digest).toString("hex"));
    }
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  test("SE-03 what stands in the database is no token", async () => {
    const { token } = await open();
    const session = await findSession(token);
    const { tokenHash } = await rowOf(session?.id ?? "");
    for (const stolen of [tokenHash, session?.id ?? "", person.userId, "", token.slice(1)]) {
      expect(await findSession(stolen)).toBeUndefined();
    }
  });

  test("SE-04 a login gives a new token, and the browser's old one is dead", async () => {
    const { token: old } = await open();
    const { token } = await open(["pwd", "otp", "mfa"], old);
    expect(token).not.toBe(old);
    expect(await findSession(old)).toBeUndefined();
    expect(await findSession(token)).toMatchObject({ aal: 2 });
  });

  test("SE-04 a token that somebody planted in the browser is not the one of the session", async () => {
    const planted = "A".repeat(43);
    const { token } = await open(["pwd"], planted);
    expect(token).not.toBe(planted);
    expect(await findSession(planted)).toBeUndefined();
  });
});

describe("ending", () => {
  test("SE-06 after the log-out a copied cookie opens nothing, and other browsers stay", async () => {
    const [here, elsewhere] = [await open(), await open()];
    await logOut(here.token, FROM);
    expect(await findSession(here.token)).toBeUndefined();
    expect(await findSession(elsewhere.token)).toBeDefined();
    await logOut(here.token, FROM); // a second click
    const prisma = await db();
    expect(
      await prisma.auditEvent.count({ where: { type: "logout", userId: person.userId } }),
    ).toBe(1);
  });

  test("SE-06 a disabled person's sessions are refused at the next request", async () => {
    const { token } = await open();
    const prisma = await db();
    await prisma.user.update({ where: { id: person.userId }, data: { disabledAt: new Date() } });
    expect(await findSession(token)).toBeUndefined();
  });

  test("SE-06 a deleted person's sessions are gone with them", async () => {
    const { token } = await open();
    const prisma = await db();
    await prisma.user.delete({ where: { id: person.userId } });
    expect(await findSession(token)).toBeUndefined();
    expect(await prisma.session.count({ where: { userId: person.userId } })).toBe(0);
  });

  test("SE-06 ending the others keeps this one and other people's, ending all keeps none", async () => {
    const [mine, second, third] = [await open(), await open(), await open()];
    const stranger = await createPerson();
    const theirs = await open(["pwd"], undefined, stranger);
    const { id: exceptId = "" } = (await findSession(mine.token)) ?? {};
    await transaction((tx) => endOtherSessions(tx, { userId: person.userId, exceptId }));
    expect(await findSession(mine.token)).toBeDefined();
    for (const { token } of [second, third]) expect(await findSession(token)).toBeUndefined();
    await transaction((tx) => endAllSessions(tx, person.userId));
    expect(await findSession(mine.token)).toBeUndefined();
    expect(await findSession(theirs.token)).toBeDefined();
  });
});

describe("what a session says of its login", () => {
  test.each([
    [["pwd"], 1],
    [["pwd", "otp", "mfa"], 2],
    [["pwd", "recovery", "mfa"], 2],
  ])("SE-12 %j is level %i, from the moment of the login", async (amr, aal) => {
    const { token } = await open(amr);
    const authTime = new Date();
    pass(30 * MINUTE);
    await use(token);
    expect(await findSession(token)).toMatchObject({ amr, aal, authTime, userId: person.userId });
  });

  test("SE-14 a change of role counts at the next request", async () => {
    const { token } = await open();
    const prisma = await db();
    for (const role of ["ADMINISTRATOR", "USER"] as const) {
      await prisma.user.update({ where: { id: person.userId }, data: { role } });
      expect((await findSession(token))?.user.role).toBe(role);
    }
  });
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

const open = (amr = ["pwd"], previousToken?: string, { userId } = person) =>
  transaction((tx) => openSession(tx, { userId, amr, previousToken, from: FROM }));

async function use(token: string): Promise<void> {
  const session = await findSession(token);
  if (session) await touchSession(session.id);
}

async function rowOf(id: string) {
  const prisma = await db();
  return prisma.session.findUniqueOrThrow({ where: { id } });
}
