import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { nextAuthOptions } from "./next-auth-options";
import { findSession, openSession } from "./session-rows";

// There is no request here for Next.js to read headers from.
vi.mock("next/headers", () => ({ headers: async () => new Headers(), cookies: vi.fn() }));

let person: Person;
let token: string;
beforeEach(async () => {
  person = await createPerson();
  ({ token } = await transaction((tx) =>
    openSession(tx, {
      userId: person.userId,
      amr: ["pwd", "otp", "mfa"],
      previousToken: undefined,
      from: FROM,
    }),
  ));
});

describe("next-auth", () => {
  test("NA-01 has no provider, so it takes no password and makes no session", () => {
    const { providers, adapter } = nextAuthOptions();
    expect(providers).toEqual([]);
    expect(Object.keys(adapter ?? {}).sort()).toEqual([
      "deleteSession",
      "getSessionAndUser",
      "updateSession",
    ]);
  });

  test("NA-03 NA-06 keeps sessions in the database, so a token is nothing but a key to a row", () => {
    expect(nextAuthOptions().session?.strategy).toBe("database");
    expect(nextAuthOptions().jwt).toBeUndefined();
  });

  test("NA-03 a session whose row is deleted is refused at the next request", async () => {
    expect(await read(token)).toMatchObject({
      session: { sessionToken: token, userId: person.userId },
      user: { email: person.email },
    });
    const prisma = await db();
    await prisma.session.deleteMany({ where: { userId: person.userId } });
    expect(await read(token)).toBeNull();
  });

  test("NA-03 a token that was made up opens nothing", async () => {
    for (const forged of ["", "x", token.slice(1), token.toUpperCase()]) {
      expect(await read(forged)).toBeNull();
    }
  });

  test("NA-04 polling moves no limit: updateAge equals maxAge, and an update changes nothing", async () => {
    const { session, adapter } = nextAuthOptions();
    expect(session?.updateAge).toBe(session?.maxAge);
    expect(session?.maxAge).toBe(24 * 3600);
    const before = await rowOf();
    const later = { sessionToken: token, expires: new Date(Date.now() + 365 * 24 * 3_600_000) };
    expect(await adapter?.updateSession?.(later)).toBeNull();
    expect(await adapter?.updateSession?.({ ...later, userId: crypto.randomUUID() })).toBeNull();
    expect(await rowOf()).toEqual(before);
  });

  test("NA-03 SE-06 LG-01 its sign-out ends the row, and is on record like any log out", async () => {
    await nextAuthOptions().adapter?.deleteSession?.(token);
    expect(await findSession(token)).toBeUndefined();
    const prisma = await db();
    const logouts = { where: { userId: person.userId, type: "logout" } };
    expect(await prisma.auditEvent.count(logouts)).toBe(1);
  });

  test("SE-12 NA-05 what a page learns of a session is the row's, and the token is not in it", async () => {
    const { callbacks } = nextAuthOptions();
    const found = await read(token);
    if (!found) throw new Error("There is no session.");
    const session = await callbacks?.session?.({
      session: { user: found.user, expires: found.session.expires.toISOString() } as never,
      user: found.user,
      token: {},
      newSession: { aal: 9, amr: ["pwd"], role: "ADMINISTRATOR" },
      trigger: "update",
    });
    const row = await rowOf();
    expect(session).toMatchObject({
      id: row.id,
      userId: person.userId,
      aal: 2,
      amr: ["pwd", "otp", "mfa"],
      authTime: row.authTime.toISOString(),
      role: "USER",
    });
    expect(JSON.stringify(session)).not.toContain(row.tokenHash);
  });

  test("SE-05 the cookie is for this host alone, and scripts cannot read it", () => {
    expect(nextAuthOptions().cookies?.sessionToken?.options).toEqual({
      httpOnly: true,
      secure: false, // on http://localhost; the prefix and this on https are a journey
      sameSite: "lax",
      path: "/",
    });
    expect(nextAuthOptions().debug).toBeFalsy();
  });
});

describe("the lock file", () => {
  type Locked = {
    version: string;
    integrity?: string;
    optional?: boolean;
    hasInstallScript?: true;
  };
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync("package-lock.json", "utf8"),
  );
  const wanted = JSON.parse(readFileSync("package.json", "utf8"));

  test("NX-09 names one version of each dependency, and what it has to be made of", () => {
    const direct = Object.entries({ ...wanted.dependencies, ...wanted.devDependencies });
    expect(direct.length).toBeGreaterThan(30);
    for (const [name, version] of direct) {
      expect(version, name).toBe(packages[`node_modules/${name}`]?.version);
    }
    const made = Object.entries(packages).filter(([place, { optional }]) => place && !optional);
    for (const [place, { integrity }] of made) expect(integrity, place).toMatch(/^sha512-/);
  });

  test("NX-09 no package runs a script when it is installed", () => {
    expect(Object.values(wanted.allowScripts)).not.toContain(true);
    const scripted = Object.entries(packages).filter(
      ([place, { hasInstallScript }]) => hasInstallScript && existsSync(place),
    );
    expect(scripted.length).toBeGreaterThan(0);
    for (const [place] of scripted) {
      expect(wanted.allowScripts).toHaveProperty([place.replace(/^.*node_modules\//, "")], false);
    }
  });

  test.each([
    ["NX-10", "next", "16.3.3"],
    ["NA-11", "next-auth", "4.24.15"],
    ["NA-11", "nodemailer", "7.0.7"],
  ])("%s no copy of %s is older than %s", (_id, name, floor) => {
    const copies = Object.entries(packages).filter(
      ([place]) => place === `node_modules/${name}` || place.endsWith(`/node_modules/${name}`),
    );
    if (name !== "nodemailer") expect(copies).not.toEqual([]);
    for (const [place, { version }] of copies) {
      expect(compare(version, floor), `${place} ${version}`).toBeGreaterThanOrEqual(0);
    }
  });

  test("NX-10 NA-11 versions are compared as numbers, not as text", () => {
    expect(compare("16.10.0", "16.3.3")).toBeGreaterThan(0);
    expect(compare("4.24.9", "4.24.15")).toBeLessThan(0);
    expect(compare("7.0.7", "7.0.7")).toBe(0);
  });
});

const read = async (sessionToken: string) =>
  (await nextAuthOptions().adapter?.getSessionAndUser?.(sessionToken)) ?? null;

async function rowOf() {
  const prisma = await db();
  return prisma.session.findFirstOrThrow({ where: { userId: person.userId } });
}

function compare(version: string, floor: string): number {
  const [left, right] = [version, floor].map((text) => text.split(/[.-]/).map(Number));
  const differences = [0, 1, 2].map((place) => (left?.[place] ?? 0) - (right?.[place] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
