import { defineConfig } from "prisma/config";

// Prisma's native schema engine is a download. Migrations here run on its WebAssembly build
// (lib/db/migrate.ts), so `prisma generate` only has to believe that the native one is in place.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
});
