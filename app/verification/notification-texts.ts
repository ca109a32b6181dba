import "server-only";
import { getWords } from "@/messages/words";

/** What the screen of a notification says, with and without scripts. */
export async function getNotificationTexts(occasion: "login" | "step-up") {
  const words = await getWords("approval");
  return {
    waiting: words("waiting"),
    approved: words("approved"),
    denied: words("denied"),
    expired: words("expired"),
    replaced: words("replaced"),
    wrongNumbers: words("wrongNumbers"),
    sent: words("sent"),
    qr: words("qr"),
    ending: words("ending"),
    renew: words("renew"),
    help: words("help"),
    helpText: words("helpText"),
    sendAgain: words("sendAgain"),
    send: words("send"),
    continueHint: words("continueHint"),
    proceed: words("continue"),
    deniedText: words(occasion === "login" ? "deniedLogin" : "deniedStepUp"),
    newPassword: words("newPassword"),
    logInAgain: words("logInAgain"),
    chooseAnother: (await getWords("verify"))("chooseAnother"),
    working: (await getWords("form"))("working"),
  };
}

export type NotificationTexts = Awaited<ReturnType<typeof getNotificationTexts>>;
