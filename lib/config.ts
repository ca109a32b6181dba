import "server-only";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const KEY_BYTES = 32;

const secretKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_=-]+$/, "each key reads id:base64")
  .transform((pair, context) => {
    const [id = "", encoded = ""] = pair.split(":");
    const key = Buffer.from(encoded, "base64");
    if (key.length !== KEY_BYTES)
      context.addIssue(`key "${id}" must be ${KEY_BYTES} bytes of base64`);
    return { id, key };
  });

const secretKeys = z
  .string("it is required: a comma-separated list of id:base64, the newest first")
  .trim()
  .transform((text) => text.split(",").map((pair) => pair.trim()))
  .pipe(z.array(secretKey).min(1))
  .refine(
    (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
    "two keys share one id",
  );

/** `host` or `host:port`, as an https URL names it. */
const httpsHost = z.string().transform((text, context) => {
  const url = URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : undefined;
  if (url?.href === `https://${url?.host}/` && !/[/@?#\\]/.test(text)) return url.host;
  context.addIssue(`"${text}" is not a host, like push.example.org or push.example.org:8443`);
  return z.NEVER;
});

const emptyIsUnset = (value: unknown) => (value === "" ? undefined : value);
const optional = <T extends z.ZodType>(type: T) => z.preprocess(emptyIsUnset, type.optional());

const variables = z.object({
  PORT: z.preprocess(emptyIsUnset, z.coerce.number().int().min(1).max(65_535).default(3000)),
  HOST: z.preprocess(emptyIsUnset, z.string().default("127.0.0.1")),
  APP_URL: optional(
    z
      .url({ protocol: /^https?$/ })
      .refine((url) => URL.canParse(url) && new URL(url).pathname === "/", "it has no path"),
  ),
  DATABASE_URL: optional(z.url({ protocol: /^postgres(ql)?$/ })),
  /** The same database for a role that owns the tables; the other one then only uses them. */
  MIGRATION_DATABASE_URL: optional(z.url({ protocol: /^postgres(ql)?$/ })),
  DATA_DIR: z.preprocess(emptyIsUnset, z.string().default(".data")),
  SECRETS: secretKeys,
  SIGNUP: z.preprocess(emptyIsUnset, z.enum(["open", "closed"]).default("open")),
  SETUP_TOKEN: optional(z.string().min(16, "it needs at least 16 characters")),
  TRUST_PROXY: z.preprocess(emptyIsUnset, z.coerce.number().int().min(0).max(10).default(0)),
  // OWASP's Password Storage Cheat Sheet asks for 10 at least; above 16 a login takes many seconds.
  BCRYPT_COST: z.preprocess(emptyIsUnset, z.coerce.number().int().min(10).max(16).default(10)),
  SMTP_URL: optional(z.url({ protocol: /^smtps?$/ })),
  /** The sender of every mail, like `Sparekey <accounts@example.org>`. */
  MAIL_FROM: optional(z.string().regex(/@/, "it is an e-mail address, with or without a name")),
  /** Whom a mail tells people to ask for help. */
  SUPPORT_CONTACT: optional(z.string()),
  /** Push services of the operator's own, beside those of the browsers' makers. */
  PUSH_HOSTS: z.preprocess(
    (value) => (emptyIsUnset(value) === undefined ? [] : String(value).split(",")),
    z.array(z.string().trim().pipe(httpsHost)),
  ),
  // Failures in ten minutes: from one network address, and in all.
  FAILURES_PER_ADDRESS: z.preprocess(emptyIsUnset, z.coerce.number().int().min(1).default(100)),
  FAILURES_IN_ALL: z.preprocess(emptyIsUnset, z.coerce.number().int().min(1).default(20_000)),
  LOG_LEVEL: z.preprocess(
    emptyIsUnset,
    z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  ),
});

export type Config = Omit<z.infer<typeof variables>, "APP_URL"> & { APP_URL: string };

/** A variable of the environment is missing or wrong; the message names it in one sentence. */
export class ConfigError extends Error {}

let parsed: Config | undefined;

/**
 * The environment, parsed once. `APP_URL` is an origin without a trailing slash; `SECRETS` are
 * 32-byte keys, the newest first. Throws a `ConfigError` that names each wrong variable.
 */
export function config(): Config {
  parsed ??= parseConfig(process.env);
  return parsed;
}

/** Parses one environment (names to strings) as `config` does; throws a `ConfigError`. */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const dataDir = emptyIsUnset(environment.DATA_DIR) ?? ".data";
  const result = variables.safeParse({
    ...environment,
    SECRETS:
      environment.SECRETS ||
      (environment.DATABASE_URL ? undefined : readSecretsFile(String(dataDir))),
  });
  if (!result.success) {
    throw new ConfigError(
      result.error.issues
        .map((issue) => `${issue.path[0]?.toString()} is wrong: ${issue.message}.`)
        .join(" "),
    );
  }
  if (result.data.MIGRATION_DATABASE_URL && !result.data.DATABASE_URL) {
    throw new ConfigError("MIGRATION_DATABASE_URL is wrong: it needs DATABASE_URL beside it.");
  }
  const { APP_URL = `http://localhost:${result.data.PORT}`, ...rest } = result.data;
  return { ...rest, APP_URL: new URL(APP_URL).origin };
}

function readSecretsFile(dataDir: string): string | undefined {
  try {
    return readFileSync(path.join(/*turbopackIgnore: true*/ dataDir, "secrets"), "utf8");
  } catch {
    // Absent is the same as unset: the message about SECRETS says what to do.
    return undefined;
  }
}
