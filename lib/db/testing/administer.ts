import { Client } from "pg";

/** Runs one statement on the PostgreSQL server at this address, in a connection of its own. */
export async function administer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
