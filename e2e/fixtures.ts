import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "@playwright/test";
import { administer } from "@/lib/db/testing/administer";
import { type FakePushService, startFakePushService } from "@/lib/db/testing/fake-push-service";
import { type Engine, TEST_SECRETS } from "@/lib/db/testing/test-environment";
import { launchServer, type Server, type Sql } from "./servers";

export { expect } from "@playwright/test";

/** A running portal on a database of its own, shared by the tests of one worker. */
export type Portal = {
  baseURL: string;
  /** On PostgreSQL: a second server on the same database. */
  secondURL: string | undefined;
  /** Where its servers keep their files; mail is in it, as files. */
  dataDir: string;
  /** One per server, with everything that it wrote. */
  logFiles: string[];
  /** What the first server printed, because no administrator existed. */
  setupToken: string;
  /** Asks the database directly, past the application. */
  sql: Sql;
  /** Where its phones are rung; a browser of a test cannot subscribe at a real one. */
  pushService: FakePushService;
  /** What the servers were started with, for a test that starts one more. */
  environment: Record<string, string>;
};

export type PortalOptions = { engine: Engine };

export const test = base.extend<object, PortalOptions & { portal: Portal }>({
  engine: ["pglite", { option: true, scope: "worker" }],

  portal: [
    async ({ engine }, use, { project, workerIndex }) => {
      const logs = path.join(project.outputDir, "servers");
      mkdirSync(logs, { recursive: true });
      const dataDir = mkdtempSync(path.join(tmpdir(), "sparekey-e2e-"));
      const database = engine === "postgres" ? await createDatabase() : undefined;
      const pushService = await startFakePushService();
      const environment = {
        DATA_DIR: dataDir,
        SECRETS: TEST_SECRETS,
        PUSH_HOSTS: pushService.host,
        NODE_EXTRA_CA_CERTS: pushService.certificateFile,
        ...(database && { DATABASE_URL: database.url }),
      };
      const servers: Server[] = [];
      const launch = async (name: string) => {
        const logFile = path.join(logs, `${project.name}-${workerIndex}-${name}.log`);
        const server = await launchServer({ environment, logFile });
        servers.push(server);
        return { ...server, ...(await server.ready) };
      };
      try {
        const first = await launch("first");
        const second = database && (await launch("second"));
        if (!first.setupToken) throw new Error("The server printed no setup token.");
        await use({
          baseURL: first.baseURL,
          secondURL: second?.baseURL,
          dataDir,
          logFiles: servers.map(({ logFile }) => logFile),
          setupToken: first.setupToken,
          sql: first.sql,
          pushService,
          environment,
        });
        await Promise.all(servers.map((server) => server.stop()));
      } finally {
        await Promise.all(servers.map((server) => server.kill()));
        await pushService.close();
        await database?.drop();
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 120_000 },
  ],

  baseURL: async ({ portal }, use) => use(portal.baseURL),
});

/** An empty database on the tests' PostgreSQL server. */
export async function createDatabase() {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error("This project needs TEST_DATABASE_URL: run it with bin/test e2e.");
  const name = `sparekey_e2e_${randomBytes(6).toString("hex")}`;
  await administer(server, `CREATE DATABASE ${name}`);
  return {
    url: Object.assign(new URL(server), { pathname: name }).href,
    drop: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}
