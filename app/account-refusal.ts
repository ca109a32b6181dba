import "server-only";
import type { FormState } from "@/components/form";
import type { AccountRefusal } from "@/lib/auth/accounts";
import type { PasswordRefusal } from "@/lib/auth/password-policy";
import { getWait, getWords } from "@/messages/words";

/** Says why no account was made; what was typed, but for the password, stays in the form. */
export async function describeAccountRefusal(
  refusal: AccountRefusal,
  values: { name: string; email: string },
): Promise<FormState> {
  const words = await getWords("form");
  switch (refusal.reason) {
    case "invalid": {
      const { name, email, password } = refusal.fields;
      return {
        values,
        fieldErrors: {
          ...(name && { name: words("nameInvalid") }),
          ...(email && { email: words("emailInvalid") }),
          ...(password && { password: await describePasswordRefusal(password) }),
        },
      };
    }
    case "setup-token":
      return { values, fieldErrors: { token: (await getWords("setup"))("tokenWrong") } };
    case "waiting":
      return { values, error: words("waiting", { wait: await getWait(refusal.until) }) };
    case "busy":
      return { values, error: words("busy") };
    case "closed":
    case "already-set-up":
    case "invitation-over":
    case "address-taken":
      return {};
  }
}

/** Says why a password cannot be chosen. */
export async function describePasswordRefusal(refusal: PasswordRefusal): Promise<string> {
  const words = await getWords("form");
  switch (refusal.reason) {
    case "too-short":
      return words("passwordTooShort", { length: refusal.length, minimum: refusal.minimum });
    case "too-long":
      return words("passwordTooLong", { maximum: refusal.maximum });
    case "common":
      return words("passwordCommon");
    case "personal":
      return words("passwordPersonal", { word: refusal.word });
    case "repetitive":
      return words("passwordRepetitive");
  }
}
