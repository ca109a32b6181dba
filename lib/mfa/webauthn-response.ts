import "server-only";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { decodeClientDataJSON } from "@simplewebauthn/server/helpers";
import { z } from "zod";

const MAX_CREDENTIAL_ID = 1_364; // 1,023 bytes as base64url (WebAuthn §7.1)
const MAX_PART = 16_384; // what a browser says without an attestation is far shorter

const base64url = (maximum: number) =>
  z
    .string()
    .regex(/^[\w-]+$/)
    .max(maximum);
const part = base64url(MAX_PART);

const credential = {
  id: base64url(MAX_CREDENTIAL_ID),
  rawId: base64url(MAX_CREDENTIAL_ID),
  type: z.literal("public-key"),
  // What extensions say is asked for by nobody here.
  clientExtensionResults: z.unknown().transform(() => ({})),
};

const registration = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: part,
    attestationObject: part,
    transports: z.array(z.string().max(32)).max(16).optional(),
  }),
});

const authentication = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: part,
    authenticatorData: part,
    signature: part,
    userHandle: base64url(86).nullish(), // 64 bytes at most (WebAuthn §5.4.3)
  }),
});

/** What a browser answers when a key was made, from the JSON that its page sent; nothing if it is none. */
export function parseRegistrationResponse(input: string): RegistrationResponseJSON | undefined {
  return registration.safeParse(parseJson(input)).data;
}

/** What a browser answers when a key has signed, from the JSON that its page sent; nothing if it is none. */
export function parseAuthenticationResponse(input: string): AuthenticationResponseJSON | undefined {
  const { data } = authentication.safeParse(parseJson(input));
  if (!data) return undefined;
  const { userHandle, ...response } = data.response;
  return { ...data, response: { ...response, ...(userHandle && { userHandle }) } };
}

const clientData = z.object({
  challenge: z.string(),
  crossOrigin: z.literal(false).optional(),
  topOrigin: z.never().optional(),
});

/**
 * The question that an answer is to, as its browser wrote it down. Nothing if that cannot be read, or if it
 * was asked in a frame of another site, whatever origin it names (WebAuthn §13.4.9).
 */
export function readChallenge(clientDataJSON: string): string | undefined {
  try {
    return clientData.safeParse(decodeClientDataJSON(clientDataJSON)).data?.challenge;
  } catch {
    return undefined; // it is no JSON
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
