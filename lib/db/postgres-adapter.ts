import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import { Client, type ClientConfig } from "pg";
import type { AdapterFactory } from "./migrate";

/**
 * Prisma's way to PostgreSQL for migrations. The package's own adapter cuts a script at every semicolon,
 * also inside of a function: this one sends it whole. Its connection closes itself once it is idle, since
 * the engine never closes it.
 */
export function migrationAdapter(connection: ClientConfig): AdapterFactory {
  const factory = new PrismaPg({ ...connection, max: 1, idleTimeoutMillis: 100 });
  return Object.assign(Object.create(factory), {
    async connect() {
      const adapter = await factory.connect();
      return Object.assign(adapter, {
        executeScript: (script: string) => execute(connection, script),
      });
    },
  });
}

async function execute(connection: ClientConfig, script: string): Promise<void> {
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query(script);
  } finally {
    await client.end();
  }
}
