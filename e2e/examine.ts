import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** axe in both schemes, no sideways scroll at 320 pixels, and targets of 24 by 24 at least. */
export async function examine(page: Page): Promise<void> {
  await expect(page).toHaveTitle(/\S/); // a step inside of the page brings its title a moment later
  const { pathname } = new URL(page.url());
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
    expect(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      pathname,
    ).toEqual([]);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, pathname).toBeLessThanOrEqual(0);
  const small = await page.locator("button:visible, a:visible, input:visible").evaluateAll((all) =>
    all
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => {
        const isInText = getComputedStyle(element).display === "inline";
        return !isInText && box.width > 1 && (box.width < 24 || box.height < 24);
      })
      .map(({ element }) => (element.closest("label") ? "" : element.outerHTML))
      .filter((html) => html !== ""),
  );
  expect(small, pathname).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 720 });
}
