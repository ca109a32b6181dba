// Runs in a worker thread: bcryptjs is pure JavaScript and would stop the event loop.
import bcrypt from "bcryptjs";

/**
 * @param {{ cost: number, jobs: { secret: string, salt: Uint8Array }[] }} task
 * @returns {string[]} one bcrypt hash a job, in order
 */
export default function hashAll({ cost, jobs }) {
  return jobs.map(({ secret, salt }) => bcrypt.hashSync(secret, bcryptSalt(cost, salt)));
}

function bcryptSalt(cost, salt) {
  return `$2b$${String(cost).padStart(2, "0")}$${bcrypt.encodeBase64(salt, 16)}`;
}
