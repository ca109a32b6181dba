import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, transaction } from "../db/client";
import { mailboxOf, mailTo, storeMailbox, tokenTo } from "../db/testing/mailboxes";
import { createPerson, FROM, type Person } from "../db/testing/people";
import { logInAs } from "../db/testing/signed-in";
import { WEAK_SESSIONS } from "../db/testing/weak-sessions";
import { type AuditEventType, recordAuditEvent } from "../notices/audit-event";
import { addAddress, findAddressBook, sendLinkAgain } from "./addresses";
import { removeAddress } from "./change-address";
import type { CurrentSession } from "./current-session";
import { SessionOver, SessionTooWeak } from "./session-rows";
import { verifyAddress } from "./verify-address";

const HOUR = 3_600_000;

let person: Person;
let session: CurrentSession;
beforeEach(async () => {
  person = await createPerson();
  session = await logIn(person);
});

describe("adding an address", () => {
  test("LC-03 an added address gets its link alone until that was followed, and every notice from then on", async () => {
    const email = newAddress();
    expect(await add(email)).toEqual({ added: true });
    expect(await mailTo(person, person.email)).toEqual(["address_added"]);
    await tell("password_changed");
    expect(await mailTo(person, email)).toEqual(["verify_new_address"]);
    expect(await verify(email)).toEqual({ verified: true });
    await tell("recovery_code_used");
    for (const address of [person.email, email]) {
      expect((await mailTo(person, address)).at(-1)).toBe("recovery_code_used");
    }
    expect(await mailTo(person, email)).toEqual(["verify_new_address", "recovery_code_used"]);
  });

  test("LC-03 with two verified addresses, each gets each notice, whatever it is about", async () => {
    const { email } = await storeMailbox(person);
    const events: AuditEventType[] = [
      "password_changed",
      "password_reset",
      "authenticator_app_added",
      "authenticator_app_removed",
      "recovery_codes_generated",
      "recovery_code_used",
      "address_added",
      "account_deleted",
    ];
    for (const type of events) await tell(type);
    for (const address of [person.email, email]) {
      expect(await mailTo(person, address)).toEqual(events);
    }
  });

  test("LC-03 there are three besides the login address, and no fourth", async () => {
    for (let count = 1; count <= 3; count++) expect(await add()).toEqual({ added: true });
    expect(await add()).toEqual({ added: false, reason: "too-many" });
    const { others } = await findAddressBook(person.userId);
    expect(others).toHaveLength(3);
    await remove(others[0]?.id ?? "");
    expect(await add()).toEqual({ added: true });
  });

  test("LC-03 three at once in many tabs are three rows, not more", async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => add()));
    expect(results.filter(({ added }) => added)).toHaveLength(3);
    expect((await findAddressBook(person.userId)).others).toHaveLength(3);
  });

  test("an address is stored in its one form, and the own one in another spelling is told", async () => {
    const email = newAddress();
    expect(await add(`  ${email.toUpperCase()} `)).toEqual({ added: true });
    expect((await mailboxOf(person, email)).verifiedAt).toBeNull();
    for (const own of [email, person.email, person.email.replace("e", "\uff25")]) {
      expect(await add(own)).toEqual({ added: false, reason: "own" });
    }
    for (const wrong of ["", "nobody", "two@at@signs", "a b@example.org", `${"a".repeat(260)}@b`]) {
      expect(await add(wrong)).toEqual({ added: false, reason: "invalid" });
    }
  });

  test("an address that logs in to somebody else's account may be added, since one mailbox may serve several", async () => {
    const other = await createPerson();
    expect(await add(other.email)).toEqual({ added: true });
    expect(await mailTo(person, other.email)).toEqual(["verify_new_address"]);
    expect(await verify(other.email)).toEqual({ verified: true });
    const prisma = await db();
    for (const { userId, email } of [person, other]) {
      const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
      expect([user.email, user.verifiedEmail]).toEqual([email, email]);
    }
  });

  test("nobody has more than ten mailboxes written to within an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const own = await logIn(person);
      for (let count = 1; count <= 10; count++) {
        const email = newAddress();
        expect(await addAddress({ session: own, input: email, from: FROM })).toEqual({
          added: true,
        });
        const { id: addressId } = await mailboxOf(person, email);
        expect(await removeAddress({ session: own, addressId, from: FROM })).toEqual({
          removed: true,
        });
      }
      const refused = { added: false, reason: "waiting", until: new Date(Date.now() + HOUR) };
      expect(await addAddress({ session: own, input: newAddress(), from: FROM })).toEqual(refused);
      vi.setSystemTime(Date.now() + HOUR);
      const fresh = await logIn(person);
      expect(await addAddress({ session: fresh, input: newAddress(), from: FROM })).toEqual({
        added: true,
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("sending a link again", () => {
  test("three times an hour, and the earlier link dies with each", async () => {
    const email = newAddress();
    await add(email);
    const { id } = await mailboxOf(person, email);
    const first = await tokenOf(email);
    for (let count = 1; count <= 3; count++) expect(await again(id)).toEqual({ sent: true });
    expect(await again(id)).toEqual({ sent: false, reason: "too-many" });
    expect(await mailTo(person, email)).toHaveLength(4);
    expect(await verifyAddress(first, FROM)).toEqual({ verified: false, reason: "over" });
    expect(await verify(email)).toEqual({ verified: true });
    expect(await again(id)).toEqual({ sent: false, reason: "unknown" });
  });

  test("the unverified login address gets its link again too", async () => {
    const prisma = await db();
    await prisma.user.update({ where: { id: person.userId }, data: { verifiedEmail: null } });
    const { id } = await mailboxOf(person, person.email);
    await prisma.address.update({ where: { id }, data: { verifiedAt: null } });
    for (let count = 1; count <= 3; count++) expect(await again(id)).toEqual({ sent: true });
    expect(await again(id)).toEqual({ sent: false, reason: "too-many" });
    expect(await mailTo(person, person.email)).toEqual(Array(3).fill("verify_address"));
  });

  test("LC-08 nobody has a link sent to another person's mailbox by its id", async () => {
    const email = newAddress();
    await add(email);
    const { id } = await mailboxOf(person, email);
    const thief = await logIn(await createPerson());
    for (const addressId of [id, crypto.randomUUID()]) {
      const result = await sendLinkAgain({ session: thief, addressId, from: FROM });
      expect(result).toEqual({ sent: false, reason: "unknown" });
    }
    expect(await mailTo(person, email)).toEqual(["verify_new_address"]);
  });
});

describe("sessions that may not", () => {
  test.each(Object.entries(WEAK_SESSIONS))(
    "SE-07 a %s session adds no address, whatever its page showed",
    async (_, open) => {
      const weak = await open(person);
      const attempt = addAddress({ session: weak, input: newAddress(), from: FROM });
      await expect(attempt).rejects.toBeInstanceOf(SessionTooWeak);
      expect((await findAddressBook(person.userId)).others).toEqual([]);
    },
  );

  test("SE-06 a session that ended meanwhile adds and sends nothing", async () => {
    const email = newAddress();
    await add(email);
    const { id } = await mailboxOf(person, email);
    await (await db()).session.deleteMany({ where: { id: session.id } });
    await expect(add()).rejects.toBeInstanceOf(SessionOver);
    await expect(again(id)).rejects.toBeInstanceOf(SessionOver);
    expect(await mailTo(person, email)).toEqual(["verify_new_address"]);
  });
});

const newAddress = () => `${crypto.randomUUID()}@example.net`;

const add = (input = newAddress()) => addAddress({ session, input, from: FROM });

const again = (addressId: string) => sendLinkAgain({ session, addressId, from: FROM });

const remove = (addressId: string) => removeAddress({ session, addressId, from: FROM });

const tokenOf = (email: string) => tokenTo({ userId: person.userId, email }, "verify-address");

const verify = async (email: string) => verifyAddress(await tokenOf(email), FROM);

const tell = (type: AuditEventType) =>
  transaction((tx) => recordAuditEvent(tx, { type, userId: person.userId, from: FROM }));

async function logIn(who: Person): Promise<CurrentSession> {
  return (await logInAs(who, ["pwd"])).session;
}
