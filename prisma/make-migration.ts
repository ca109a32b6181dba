import { mkdirSync, writeFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { embeddedAdapter } from "../lib/db/embedded-adapter";
import { diffMigrations } from "../lib/db/migrate";

// Writes the migration that leads to schema.prisma: `npm run migration -- add-something`.
const name = process.argv[2];
if (!name || !/^[a-z0-9-]+$/.test(name)) {
  console.error(
    "Name the migration in lower case with hyphens, for example: npm run migration -- add-something",
  );
  process.exit(1);
}

mkdirSync("prisma/migrations", { recursive: true });
const scratch = new PGlite();
const sql = await diffMigrations(embeddedAdapter(scratch));
await scratch.close();

if (sql.trim() === "" || sql.includes("This is an empty migration")) {
  console.log("The migrations already lead to prisma/schema.prisma.");
} else {
  const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = `prisma/migrations/${stamp}_${name.replaceAll("-", "_")}`;
  mkdirSync(folder);
  writeFileSync(`${folder}/migration.sql`, sql);
  console.log(`Wrote ${folder}/migration.sql: read it before you commit it.`);
}
process.exit(0);
