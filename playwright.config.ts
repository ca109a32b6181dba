import { defineConfig } from "@playwright/test";
import type { PortalOptions } from "./e2e/fixtures";

export default defineConfig<object, PortalOptions>({
  testDir: "e2e",
  outputDir: "test-results/e2e",
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000, // the longest takes half of it on two cores
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
    { name: "embedded", use: { engine: "pglite" }, grepInvert: /@postgres/ },
    { name: "postgres", use: { engine: "postgres" }, grepInvert: /@embedded/ },
  ],
});
