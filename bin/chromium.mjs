import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { chromium } from "@playwright/test";

const SYSTEM_CHROMIUM = "/usr/bin/chromium";
const SYSTEM_SHELL = "/usr/bin/chromium-headless-shell";
const CAN_INSTALL_PACKAGES = userInfo().uid === 0 && existsSync("/usr/bin/apt-get");

/**
 * The path of a Chromium: `CHROMIUM_PATH`, Playwright's own or the system's; where there is none,
 * one is installed. Throws when that fails.
 */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return findInstalled() ?? install();
}

/**
 * The path of Chromium's headless shell: the same engine without a desktop's windows and notifications around
 * it, so quicker. Where there is none and none can be installed, and with `CHROMIUM_PATH`: of the whole Chromium.
 */
export function findHeadlessShell() {
  const whole = findChromium();
  if (whole !== SYSTEM_CHROMIUM) return whole;
  if (!existsSync(SYSTEM_SHELL) && CAN_INSTALL_PACKAGES) {
    try {
      installPackages("chromium-headless-shell");
    } catch {
      console.log("There is no headless shell to install: the whole Chromium takes its place.");
    }
  }
  return existsSync(SYSTEM_SHELL) ? SYSTEM_SHELL : whole;
}

function findInstalled() {
  return [chromium.executablePath(), SYSTEM_CHROMIUM].find((file) => existsSync(file));
}

function install() {
  console.log("Installing Chromium (some minutes) …");
  if (CAN_INSTALL_PACKAGES) installPackages("chromium", "chromium-headless-shell");
  else run("node_modules/.bin/playwright", "install", "--with-deps", "chromium");
  const installed = findInstalled();
  if (!installed)
    throw new Error("Chromium was installed, but is not where it was expected: set CHROMIUM_PATH.");
  return installed;
}

function installPackages(...names) {
  run("apt-get", "update", "-qq");
  run("apt-get", "install", "-y", "-qq", "--no-install-recommends", ...names);
}

function run(command, ...args) {
  execFileSync(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
