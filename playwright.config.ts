import { defineConfig } from "@playwright/test";
import type { PortalOptions } from "./e2e/fixtures";

export default defineConfig<object, PortalOptions>({
  testDir: "e2e",
  outputDir: "test-results/e2e",
  // The engines run beside each other, and the journeys of each one after the other: the last one looks
  // for what all before it had to keep secret.
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  use: {
    locale: "en-US",
    timezoneId: "UTC",
    // What a trace, a video or a screenshot shows are codes, passwords and cookies.
    trace: "off",
    video: "off",
    screenshot: "off",
    launchOptions: {
      ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
      ],
    },
  },
  projects: [
    { name: "embedded", workers: 1, use: { engine: "pglite" }, grepInvert: /@postgres/ },
    { name: "postgres", workers: 1, use: { engine: "postgres" }, grepInvert: /@embedded/ },
  ],
});
