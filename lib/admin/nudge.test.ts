import { expect, test, vi } from "vitest";
import { NotAdministrator } from "../auth/hold-administrator";
import { db } from "../db/client";
import { createAdministrator, READER } from "../db/testing/administrators";
import { findEvents } from "../db/testing/events";
import {
  createMany,
  createPerson,
  createPersonWithApp,
  FROM,
  storeSecurityKey,
} from "../db/testing/people";
import { forgetPolicies, setPolicy } from "../db/testing/policies";
import { logInAs, WITH_APP } from "../db/testing/signed-in";
import { composeMail } from "../notices/compose-mail";
import { parseEnrollmentView } from "./enrollment-view";
import { countNudgeable, nudge } from "./nudge";

const EVERYBODY = { view: parseEnrollmentView(() => undefined) };

async function mailsTo(userId: string): Promise<string[]> {
  const prisma = await db();
  const mails = await prisma.mail.findMany({
    where: {
      addressId: { in: (await prisma.address.findMany({ where: { userId } })).map(({ id }) => id) },
    },
  });
  return mails.map(({ template }) => template);
}

test("one person gets one mail that fits what they lack, and no other within seven days", async () => {
  const { session } = await createAdministrator();
  const { userId } = await createPerson();
  const whom = { personId: userId };
  expect(await countNudgeable(READER, whom)).toBe(1);
  expect(await nudge({ session, whom, from: FROM })).toBe(1);
  expect(await mailsTo(userId)).toEqual(["nudge_no_mfa"]);
  expect(await findEvents(userId)).toEqual(["nudged"]);
  expect(await nudge({ session, whom, from: FROM })).toBe(0);
  vi.setSystemTime(Date.now() + 6.9 * 86_400_000);
  expect(await countNudgeable(READER, whom)).toBe(0);
  vi.setSystemTime(Date.now() + 0.2 * 86_400_000);
  expect(await countNudgeable(READER, whom)).toBe(1);
  vi.useRealTimers();
});

test("a reminder names only what counts, and asks for no codes where they do not count for the person", async () => {
  const { session } = await createAdministrator();
  const remind = async ({ userId }: { userId: string }) => {
    expect(await nudge({ session, whom: { personId: userId }, from: FROM })).toBe(1);
    const prisma = await db();
    const addresses = await prisma.address.findMany({ where: { userId } });
    const mail = await prisma.mail.findFirstOrThrow({
      where: { addressId: { in: addresses.map(({ id }) => id) } },
    });
    return (await composeMail(mail))?.text.replace(/\s+/g, " ");
  };
  expect(await remind(await createPerson())).toContain(
    "Add a security key, a phone, or an authenticator app:",
  );
  await setPolicy({ requirement: "everyone", methods: ["security-key", "authenticator-app"] });
  expect(await remind(await createPerson())).toContain(
    "Add a security key or an authenticator app:",
  );
  const withApp = await remind(await createPersonWithApp());
  expect(withApp).toContain("Add a security key, so that");
  expect(withApp).not.toContain("ten recovery codes");
  await setPolicy({ methods: ["security-key", "authenticator-app"] });
  expect(await remind(await createPersonWithApp()), "nothing is demanded").toContain(
    "Make ten recovery codes now",
  );
  await forgetPolicies();
});

test("all of a view are mailed once, however many administrators press at the same time", async () => {
  const first = await createAdministrator();
  const second = await createAdministrator();
  const people = await Promise.all(Array.from({ length: 6 }, createPersonWithApp));
  const counts = await Promise.all(
    [first, second].map(({ session }) => nudge({ session, whom: EVERYBODY, from: FROM })),
  );
  for (const { userId } of people) expect(await mailsTo(userId)).toEqual(["nudge_locked_out"]);
  expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(people.length);
  expect(await countNudgeable(READER, EVERYBODY)).toBe(0);
});

test("a whole list is mailed beyond the first batch, two thousand people at most at once", async () => {
  const { session } = await createAdministrator();
  const name = await createMany(2_005);
  const whom = { view: parseEnrollmentView((key) => (key === "search" ? name : undefined)) };
  expect(await countNudgeable(READER, whom), "no further than it must").toBe(2_001);
  expect(await nudge({ session, whom, from: FROM })).toBe(2_000);
  expect(await countNudgeable(READER, whom)).toBe(5);
  expect(await nudge({ session, whom, from: FROM })).toBe(5);
}, 60_000);

test("nobody is mailed who is safe, disabled, or has not verified their address", async () => {
  const { session } = await createAdministrator();
  await nudge({ session, whom: EVERYBODY, from: FROM });
  const prisma = await db();
  const safe = await createPersonWithApp();
  await storeSecurityKey(safe.userId);
  const disabled = await createPerson();
  await prisma.user.update({ where: { id: disabled.userId }, data: { disabledAt: new Date() } });
  const unverified = await createPerson();
  await prisma.user.update({ where: { id: unverified.userId }, data: { verifiedEmail: null } });
  expect(await nudge({ session, whom: EVERYBODY, from: FROM })).toBe(0);
});

test("LC-08 SE-14 who is no administrator, or not any more, mails nobody", async () => {
  const { userId, session } = await createAdministrator();
  const target = await createPerson();
  const whom = { personId: target.userId };
  const member = await createPersonWithApp();
  const other = await logInAs(member, WITH_APP);
  await expect(nudge({ session: other.session, whom, from: FROM })).rejects.toThrow(
    NotAdministrator,
  );
  const prisma = await db();
  await prisma.user.update({ where: { id: userId }, data: { role: "USER" } });
  await expect(nudge({ session, whom, from: FROM })).rejects.toThrow(NotAdministrator);
  expect(await mailsTo(target.userId)).toEqual([]);
});
