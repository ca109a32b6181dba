import { defineConfig } from "@playwright/test";
import type { PortalOptions } from "./e2e/fixtures";
import { CHROMIUM_ARGS } from "./e2e/whole-chromium";

// Every journey runs on PostgreSQL, with two servers. On the embedded database run those in which the engine
// itself could make a difference: what races, locks, counts, lists, waits for a row to change, starts or ends.
// The rules beneath are tested whole on both engines (bin/test unit); ALL_JOURNEYS=1 runs these whole as well.
const EMBEDDED_JOURNEYS = [
  "audit",
  "delete-account",
  "demo",
  "enrollment",
  "locked-out",
  "notification",
  "races",
  "recovery-codes",
  "running",
  "seed-path",
  "sessions",
  "throttle",
  "without-scripts",
  "written-secrets",
];

export default defineConfig<object, PortalOptions>({
  testDir: "e2e",
  outputDir: "test-results/e2e",
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000, // the longest takes half of it on two cores
  expect: { timeout: 15_000 }, // what is awaited comes within two, unless the machine does other things too
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  use: {
    locale: "en-US",
    timezoneId: "UTC",
    // What a trace, a video or a screenshot shows are codes, passwords and cookies.
    trace: "off",
    video: "off",
    screenshot: "off",
    launchOptions: {
      ...(process.env.HEADLESS_SHELL_PATH && { executablePath: process.env.HEADLESS_SHELL_PATH }),
      args: CHROMIUM_ARGS,
    },
  },
  projects: [
    {
      name: "embedded",
      use: { engine: "pglite" },
      grepInvert: /@postgres|no barrier/, // axe sees the same pages whatever is beneath
      testMatch: process.env.ALL_JOURNEYS
        ? "*.spec.ts"
        : EMBEDDED_JOURNEYS.map((name) => `${name}.spec.ts`),
    },
    { name: "postgres", use: { engine: "postgres" }, grepInvert: /@embedded/ },
  ],
});
