import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const KEY_BYTES = 32;

/**
 * The newest secret key, 32 bytes: of `SECRETS`, else of `DATA_DIR/secrets`, which is made here
 * once for the embedded database. With `DATABASE_URL` nothing is made, because every server must
 * have the same keys. Throws an error whose message is a sentence for the operator.
 */
export function newestSecret(environment = process.env) {
  const { SECRETS, DATABASE_URL, DATA_DIR } = environment;
  const file = path.join(DATA_DIR || ".data", "secrets");
  const secrets = SECRETS || (DATABASE_URL ? undefined : (read(file) ?? make(file)));
  if (!secrets) {
    throw new Error(
      "SECRETS is required with DATABASE_URL: set the same on every server, as id:base64 of 32 random bytes, " +
        `for example SECRETS="1:$(head -c 32 /dev/urandom | base64)", and keep it as safe as the database.`,
    );
  }
  const [, encoded] =
    /^[A-Za-z0-9_-]{1,32}:([A-Za-z0-9+/_=-]+)$/.exec(secrets.split(",")[0].trim()) ?? [];
  const key = Buffer.from(encoded ?? "", "base64");
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `${SECRETS ? "SECRETS" : file} is wrong: it reads id:base64[,older…], each key of 32 bytes.`,
    );
  }
  return key;
}

function read(file) {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`${file} cannot be read: ${error.message}.`);
  }
}

function make(file) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `1:${randomBytes(KEY_BYTES).toString("base64")}\n`, {
    mode: 0o600,
    flush: true,
  });
  try {
    // A link, unlike a rename, never replaces the file that another process made meanwhile.
    linkSync(draft, file);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return read(file);
}
