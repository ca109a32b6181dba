/** What every test runs with, so that digests and links come out the same in each process. */
export const TEST_SECRETS = `test:${Buffer.alloc(32, "sparekey test").toString("base64")}`;

/** The database engines that run the same tests. */
export type Engine = "pglite" | "postgres";
