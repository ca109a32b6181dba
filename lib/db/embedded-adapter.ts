import "server-only";
import type { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { AdapterFactory } from "./migrate";

/**
 * Prisma's way to an embedded database. The package's own adapter does not wait for a script, so that
 * a migration that fails would count as applied: this one waits, and throws what the script throws.
 */
export function embeddedAdapter(lite: PGlite): AdapterFactory {
  const factory = new PrismaPGlite(lite);
  return Object.assign(Object.create(factory), {
    async connect() {
      const adapter = await factory.connect();
      return Object.assign(adapter, {
        executeScript: async (script: string) => {
          await lite.exec(script);
        },
      });
    },
  });
}
