"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { drawQr } from "@/app/qr-drawing";
import { type ActionRequest, sessionAction } from "@/lib/auth/action";
import { setSessionCookie } from "@/lib/auth/cookies";
import type { CurrentSession } from "@/lib/auth/current-session";
import { enrollSparekeyAuthenticator } from "@/lib/auth/enroll-sparekey-authenticator";
import { holdSession } from "@/lib/auth/session-rows";
import { config } from "@/lib/config";
import { parseEnrolledMethod } from "@/lib/mfa/method-names";
import {
  beginPairing,
  claimByPhrase,
  declinePairing,
  findPairingOfSession,
  findPairingSecret,
  offersSparekeyAuthenticator,
} from "@/lib/mfa/pairing";
import { parsePairingPhrase } from "@/lib/mfa/pairing-phrase";
import { getDevice, getWait, getWords } from "@/messages/words";

/** What the page of a pairing shows: one of them, or the button that begins one. */
export type PairingState = {
  /** The picture to scan, its secret in no other form. */
  picture?: { qr: { path: string; size: number }; authenticatorPage: string };
  /** A phone has it: what is next is on the phone. */
  claimed?: true;
  /** The phone that asks to be connected. */
  phone?: { pairingId: string; device: string; address: string; checkNumber: string };
  phrase?: string;
  phraseError?: string;
  /** What has not happened yet, for a person who asks. */
  note?: string;
  error?: string;
};

/** Everything that connects a phone from the account's page: one form state for all of its steps. */
export const addSparekeyAuthenticator = sessionAction<PairingState>(
  { path: (text) => pathOf(text("replaces")), demand: "fresh" },
  async (request) => {
    if (!offersSparekeyAuthenticator()) {
      return { error: (await getWords("pairing"))("needsHttps") };
    }
    switch (request.text("step")) {
      case "phrase":
        return takePhrase(request);
      case "continue":
        return showPairing(request.session, "asked");
      case "connect":
        return connect(request);
      case "decline":
        await declinePairing(ownerOf(request.session));
        return { error: (await getWords("pairing"))("declined") };
      default:
        return begin(request);
    }
  },
);

/** The page to come back to after a step-up; what it replaces is whose it says only when it is connected. */
function pathOf(replaces: string): string {
  const lost = parseEnrolledMethod("notification", replaces);
  return lost?.id ? `/account/recovered/notification?id=${lost.id}` : "/account/mfa/notification";
}

type SessionRequest = ActionRequest & { session: CurrentSession };

const ownerOf = ({ id: sessionId, userId }: CurrentSession) => ({ userId, sessionId });

/** The lost phone whose place the new one takes; whose it is, is checked where it ends. */
const readReplaced = ({ text }: ActionRequest) => z.uuid().safeParse(text("replaces")).data;

/** A phone that asks already is shown again, as after a step-up in between. */
async function begin(request: SessionRequest): Promise<PairingState> {
  const owner = ownerOf(request.session);
  const replacesId = readReplaced(request);
  const pairing = await findPairingOfSession(owner);
  const isAsking = pairing?.state === "ready" && pairing.replacesId === replacesId;
  if (!isAsking) await beginPairing(owner, { replacesId });
  return showPairing(request.session, "begun");
}

async function showPairing(session: CurrentSession, why: "begun" | "asked"): Promise<PairingState> {
  const words = await getWords("pairing");
  const pairing = await findPairingOfSession(ownerOf(session));
  switch (pairing?.state) {
    case undefined:
      return { error: words("over") };
    case "waiting": {
      const picture = await drawPicture(session);
      if (!picture) return { error: words("over") };
      return { picture, ...(why === "asked" && { note: words("notScanned") }) };
    }
    case "claimed":
      return { claimed: true, ...(why === "asked" && { note: words("notConfirmed") }) };
    case "ready": {
      const { userAgent, ...phone } = pairing.phone;
      return { phone: { ...phone, device: await getDevice(userAgent) } };
    }
  }
}

async function drawPicture(session: CurrentSession): Promise<PairingState["picture"]> {
  const secret = await findPairingSecret(ownerOf(session));
  const authenticatorPage = `${config().APP_URL}/authenticator`;
  return secret
    ? { qr: drawQr(`${authenticatorPage}#connect=${secret}`), authenticatorPage }
    : undefined;
}

async function takePhrase(request: SessionRequest): Promise<PairingState> {
  const { session, text, from } = request;
  const words = await getWords("pairing");
  const typed = text("phrase");
  const again = async (phraseError: string): Promise<PairingState> => ({
    ...(await showPairing(session, "begun")),
    phrase: typed,
    phraseError,
  });
  const parsed = parsePairingPhrase(typed);
  if (!parsed.parsed) {
    const { reason } = parsed;
    return again(reason === "word" ? words("wrongWord", { word: parsed.word }) : words("count"));
  }
  const result = await claimByPhrase({
    owner: ownerOf(session),
    phrase: parsed.phrase,
    replacesId: readReplaced(request),
    from,
    authorize: (tx) => holdSession(tx, session.id, "fresh"),
  });
  if (result.used) return showPairing(session, "begun");
  if (result.reason === "unknown") return again(words("unknownPhrase"));
  return again((await getWords("form"))("waiting", { wait: await getWait(result.until) }));
}

async function connect({ session, text, from }: SessionRequest): Promise<PairingState> {
  const { data: pairingId } = z.uuid().safeParse(text("pairing"));
  const result =
    pairingId !== undefined &&
    (await enrollSparekeyAuthenticator({ session, pairingId, device: getDevice, from }));
  if (!result || "reason" in result) return { error: (await getWords("pairing"))("over") };
  const { replaced, token } = result;
  if (token) await setSessionCookie(token);
  redirect(`/account/mfa?done=${replaced ? "phone-lost" : "phone"}`);
}
