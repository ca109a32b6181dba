import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { chromium } from "@playwright/test";

const SYSTEM_CHROMIUM = "/usr/bin/chromium";

/**
 * The path of a Chromium: `CHROMIUM_PATH`, Playwright's own or the system's; where there is none,
 * one is installed. Throws when that fails.
 */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return findInstalled() ?? install();
}

function findInstalled() {
  return [chromium.executablePath(), SYSTEM_CHROMIUM].find((file) => existsSync(file));
}

function install() {
  console.log("Installing Chromium (some minutes) …");
  const run = (command, ...args) =>
    execFileSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  if (userInfo().uid === 0 && existsSync("/usr/bin/apt-get")) {
    run("apt-get", "update", "-qq");
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium");
  } else {
    run("node_modules/.bin/playwright", "install", "--with-deps", "chromium");
  }
  const installed = findInstalled();
  if (!installed)
    throw new Error("Chromium was installed, but is not where it was expected: set CHROMIUM_PATH.");
  return installed;
}
