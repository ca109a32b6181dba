import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import { Client } from "pg";
import type { AdapterFactory } from "./migrate";

/**
 * The way of migrations to PostgreSQL. The package's own adapter cuts a script at every semicolon, also inside a
 * function, and leaves half a migration behind when a statement fails: this one sends it whole, so that
 * PostgreSQL runs all of it or nothing.
 */
export function migrationAdapter(options: {
  connectionString: string;
  /** As on a command line: `-c timezone=UTC`. */
  options: string;
}): AdapterFactory {
  // The engine never closes its connection; this one closes itself once it is idle.
  const factory = new PrismaPg({ ...options, max: 1, idleTimeoutMillis: 100 });
  return Object.assign(Object.create(factory), {
    async connect() {
      const adapter = await factory.connect();
      return Object.assign(adapter, {
        executeScript: async (script: string) => {
          const client = new Client(options);
          await client.connect();
          try {
            await client.query(script);
          } finally {
            await client.end();
          }
        },
      });
    },
  });
}
