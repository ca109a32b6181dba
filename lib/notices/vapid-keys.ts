import "server-only";
import webPush from "web-push"; // CommonJS: Node.js finds no names in it
import { config } from "../config";
import { db } from "../db/client";
import { currentKeyId } from "../keys";
import { reseal, seal, unseal } from "../seal";

/** What push services know this portal by; base64url. */
export type VapidKeys = { publicKey: string; privateKey: string };

const NAME = "vapid";

/**
 * The key pair that signs pushes (RFC 8292), the same on every server: the first that needs it makes it,
 * and the private key is in the database in encrypted form only. Phones subscribe with the public key.
 */
export async function obtainVapidKeys(): Promise<VapidKeys> {
  return (await findVapidKeys()) ?? (await makeVapidKeys());
}

async function findVapidKeys(): Promise<VapidKeys | undefined> {
  const prisma = await db();
  const row = await prisma.serverKey.findUnique({ where: { name: NAME } });
  if (!row) return undefined;
  const { publicKey, sealedKey: sealed, keyId } = row;
  const privateKey = unseal("server keys", { sealed, keyId }, [NAME, publicKey]);
  return { publicKey, privateKey: privateKey.toString("base64url") };
}

/** Of servers that make one at once, the first to store it wins, and all use that. */
async function makeVapidKeys(): Promise<VapidKeys> {
  const prisma = await db();
  const { publicKey, privateKey } = webPush.generateVAPIDKeys();
  const { sealed, keyId } = seal("server keys", Buffer.from(privateKey, "base64url"), [
    NAME,
    publicKey,
  ]);
  await prisma.serverKey.createMany({
    data: { name: NAME, publicKey, sealedKey: sealed, keyId, createdAt: new Date() },
    skipDuplicates: true,
  });
  const keys = await findVapidKeys();
  if (!keys) throw new Error("The key for push services was not stored.");
  return keys;
}

/** Seals server keys that an older key sealed with the newest one, as `rewrapPushSubscriptions` does. */
export async function rewrapServerKeys(): Promise<{ rewrapped: number; failed: number }> {
  const prisma = await db();
  const rows = await prisma.serverKey.findMany({ where: { keyId: { not: currentKeyId() } } });
  const told = { rewrapped: 0, failed: 0 };
  for (const { name, publicKey, sealedKey: sealed, keyId } of rows) {
    const again = reseal("server keys", { sealed, keyId }, [name, publicKey]);
    told[again ? "rewrapped" : "failed"] += 1;
    if (!again) continue;
    const data = { sealedKey: again.sealed, keyId: again.keyId };
    await prisma.serverKey.updateMany({ where: { name, keyId }, data });
  }
  return told;
}

/**
 * Whom a push service can ask about this portal (RFC 8292 §2.1: a mailto: or https: URL): the support
 * contact if it is an address, the portal if it has https, else the sender of its mail.
 */
export function vapidSubject(): string {
  const { SUPPORT_CONTACT = "", APP_URL, MAIL_FROM } = config();
  if (/^[^\s@<>]+@[^\s@<>]+$/.test(SUPPORT_CONTACT)) return asSubject(SUPPORT_CONTACT);
  if (/^https:\/\//i.test(SUPPORT_CONTACT) && URL.canParse(SUPPORT_CONTACT))
    return new URL(SUPPORT_CONTACT).href;
  if (APP_URL.startsWith("https:")) return APP_URL;
  const sender = MAIL_FROM?.match(/[^\s@<>]+@[^\s@<>]+/)?.[0];
  return asSubject(sender ?? `no-reply@${new URL(APP_URL).hostname}`);
}

const asSubject = (address: string) => new URL(`mailto:${address.replace(/^mailto:/i, "")}`).href;
