/** Four digits that this phone and the account's page both show; the twin of `deriveCheckNumber` in lib/mfa/pairing.ts. */
export async function deriveCheckNumber(pairingId: string, spki: ArrayBuffer): Promise<string> {
  const text = new Uint8Array([...new TextEncoder().encode(pairingId), ...new Uint8Array(spki)]);
  const digest = new DataView(await crypto.subtle.digest("SHA-256", text));
  return String(digest.getUint32(0) % 10_000).padStart(4, "0");
}
