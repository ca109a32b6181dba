import { readFileSync } from "node:fs";
import { dumpDatabase } from "./database";
import { expect, test } from "./journeys";
import { logInWithCodePlainly } from "./prepared-people";
import { notedSecrets } from "./secrets-of-the-run";

// Runs last, by its name: it looks for everything that any journey of this run had to keep secret.

test("LG-02 OT-03 RC-03 no password, code, seed, cookie or token of the whole run is in a log or in the database", async ({
  prepare,
  portal: { sql, logFiles, baseURL, secondURL = baseURL },
}) => {
  const person = await prepare.withCodes();
  await logInWithCodePlainly(person, person.codes[3] ?? "", secondURL);
  const secrets = notedSecrets().filter((secret) => secret.length >= 8);
  for (const own of [person.password, person.phone.setupKey, ...person.codes]) {
    expect(secrets).toContain(own);
  }
  const places = {
    database: await dumpDatabase(sql),
    logs: logFiles.map((file) => readFileSync(file, "utf8")).join("\n"),
  };
  expect(places.database).toContain(person.email);
  expect(places.logs).toContain("Sparekey is ready");
  for (const [place, content] of Object.entries(places)) {
    const found = secrets.filter(
      (secret) => content.includes(secret) || content.includes(secret.replaceAll("-", "")),
    );
    expect(found, place).toEqual([]);
  }
});
