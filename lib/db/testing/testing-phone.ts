import { randomUUID, webcrypto } from "node:crypto";
import { config } from "../../config";
import { issueNonce, type SignedPurpose } from "../../mfa/signed-request";
import { db } from "../client";
import { FROM } from "./people";

/** A phone of a test: a key as a browser makes it, and what signs with it. */
export type TestingPhone = {
  /** SubjectPublicKeyInfo, base64url, as a phone sends it. */
  encodedKey: string;
  publicKey: Uint8Array<ArrayBuffer>;
  /** A signed body over a purpose and its lines, with a nonce of now or a given one. */
  sign: (signed: {
    authenticatorId: string;
    purpose: SignedPurpose;
    lines?: readonly string[];
    nonce?: string;
    origin?: string;
  }) => Promise<{ authenticatorId: string; nonce: string; signature: string }>;
};

/** Makes a phone with a new key. */
export async function makePhone(): Promise<TestingPhone> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await webcrypto.subtle.generateKey(algorithm, false, [
    "sign",
    "verify",
  ]);
  const spki = new Uint8Array(await webcrypto.subtle.exportKey("spki", publicKey));
  return {
    encodedKey: Buffer.from(spki).toString("base64url"),
    publicKey: spki,
    sign: async ({
      authenticatorId,
      purpose,
      lines = [],
      nonce = issueNonce(authenticatorId),
      origin = config().APP_URL,
    }) => {
      const head = ["sparekey-authenticator 1", purpose, origin, authenticatorId, nonce];
      const signature = await webcrypto.subtle.sign(
        { name: "ECDSA", hash: "SHA-256" },
        privateKey,
        Buffer.from([...head, ...lines].join("\n")),
      );
      return {
        authenticatorId,
        nonce,
        signature: Buffer.from(signature).toString("base64url"),
      };
    },
  };
}

/** Connects a phone to a person's account, as pairing does, and gives its id with what signs for it. */
export async function storePhone(
  userId: string,
  name = "Chrome on Android",
): Promise<TestingPhone & { id: string }> {
  const prisma = await db();
  const phone = await makePhone();
  const id = randomUUID();
  await prisma.sparekeyAuthenticator.create({
    data: {
      id,
      userId,
      name,
      publicKey: phone.publicKey,
      addedAt: new Date(),
      addedAddress: FROM.address,
      addedUserAgent: FROM.userAgent,
    },
  });
  return { ...phone, id };
}
