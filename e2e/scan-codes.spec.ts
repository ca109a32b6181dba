import { writeFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { devices } from "@playwright/test";
import encodeQR from "qr";
import { expect, lendCookies, test } from "./journeys";
import { button, heading, told } from "./people";
import { accountsOn, beginConnecting, confirmOnPhone, connectInAccount } from "./sparekey-phone";
import { launchWholeChromium } from "./whole-chromium";

test("AX-03 the page's own scanner reads the picture through the phone's camera", async ({
  page,
  context,
  prepare,
  portal: { baseURL },
}, testInfo) => {
  const person = await prepare.withApp();
  await lendCookies(person.browser, context);
  const address = await beginConnecting(page);
  const film = testInfo.outputPath("camera.y4m");
  writeFileSync(film, filmOf(address));
  const withCamera = await launchWithCamera(film);
  const phone = await (
    await withCamera.newContext({ ...devices["Pixel 7"], baseURL, permissions: ["camera"] })
  ).newPage();
  await phone.goto("/authenticator");
  await button(phone, "Scan a QR code").click();
  await connectInAccount(page, await confirmOnPhone(phone, person.email));
  await expect(accountsOn(phone)).toHaveCount(1);
  await withCamera.close();
});

test("a foreign QR code is told apart, and a camera that is refused leads to the phrase", async ({
  portal: { baseURL },
}, testInfo) => {
  const film = testInfo.outputPath("camera.y4m");
  writeFileSync(film, filmOf("https://example.org/authenticator#connect=AAAAAAAAAAAAAAAAAAAAAA"));
  const withCamera = await launchWithCamera(film);
  const allowed = await withCamera.newContext({
    ...devices["Pixel 7"],
    baseURL,
    permissions: ["camera"],
  });
  const phone = await allowed.newPage();
  await phone.goto("/authenticator");
  await button(phone, "Scan a QR code").click();
  await expect(told(phone, /not one of this portal/)).toBeVisible();
  await expect(heading(phone, "Scan a QR code")).toBeFocused();
  expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
  await button(phone, "Cancel").click();
  await expect(heading(phone, "Connect this phone")).toBeFocused(); // AX-10
  await phone.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException("refused", "NotAllowedError"));
  });
  await phone.reload();
  await button(phone, "Scan a QR code").click();
  await expect(told(phone, /camera is not allowed.*show a phrase/)).toBeVisible();
  await withCamera.close();
});

const launchWithCamera = (film: string) =>
  launchWholeChromium([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${film}`,
  ]);

const [WIDTH, HEIGHT] = [640, 480];
const [BLACK, WHITE, GREY] = [16, 235, 128];

/** What a camera films that looks at a QR code: a few frames, uncompressed (YUV4MPEG2, 4:2:0). */
function filmOf(text: string): Buffer {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const scale = Math.floor(HEIGHT / rows.length);
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  for (const [y, row] of rows.entries()) {
    for (const [x, isDark] of row.entries()) {
      if (!isDark) continue;
      for (let line = 0; line < scale; line++) {
        const start = (y * scale + line) * WIDTH + x * scale + (WIDTH - HEIGHT) / 2;
        luma.fill(BLACK, start, start + scale);
      }
    }
  }
  const frame = Buffer.concat([
    Buffer.from("FRAME\n"),
    luma,
    Buffer.alloc((WIDTH * HEIGHT) / 2, GREY),
  ]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, ...Array.from({ length: 10 }, () => frame)]);
}
