// Prints the key that Next.js seals server actions with. It comes from SECRETS, because with a
// random one every build and every server would refuse the pages of the others.
import { hkdfSync } from "node:crypto";
import { newestSecret } from "./secrets.mjs";

try {
  const key = hkdfSync("sha256", newestSecret(), "", "sparekey server actions", 32);
  console.log(Buffer.from(key).toString("base64"));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
