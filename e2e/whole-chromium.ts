import { type Browser, chromium } from "@playwright/test";

/** With what a test's browser starts: it asks for nothing but the pages it is led to. */
export const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

/** A whole Chromium, for what the headless shell of the other tests lacks, as notifications or a camera. */
export function launchWholeChromium(args: string[] = []): Promise<Browser> {
  return chromium.launch({
    ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
    args: [...CHROMIUM_ARGS, ...args],
  });
}
