import "server-only";
import { z } from "zod";
import type messages from "@/messages/en.json";
import { getDates, getDevice, getWords } from "@/messages/words";
import { formatHalf } from "../code-halves";
import { config } from "../config";
import { db } from "../db/client";
import { PORTAL_ITSELF } from "../request-source";
import type { ToldEvent } from "./audit-event";
import { deriveInvitationToken } from "./invitations";
import { deriveMailLinkToken } from "./mail-links";
import { deriveMailedHalf } from "./mailed-half";
import { type Block, type MailContent, renderHtml, renderText } from "./render-mail";
import type { Letter } from "./send-mail";

/** An outbox row as claimed. */
export type OutboxMail = {
  id: string;
  addressId: string;
  template: string;
  eventId: string | null;
  linkId: string | null;
  createdAt: Date;
};

/** The mails that exist: each event that a person is told of, and those that carry or name a way in. */
export type MailTemplate =
  | ToldEvent
  | "method_failed"
  | "step_up_failed"
  | "notification_denied"
  | "step_up_denied"
  | "session_denied"
  | "verify_address"
  | "verify_new_address"
  | "reset_password"
  | "reset_login"
  | "temporary_code_half"
  | "temporary_code_made"
  | "confirm_address_change"
  | "address_taken"
  | "nudge_no_mfa"
  | "nudge_locked_out"
  | "nudge_thin"
  | "nudge_spare"
  | "invitation";

const PATHS = {
  activity: "/account/activity",
  codes: "/account/mfa/recovery-codes",
  addresses: "/account/addresses",
  login: "/login",
  methods: "/account/mfa",
};

/**
 * What a mail asks for. `button` is its one action; `wrong` says what to do if it was somebody else.
 * A `link` is the page of its single-use link.
 */
type Plan = {
  button:
    | keyof typeof PATHS
    | "verify"
    | "confirm"
    | "choosePassword"
    | "logInHere"
    | "join"
    | "none";
  wrong: keyof typeof messages.mail.wrong;
  link?: "/address/link" | "/reset/link" | "/login/link" | "/invitation/link";
  /** Carries a half of a temporary code. */
  half?: true;
};

const NOTICE: Plan = { button: "activity", wrong: "reset" };
const OF_CODES: Plan = { button: "activity", wrong: "codes" };
const OF_ADDRESSES: Plan = { button: "addresses", wrong: "addresses" };
const BY_ADMINISTRATOR: Plan = { button: "activity", wrong: "administrator" };

const PLANS: Record<MailTemplate, Plan> = {
  account_deleted: { button: "none", wrong: "contact" },
  password_changed: NOTICE,
  password_reset: NOTICE,
  authenticator_app_added: NOTICE,
  authenticator_app_replaced: NOTICE,
  authenticator_app_removed: NOTICE,
  authenticator_app_suspended: NOTICE,
  authenticator_app_suspension_lifted: NOTICE,
  sparekey_authenticator_added: NOTICE,
  sparekey_authenticator_replaced: NOTICE,
  sparekey_authenticator_removed: NOTICE,
  sparekey_authenticator_suspended: NOTICE,
  sparekey_authenticator_suspension_lifted: NOTICE,
  security_key_added: NOTICE,
  security_key_replaced: NOTICE,
  security_key_removed: NOTICE,
  security_key_copied: NOTICE,
  notification_denied: { button: "activity", wrong: "passwordKnown" },
  method_disabled: { button: "activity", wrong: "passwordKnown" },
  method_failed: { button: "activity", wrong: "passwordKnown" },
  step_up_failed: NOTICE,
  step_up_denied: NOTICE,
  session_denied: NOTICE,
  recovery_codes_generated: OF_CODES,
  recovery_codes_replaced: OF_CODES,
  recovery_codes_confirmed: OF_CODES,
  recovery_codes_discarded: OF_CODES,
  recovery_codes_revoked: OF_CODES,
  recovery_codes_ended: OF_CODES,
  recovery_code_used: OF_CODES,
  recovery_codes_low: { button: "codes", wrong: "codesUsed" },
  recovery_codes_gone: { button: "codes", wrong: "codesUsed" },
  address_added: OF_ADDRESSES,
  address_removed: OF_ADDRESSES,
  address_change_requested: OF_ADDRESSES,
  address_change_cancelled: OF_ADDRESSES,
  address_changed: OF_ADDRESSES,
  role_given: BY_ADMINISTRATOR,
  role_taken: BY_ADMINISTRATOR,
  account_disabled: { button: "none", wrong: "administrator" },
  account_enabled: { button: "login", wrong: "administrator" },
  sessions_ended_by_administrator: BY_ADMINISTRATOR,
  mfa_reset_requested: BY_ADMINISTRATOR,
  temporary_code_requested: BY_ADMINISTRATOR,
  administrative_request_approved: BY_ADMINISTRATOR,
  administrative_request_declined: BY_ADMINISTRATOR,
  temporary_code_made: BY_ADMINISTRATOR,
  temporary_code_half: { button: "login", wrong: "administrator", half: true },
  mfa_reset: { button: "login", wrong: "administrator" },
  temporary_code_used: NOTICE,
  temporary_code_ended: BY_ADMINISTRATOR,
  administrator_rescued: { button: "login", wrong: "administrator" },
  verify_address: { button: "verify", wrong: "ignore", link: "/address/link" },
  verify_new_address: { button: "verify", wrong: "ignore", link: "/address/link" },
  confirm_address_change: { button: "confirm", wrong: "cancel", link: "/address/link" },
  reset_password: { button: "choosePassword", wrong: "ignore", link: "/reset/link" },
  reset_login: { button: "logInHere", wrong: "passwordKnown", link: "/login/link" },
  address_taken: { button: "login", wrong: "taken" },
  nudge_no_mfa: { button: "methods", wrong: "administrator" },
  nudge_locked_out: { button: "codes", wrong: "administrator" },
  nudge_thin: { button: "codes", wrong: "administrator" },
  nudge_spare: { button: "methods", wrong: "administrator" },
  invitation: { button: "join", wrong: "uninvited", link: "/invitation/link" },
};

/**
 * Writes an outbox row's mail at the moment it is sent. No secret is in it but the single-use link or the
 * half of a code that it is for. Gives nothing when the mailbox, the event or what is live is gone: then there is nothing to tell.
 * Throws on a template that this version does not know; another server may.
 */
export async function composeMail(mail: OutboxMail): Promise<Letter | undefined> {
  const { id, template, createdAt } = mail;
  if (!isMailTemplate(template)) throw new UnknownTemplate();
  const facts = await findFacts(mail, PLANS[template]);
  if (!facts) return undefined;
  const content = await write(template, facts);
  return {
    id,
    to: facts.to,
    subject: content.subject,
    text: renderText(content),
    html: renderHtml(content),
    date: createdAt,
  };
}

class UnknownTemplate extends Error {
  override name = "UnknownTemplate";
}

const isMailTemplate = (template: string): template is MailTemplate =>
  Object.hasOwn(PLANS, template);

type Facts = NonNullable<Awaited<ReturnType<typeof findFacts>>>;

async function findFacts({ addressId, eventId, linkId, createdAt }: OutboxMail, plan: Plan) {
  const prisma = await db();
  const address = await prisma.address.findUnique({ where: { id: addressId } });
  const event = eventId
    ? await prisma.auditEvent.findUnique({ where: { id: eventId } })
    : undefined;
  const link = plan.link && linkId ? await findLiveLink(linkId) : undefined;
  const half = plan.half && linkId ? await findLiveHalf(linkId) : undefined;
  if (!address || (eventId && !event)) return undefined;
  if ((plan.link && !link) || (plan.half && !half)) return undefined;
  const user = await prisma.user.findUnique({ where: { id: address.userId } });
  const about = event?.addressId
    ? await prisma.address.findUnique({ where: { id: event.addressId } })
    : undefined;
  return {
    to: address.email,
    event: event ?? undefined,
    at: event ? event.at : createdAt,
    loginAddress: user?.email,
    aboutAddress: about?.email,
    half,
    expiresAt: (link ?? half)?.expiresAt,
    link: link && { ...link, url: `${config().APP_URL}${plan.link}?token=${link.token}` },
  };
}

async function findLiveLink(id: string) {
  const prisma = await db();
  const invitation = await prisma.invitation.findFirst({
    where: { id, usedAt: null, cancelledAt: null, expiresAt: { gt: new Date() } },
  });
  if (invitation) {
    const { invitedById, expiresAt } = invitation;
    const inviter = await prisma.user.findUnique({ where: { id: invitedById } });
    return { token: deriveInvitationToken(invitation), expiresAt, inviter: inviter?.name };
  }
  const link = await prisma.mailLink.findFirst({
    where: { id, usedAt: null, expiresAt: { gt: new Date() } },
  });
  return (
    link && { token: deriveMailLinkToken(link), expiresAt: link.expiresAt, inviter: undefined }
  );
}

/** The half is nowhere but here, while its mail is written; of a code that is over none is mailed. */
async function findLiveHalf(id: string) {
  const prisma = await db();
  const code = await prisma.temporaryCode.findFirst({
    where: { id, endedAt: null, expiresAt: { gt: new Date() } },
    select: { id: true, mailedKeyId: true, expiresAt: true },
  });
  if (!code) return undefined;
  return { half: formatHalf(deriveMailedHalf(code)), expiresAt: code.expiresAt };
}

async function write(template: MailTemplate, facts: Facts): Promise<MailContent> {
  const words = await getWords("mail");
  const product = (await getWords("product"))("name");
  const { button, wrong } = PLANS[template];
  const values = await findValues(facts);
  const rows: Block = { kind: "facts", rows: await listFacts(facts) };
  const hint: Block = { kind: "paragraph", text: words(`wrong.${wrong}`, values) };
  const url = facts.link?.url ?? (isPath(button) ? config().APP_URL + PATHS[button] : undefined);
  const action: Block[] = url ? [{ kind: "action", label: words(`button.${button}`), url }] : [];
  return {
    product,
    subject: words(`${template}.subject`, values),
    blocks: [
      { kind: "paragraph", text: words(`${template}.text`, values) },
      // A link is what its mail is for; elsewhere the facts are.
      ...(facts.link ? [...action, rows, hint] : [rows, hint, ...action]),
    ],
    footer: words("footer", values),
  };
}

const isPath = (button: Plan["button"]): button is keyof typeof PATHS =>
  Object.hasOwn(PATHS, button);

async function findValues({ event, expiresAt }: Facts) {
  const words = await getWords("mail");
  const dates = await getDates();
  const { APP_URL, SUPPORT_CONTACT } = config();
  return {
    portal: APP_URL,
    letter: event?.setLetter ?? "",
    number: event?.codeNumber ?? 0,
    until: expiresAt ? dates.moment(expiresAt) : "",
    ...(await nameAddable(event?.details)),
    contact: SUPPORT_CONTACT ?? words("whoever"),
    forgotPage: `${APP_URL}/forgot`,
    codesPage: `${APP_URL}/account/mfa/recovery-codes`,
    addressesPage: `${APP_URL}/account/addresses`,
  };
}

const ADDABLE = ["security-key", "notification", "authenticator-app"] as const;
const SPARE = ["security-key", "notification"] as const;
const reminder = z.object({ methods: z.array(z.string()) });

/** What a reminder tells somebody to add: of what counted when it was asked for, all if it does not say. */
async function nameAddable(details: string | null | undefined) {
  const words = await getWords("mail");
  const dates = await getDates();
  const counting = readCounting(details ?? "null");
  const counts = (method: string) => counting?.includes(method) ?? true;
  return {
    methods: dates.listAny(ADDABLE.filter(counts).map((method) => words(`add.${method}`))),
    spares: dates.listAny(SPARE.filter(counts).map((method) => words(`spare.${method}`))),
  };
}

function readCounting(details: string): string[] | undefined {
  try {
    return reminder.safeParse(JSON.parse(details)).data?.methods;
  } catch {
    return undefined; // no JSON: somebody changed it, which bin/verify-audit tells
  }
}

async function listFacts({ event, at, half, loginAddress, aboutAddress, link }: Facts) {
  const words = await getWords("mail");
  const dates = await getDates();
  const {
    setLetter: letter,
    codeNumber: number,
    codesLeft: left,
    method,
    methodName,
  } = event ?? {};
  // An administrator's own device and network are nobody else's business.
  const asked = event?.address === PORTAL_ITSELF.address || event?.actorId ? undefined : event;
  const device = asked && (await getDevice(asked.userAgent));
  const rows = [
    { name: words("half"), value: half?.half },
    { name: words("code"), value: number && letter && words("codeOfSet", { number, letter }) },
    { name: words("left"), value: typeof left === "number" && words("leftOfTen", { left }) },
    { name: words("method"), value: method && (await nameMethod(method, methodName)) },
    { name: words("address"), value: aboutAddress },
    { name: words("invitedBy"), value: link?.inviter },
    { name: words("account"), value: loginAddress },
    { name: words("portal"), value: config().APP_URL },
    { name: words("reason"), value: event?.reason },
    { name: words("time"), value: dates.moment(at) },
    { name: words("device"), value: device },
    { name: words("network"), value: asked?.address },
  ];
  return rows.flatMap(({ name, value }) => (value ? [{ name, value }] : []));
}

const METHOD_WORDS = {
  "recovery-codes": "methodCodes",
  "authenticator-app": "methodApp",
  notification: "methodPhone",
  "security-key": "methodKey",
  "temporary-code": "methodTemporary",
} as const;

async function nameMethod(method: string, name: string | null | undefined) {
  if (!isNamed(method)) return undefined;
  const kind = (await getWords("mail"))(METHOD_WORDS[method]);
  return name ? `${kind} (${name})` : kind;
}

const isNamed = (method: string): method is keyof typeof METHOD_WORDS =>
  Object.hasOwn(METHOD_WORDS, method);
