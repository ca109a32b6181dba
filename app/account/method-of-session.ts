/** The name, among the words of "account", of what a session was verified with. */
export function methodOfSession(amr: string[]): "amrCode" | "amrApp" | "amrPassword" {
  if (amr.includes("recovery")) return "amrCode";
  return amr.includes("otp") ? "amrApp" : "amrPassword";
}
