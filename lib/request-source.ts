/** Where a request came from, for the audit log and the account's own history. */
export type RequestSource = {
  /** The client's IP address as the server saw it, past the trusted proxies. */
  address: string;
  /** What the browser calls itself, at most 300 characters. */
  userAgent: string;
};

/** What the portal does by itself, when a time has come. */
export const PORTAL_ITSELF: RequestSource = { address: "portal", userAgent: "" };
