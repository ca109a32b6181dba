import { rescueAccount } from "../lib/admin/rescue-account";
import { closeDatabase } from "../lib/db/client";

// Resets the verification methods of the account with an address: for the only administrator, locked out.

try {
  const [address = ""] = process.argv.slice(2);
  const result = await rescueAccount(address);
  if (result.rescued) {
    const { name, email, vouched } = result;
    console.log(`The verification methods and recovery codes of ${name} (${email}) are gone, and all sessions are ended.
To get in again: log in with the password, open the link that is then mailed to ${email}, and add a new method.
If the password is forgotten too, reset it first; after any later reset of the password, run this command again.
It is in the audit log, and a mail tells ${name}.`);
    if (vouched) {
      console.log(
        `Nobody had opened the link that verifies ${email}. It counts as verified now, at your word.`,
      );
    }
  } else {
    const why = {
      invalid: "Say whom to rescue by their address: bin/rescue name@example.org",
      unknown: `No enabled account has verified the address ${address}, and no administrator logs in with it.`,
    };
    console.error(`Nothing is done. ${why[result.reason]}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`Nothing is done: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await closeDatabase();
}
