import "server-only";
import { createHash } from "node:crypto";
import { request } from "node:https";
import webPush from "web-push";
import { getWords } from "@/messages/words";
import { db } from "../db/client";
import { log } from "../log";
import { parsePushEndpoint } from "./push-endpoint";
import { unsealPushSubscription } from "./push-subscription";
import { obtainVapidKeys, type VapidKeys, vapidSubject } from "./vapid-keys";

const ANSWER_MS = 10_000; // a push service answers in well under one second
const TOPIC_CHARACTERS = 32; // RFC 8030 §5.4
const GONE = [404, 410]; // RFC 8030 §7.3

/**
 * Has the push services ring every connected phone of a person that allowed it and is not reported lost,
 * for the approval request named `requestId`, which is worth nothing after `expiresAt`. What they carry
 * names no number, code, address or account (PU-09); the phone asks for the request itself. A phone that
 * is gone is not rung again (RFC 8030 §7.3). Call it after the commit, and need not wait for it: it is
 * done within seconds, and never throws. Without push, the phone's open page shows the request.
 */
export async function pushToAuthenticators({
  userId,
  requestId,
  expiresAt,
}: {
  userId: string;
  requestId: string;
  expiresAt: Date;
}): Promise<void> {
  try {
    const phones = await findReachablePhones(userId);
    if (phones.length === 0) return;
    const push = { payload: await composePayload(), keys: await obtainVapidKeys(), expiresAt };
    await Promise.all(phones.map((phone) => ringOrLog(phone, push)));
  } catch (error) {
    log.error({ event: "push_failed", requestId, error: nameOf(error) }, "No phone was rung");
  }
}

type Phone = { id: string; sealed: Uint8Array<ArrayBuffer>; keyId: string };
type Push = { payload: string; keys: VapidKeys; expiresAt: Date };

async function findReachablePhones(userId: string): Promise<Phone[]> {
  const prisma = await db();
  const rows = await prisma.sparekeyAuthenticator.findMany({
    where: { userId, removedAt: null, suspendedAt: null, sealedSubscription: { not: null } },
    select: { id: true, sealedSubscription: true, subscriptionKeyId: true },
  });
  return rows.flatMap(({ id, sealedSubscription: sealed, subscriptionKeyId: keyId }) =>
    sealed && keyId ? [{ id, sealed, keyId }] : [],
  );
}

/** The same for everybody: it is shown on a locked screen, and push services see how long it is. */
async function composePayload(): Promise<string> {
  const words = await getWords("push");
  return JSON.stringify({ type: "approval", title: words("title"), body: words("body") });
}

/** A phone that cannot be reached keeps no other from being rung. */
async function ringOrLog(phone: Phone, push: Push): Promise<void> {
  try {
    await ring(phone, push);
  } catch (error) {
    const { code } = Object(error);
    log.warn(
      { event: "push_failed", authenticatorId: phone.id, error: nameOf(error), code },
      "A phone was not rung",
    );
  }
}

async function ring(phone: Phone, { payload, keys, expiresAt }: Push): Promise<void> {
  const subscription = unsealPushSubscription(phone.id, phone);
  const endpoint = subscription && parsePushEndpoint(subscription.endpoint);
  if (!endpoint) throw new EndpointRefused();
  const secondsLeft = Math.floor((expiresAt.getTime() - Date.now()) / 1000);
  if (secondsLeft <= 0) return;
  const { headers, body } = webPush.generateRequestDetails(subscription, payload, {
    contentEncoding: "aes128gcm",
    vapidDetails: { subject: vapidSubject(), ...keys },
    TTL: secondsLeft,
    topic: topicOf(phone),
    urgency: "high",
  });
  const status = await post(endpoint, { headers, body });
  if (GONE.includes(status)) await dropSubscription(phone);
  // An endpoint is a secret, its host is not.
  const facts = { authenticatorId: phone.id, host: endpoint.host, status };
  if (status >= 200 && status < 300) log.info({ event: "push_sent", ...facts }, "A phone was rung");
  else if (GONE.includes(status)) log.info({ event: "push_gone", ...facts }, "A phone is gone");
  else log.warn({ event: "push_failed", ...facts }, "A phone was not rung");
}

class EndpointRefused extends Error {
  override name = "EndpointRefused";
}

/** A newer notification takes the place of one that has not reached the phone yet. */
function topicOf({ id }: Phone): string {
  return createHash("sha256").update(id).digest("base64url").slice(0, TOPIC_CHARACTERS);
}

/** The status of the answer. A redirect is an answer like any other, and nobody follows it. */
function post(
  endpoint: URL,
  { headers, body }: { headers: Record<string, string>; body: Buffer | null },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    request(endpoint, { method: "POST", headers, signal })
      .on("response", (answer) => {
        answer.destroy(); // what it says beside its status is not read
        resolve(answer.statusCode ?? 0);
      })
      .on("error", reject)
      .end(body);
  });
}

/** Not if the phone brought another one meanwhile. */
async function dropSubscription({ id, sealed }: Phone): Promise<void> {
  const prisma = await db();
  await prisma.sparekeyAuthenticator.updateMany({
    where: { id, sealedSubscription: sealed },
    data: { sealedSubscription: null, subscriptionKeyId: null },
  });
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);
