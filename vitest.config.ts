import path from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

export default defineConfig({
  resolve: {
    alias: {
      "@": root,
      // Its ordinary entry throws outside of a server bundle.
      "server-only": path.join(root, "node_modules/server-only/empty.js"),
    },
  },
  test: {
    include: ["lib/**/*.test.ts"],
    globalSetup: "lib/db/testing/global-setup.ts",
    setupFiles: "lib/db/testing/setup.ts",
    fakeTimers: { toFake: ["Date"] }, // databases and worker threads need the real timers
    // A database in WebAssembly that lives for seconds is not worth optimizing: a third less work in all.
    execArgv: ["--liftoff-only"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
