import "server-only";
import { createHmac } from "node:crypto";
import { composeHalf, RANDOM_SYMBOLS_OF_HALF } from "../code-halves";
import { deriveKey } from "../keys";

/**
 * The half of a temporary code that its person is mailed: 40 bits that only who has the key and the row's id
 * can compute. It is stored nowhere; the outbox derives it when it sends.
 */
export function deriveMailedHalf({ id, mailedKeyId }: { id: string; mailedKeyId: string }): string {
  const mac = createHmac("sha256", deriveKey("mailed halves", mailedKeyId)).update(id).digest();
  return composeHalf("mailed", mac.subarray(0, RANDOM_SYMBOLS_OF_HALF));
}
