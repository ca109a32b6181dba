import "server-only";
import { redirect } from "next/navigation";
import type { SecurityKeyState } from "@/components/security-key-form";
import { relyingParty } from "@/lib/mfa/relying-party";
import type { PasskeyResult } from "@/lib/mfa/verify-passkey";
import type { SecurityKeyResult } from "@/lib/mfa/verify-security-key";
import { getWords } from "@/messages/words";

type Refused<Result> = Exclude<Result, { verified: true }>;

/** Says why a security key was refused. `over` is where a person goes whose challenge has ended. */
export async function describeKeyRefusal(
  result: Refused<SecurityKeyResult<unknown>>,
  over: string,
): Promise<SecurityKeyState> {
  const words = await getWords("securityKeys");
  switch (result.reason) {
    case "expired":
      return { error: words("expired") };
    case "wrong":
      return { error: words("wrong") };
    case "unknown":
      return { error: words("unknown"), unknownKey: unknown(result) };
    case "copied":
      return { error: words("copied") };
    case "not-accepted":
      return { error: (await getWords("policy"))("notAccepted") };
    case "challenge-over":
      redirect(over);
  }
}

/** The same for a login without a password, where one sentence stands for all that is not accepted. */
export async function describePasskeyRefusal(
  result: Refused<PasskeyResult<unknown>>,
): Promise<SecurityKeyState> {
  const words = await getWords("securityKeys");
  switch (result.reason) {
    case "expired":
      return { error: words("expired") };
    case "wrong":
      return { error: words("passkeyRefused") };
    case "unknown":
      return { error: words("passkeyRefused"), unknownKey: unknown(result) };
    case "copied":
      return { error: words("passkeyCopied") };
    case "not-accepted":
      return { error: (await getWords("policy"))("passkeyNotAccepted") };
  }
}

const unknown = ({ credentialId }: { credentialId: string }) => ({
  rpId: relyingParty().rpId,
  credentialId,
});
