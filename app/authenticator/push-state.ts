import { callPortal, callSigned, type PhoneAccount, type PortalAnswer } from "./sign";

/** Whether this browser can be rung, and what keeps it from it. */
export type PushState =
  | "on"
  /** Nobody was asked yet. */
  | "off"
  /** The person closed the question without an answer. */
  | "dismissed"
  /** The browser's settings forbid it. */
  | "denied"
  | "unsupported"
  /** The portal takes no subscription at this browser's push service. */
  | "refused"
  /** The push service or the portal could not be reached. */
  | "failed";

const WORKER_MS = 10_000; // it is registered when the page opens
const TAG = "approval"; // as public/sw.js has it

/** What is known without asking anybody. */
export function findPushState(): PushState {
  if (!isSupported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" ? "on" : "off";
}

/**
 * Has the browser ask the person, and subscribes if they allow it. Only a press of a button may lead here:
 * browsers refuse the question otherwise, and people refuse what comes out of nowhere.
 */
export async function turnOnPush(accounts: PhoneAccount[]): Promise<PushState> {
  if (!isSupported()) return "unsupported";
  const permission = await Notification.requestPermission();
  if (permission === "default") return "dismissed";
  return renewPush(accounts);
}

/**
 * Tells the portal, for each account, where this browser is rung now. A subscription can change or end by
 * itself, so this is done whenever the page opens; it asks the person nothing.
 */
export async function renewPush(accounts: PhoneAccount[]): Promise<PushState> {
  const state = findPushState();
  if (state === "denied") await tellPortal(accounts, null);
  if (state !== "on") return state;
  const subscription = await subscribe().catch(() => undefined);
  if (!subscription) return "failed";
  const answers = await tellPortal(accounts, subscription);
  // An account that was disconnected elsewhere says so in its own place.
  const reasons = answers.flatMap((answer) => (answer.ok ? [] : [answer.reason]));
  if (reasons.includes("push-service")) return "refused";
  return reasons.every((reason) => reason === "removed") ? "on" : "failed";
}

/** Has the portal ring this browser for that account no more; done as well as can be. */
export async function stopPush(account: PhoneAccount): Promise<void> {
  await tellPortal([account], null);
}

/** Takes away what was shown on the lock screen: whoever looks at the page sees the requests themselves. */
export async function closeNotifications(): Promise<void> {
  if (!isSupported()) return;
  const worker = await navigator.serviceWorker.getRegistration();
  for (const shown of (await worker?.getNotifications({ tag: TAG })) ?? []) shown.close();
}

function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function subscribe(): Promise<PushSubscription> {
  const key = await callPortal<{ publicKey: string }>("/authenticator/push-key", {});
  if (!key.ok) throw new Error(key.reason);
  const { pushManager } = await readyWorker();
  const wanted = { userVisibleOnly: true, applicationServerKey: key.answer.publicKey };
  try {
    return await pushManager.subscribe(wanted);
  } catch {
    // It is subscribed with a key that the portal had before; such a subscription is of no use any more.
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(wanted);
  }
}

function readyWorker(): Promise<ServiceWorkerRegistration> {
  const late = new Promise<never>((_, reject) => setTimeout(reject, WORKER_MS));
  return Promise.race([navigator.serviceWorker.ready, late]);
}

function tellPortal(
  accounts: PhoneAccount[],
  given: PushSubscription | null,
): Promise<PortalAnswer<unknown>[]> {
  const { endpoint = "", keys } = given?.toJSON() ?? {};
  const { p256dh = "", auth = "" } = keys ?? {};
  const subscription = given && { endpoint, keys: { p256dh, auth } };
  return Promise.all(
    accounts.map((signer) =>
      callSigned({
        signer,
        purpose: "subscribe",
        path: "/authenticator/subscriptions",
        fields: { subscription },
        lines: [signer.userId, endpoint, p256dh, auth],
      }),
    ),
  );
}
