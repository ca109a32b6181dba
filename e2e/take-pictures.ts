import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";

/** Where the pictures of all screens are. */
export const PICTURES = "screenshots";

const README_FOLDER = "docs/screenshots";
const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"] as const;
/** What README shows: wide and light. */
const IN_README = [
  "ten-codes",
  "enter-recovery-code",
  "choose-method",
  "account-protected",
  "approve-notification",
  "enrollment",
];

for (const folder of [PICTURES, README_FOLDER]) mkdirSync(folder, { recursive: true });

/** Takes the pictures of a screen as it is now, in both widths and both schemes. */
export async function takePictures(page: Page, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      const file = `${name}-${width}-${colorScheme}.png`;
      await page.screenshot({ path: path.join(PICTURES, file), fullPage: true });
      if (width === 1280 && colorScheme === "light" && IN_README.includes(name)) {
        await page.screenshot({ path: path.join(README_FOLDER, `${name}.png`) });
      }
    }
  }
}
