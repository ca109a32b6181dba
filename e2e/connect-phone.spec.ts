import { expect, lendCookies, test } from "./journeys";
import { button, field, heading, told } from "./people";
import {
  beginConnecting,
  confirmOnPhone,
  connectInAccount,
  connectPhone,
  openPhone,
  scanWithCameraApp,
} from "./sparekey-phone";

test("PU-05 LC-10 a phone is connected by its camera, confirmed on both sides, and the owner is told", async ({
  page,
  context,
  browser,
  prepare,
}) => {
  const person = await prepare.member();
  await lendCookies(person.browser, context);
  const phone = await connectPhone(browser, { account: page, email: person.email });
  await expect(page.getByRole("list", { name: "Connected phones" })).toContainText("Chrome");
  await expect(phone.getByRole("list", { name: "Accounts on this phone" })).toContainText(
    person.email,
  );
  await phone.context().close();
});
