import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config";

const keyOf = (seed: string) => Buffer.alloc(32, seed).toString("base64");
const SECRETS = `1:${keyOf("sparekey test")}`;
const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-config-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const parse = (environment: Record<string, string>) => parseConfig({ SECRETS, ...environment });

describe("each variable", () => {
  const defaults = {
    PORT: 3000,
    HOST: "127.0.0.1",
    APP_URL: "http://localhost:3000",
    DATABASE_URL: undefined,
    DATA_DIR: ".data",
    SIGNUP: "open",
    SETUP_TOKEN: undefined,
    TRUST_PROXY: 0,
    BCRYPT_COST: 10,
    PUSH_HOSTS: [],
    FAILURES_PER_ADDRESS: 100,
    FAILURES_IN_ALL: 20_000,
    LOG_LEVEL: "info",
  };

  test("has the default that the README names, unset and empty alike", () => {
    const empty = Object.fromEntries(Object.keys(defaults).map((name) => [name, ""]));
    for (const environment of [{}, empty]) {
      const { SECRETS: _keys, ...others } = parse(environment);
      expect(others).toEqual(defaults);
    }
  });

  test.each([
    ["PORT", "8080", 8080],
    ["HOST", "0.0.0.0", "0.0.0.0"],
    ["APP_URL", "https://accounts.example.org", "https://accounts.example.org"],
    ["APP_URL", "https://accounts.example.org/", "https://accounts.example.org"],
    ["APP_URL", "https://accounts.example.org:443", "https://accounts.example.org"],
    ["DATABASE_URL", "postgres://u:p@db:5432/sparekey", "postgres://u:p@db:5432/sparekey"],
    [
      "DATABASE_URL",
      "postgresql://db/sparekey?sslmode=require",
      expect.stringContaining("sslmode"),
    ],
    [
      "MIGRATION_DATABASE_URL",
      "postgres://owner@db/sparekey",
      "postgres://owner@db/sparekey",
      { DATABASE_URL: "postgres://app@db/sparekey" },
    ],
    ["DATA_DIR", "/var/lib/sparekey", "/var/lib/sparekey"],
    ["SIGNUP", "closed", "closed"],
    ["SETUP_TOKEN", "sixteen letters!", "sixteen letters!"],
    ["TRUST_PROXY", "2", 2],
    ["BCRYPT_COST", "12", 12],
    ["PUSH_HOSTS", "push.example.org", ["push.example.org"]],
    [
      "PUSH_HOSTS",
      "Push.Example.org:443, ntfy.lan:8443,[::1]:9443",
      ["push.example.org", "ntfy.lan:8443", "[::1]:9443"],
    ],
    ["LOG_LEVEL", "debug", "debug"],
  ])("%s can be %j", (name, value, expected, beside: Record<string, string> = {}) => {
    expect(parse({ [name]: value, ...beside })).toMatchObject({ [name]: expected });
  });

  test.each([
    ...[
      ["PORT", "0"],
      ["PORT", "65536"],
      ["PORT", "http"],
      ["PORT", "80.5"],
      ["PORT", "-1"],
    ],
    ...[
      ["APP_URL", "localhost:3000"],
      ["APP_URL", "ftp://x"],
      ["APP_URL", "https://x/portal"],
    ],
    ...[
      ["APP_URL", "accounts.example.org"],
      ["APP_URL", "javascript:alert(1)"],
    ],
    ...[
      ["DATABASE_URL", "mysql://db/x"],
      ["DATABASE_URL", "db"],
      ["DATABASE_URL", "file:x.db"],
      ["MIGRATION_DATABASE_URL", "mysql://db/x"],
      ["MIGRATION_DATABASE_URL", "postgres://owner@db/without-the-other"],
    ],
    ...[
      ["SIGNUP", "no"],
      ["SIGNUP", "OPEN"],
      ["SETUP_TOKEN", "fifteen letters"],
    ],
    ...[
      ["TRUST_PROXY", "-1"],
      ["TRUST_PROXY", "yes"],
      ["TRUST_PROXY", "1.5"],
    ],
    ...[
      ["BCRYPT_COST", "9"],
      ["BCRYPT_COST", "17"],
      ["BCRYPT_COST", "ten"],
      ["PUSH_HOSTS", "https://push.example.org"],
      ["PUSH_HOSTS", "push.example.org/path"],
      ["PUSH_HOSTS", "push.example.org/"],
      ["PUSH_HOSTS", "user@push.example.org"],
      ["PUSH_HOSTS", "push.example.org,,"],
      ["PUSH_HOSTS", "push.example.org:port"],
      ["PUSH_HOSTS", "push.example.org?x"],
      ["LOG_LEVEL", "loud"],
    ],
  ])("%s cannot be %j, and the message names it", (name, value) => {
    expect(() => parse({ [name]: value })).toThrow(ConfigError);
    expect(() => parse({ [name]: value })).toThrow(new RegExp(`^${name} is wrong: .+\\.$`));
  });

  test("that is wrong is named together with all the others that are", () => {
    const wrong = () => parse({ PORT: "x", SIGNUP: "x", BCRYPT_COST: "4" });
    for (const name of ["PORT", "SIGNUP", "BCRYPT_COST"]) expect(wrong).toThrow(`${name} is wrong`);
  });

  test("PW-08 the cost of a password cannot fall below 10", () => {
    expect(() => parse({ BCRYPT_COST: "9" })).toThrow("BCRYPT_COST");
    expect(parse({}).BCRYPT_COST).toBeGreaterThanOrEqual(10);
  });

  test("APP_URL follows PORT when it is unset", () => {
    expect(parse({ PORT: "4000" }).APP_URL).toBe("http://localhost:4000");
  });
});

describe("SECRETS", () => {
  const secrets = (text: string) => parse({ SECRETS: text }).SECRETS;

  test("is one key or several, the newest first", () => {
    expect(secrets(SECRETS)).toEqual([{ id: "1", key: Buffer.alloc(32, "sparekey test") }]);
    const two = secrets(`2024-06:${keyOf("newer")}, old_1:${keyOf("older")}`);
    expect(two.map(({ id }) => id)).toEqual(["2024-06", "old_1"]);
    expect(two.map(({ key }) => key.length)).toEqual([32, 32]);
  });

  test("is read in either alphabet of base64, with or without padding, and with a line end", () => {
    const key = Buffer.alloc(32, 0xfb);
    const [standard, url] = [key.toString("base64"), key.toString("base64url")];
    expect(standard).toContain("+");
    for (const text of [standard, url, standard.replace(/=+$/, ""), `${standard}\n`]) {
      expect(secrets(`1:${text}`)).toEqual([{ id: "1", key }]);
    }
  });

  const short = Buffer.alloc(31, "x").toString("base64");
  const long = Buffer.alloc(33, "x").toString("base64");
  test.each([
    ["a key of 31 bytes", `1:${short}`],
    ["a key of 33 bytes", `1:${long}`],
    ["a second key that is short", `${SECRETS},0:${short}`],
    ["no id", keyOf("x")],
    ["an empty id", `:${keyOf("x")}`],
    ["an id with a blank", `a b:${keyOf("x")}`],
    ["an id of 33 characters", `${"a".repeat(33)}:${keyOf("x")}`],
    ["hexadecimal", `1:${Buffer.alloc(32, "x").toString("hex")}`],
    ["no base64", "1:!!!!"],
    ["a comma at the end", `${SECRETS},`],
    ["two keys under one id", `1:${keyOf("a")},1:${keyOf("b")}`],
    ["the same key twice", `${SECRETS},${SECRETS}`],
    ["blanks", "   "],
  ])(
    "T27 %s is refused with a message that names SECRETS and tells nothing of a key",
    (_what, text) => {
      expect(() => secrets(text)).toThrow(ConfigError);
      expect(() => secrets(text)).toThrow(/^SECRETS is wrong: /);
      const message = messageOf(() => secrets(text));
      for (const [, key = ""] of text.matchAll(/:([^,]{8,})/g)) expect(message).not.toContain(key);
    },
  );

  test("T27 is required with DATABASE_URL: no server makes one of its own", () => {
    writeFileSync(path.join(dataDir, "secrets"), SECRETS);
    const environment = { DATABASE_URL: "postgres://db/sparekey", DATA_DIR: dataDir };
    for (const value of [undefined, ""]) {
      expect(() => parseConfig({ ...environment, SECRETS: value })).toThrow(
        "SECRETS is wrong: it is required",
      );
    }
  });

  test("is read from DATA_DIR/secrets for the embedded database, unless the variable is set", () => {
    writeFileSync(path.join(dataDir, "secrets"), `file:${keyOf("file")}\n`);
    const ids = (environment: Record<string, string>) =>
      parseConfig({ DATA_DIR: dataDir, ...environment }).SECRETS.map(({ id }) => id);
    expect(ids({})).toEqual(["file"]);
    expect(ids({ SECRETS: "" })).toEqual(["file"]);
    expect(ids({ SECRETS })).toEqual(["1"]);
  });

  test("T27 is wrong, not empty, when neither the variable nor the file is there", () => {
    expect(() => parseConfig({ DATA_DIR: path.join(dataDir, "nowhere") })).toThrow(
      "SECRETS is wrong: it is required",
    );
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
