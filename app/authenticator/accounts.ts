import type { PhoneAccount } from "./sign";

// What this browser keeps: for each account one key, which no script can read, and whose it is. Nothing else
// of the phone's is kept anywhere (HD-05).

const DATABASE = "sparekey-authenticator";
const STORE = "accounts";
const VERSION = 1;
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** A key that is not yet of any account, and its public half as the portal takes it (SubjectPublicKeyInfo). */
export type NewKey = { keys: CryptoKeyPair; spki: ArrayBuffer };

/** The browser keeps nothing for this page, as in a private window, or gives it no keys. */
export class NothingKept extends Error {}

/** Makes a key that never leaves this browser. Throws `NothingKept` where the browser makes none. */
export async function makeKey(): Promise<NewKey> {
  if (!globalThis.crypto?.subtle) throw new NothingKept();
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, false, ["sign", "verify"]);
  return { keys, spki: await crypto.subtle.exportKey("spki", keys.publicKey) };
}

/** The accounts of this browser, by address. Throws `NothingKept`. */
export async function readAccounts(): Promise<PhoneAccount[]> {
  const accounts = await inStore<PhoneAccount[]>("readonly", (store) => store.getAll());
  return accounts.sort((one, other) => one.email.localeCompare(other.email));
}

/** Keeps an account, or what changed about it. Throws `NothingKept`. */
export async function keepAccount(account: PhoneAccount): Promise<void> {
  await inStore("readwrite", (store) => store.put(account));
}

/** Forgets an account and its key, for ever. */
export async function dropAccount(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
}

/** Asks the browser not to clear the key away when space gets short. Says whether it promised that. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

async function inStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(new NothingKept());
    });
  } catch {
    throw new NothingKept(); // some browsers refuse to keep a key at all
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new NothingKept());
    try {
      const request = indexedDB.open(DATABASE, VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = refuse;
      request.onblocked = refuse;
    } catch {
      refuse();
    }
  });
}
