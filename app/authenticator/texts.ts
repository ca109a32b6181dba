import "server-only";
import { getWords } from "@/messages/words";

/** The words of the phone's page; those with `{…}` are filled in by `fill`. */
export async function getPhoneTexts() {
  const words = await getWords("phone");
  return {
    product: words("title"),
    starting: words("starting"),
    accounts: words("accounts"),
    empty: words("empty"),
    requests: words("requests"),
    connectTitle: words("connectTitle"),
    connectMore: words("connectMore"),
    connectIntro: words("connectIntro"),
    scan: words("scan"),
    showPhrase: words("showPhrase"),
    cancel: words("cancel"),
    offline: words("offline"),
    failed: words("failed"),
    needsHttps: words("needsHttps"),
    nothingKept: words("nothingKept"),
    account: {
      connected: words("connected"),
      suspended: words("suspended"),
      removed: words("removed"),
      key: words("keyLost"),
      checking: words("checking"),
      forget: words("forget"),
      forgetSure: words.raw("forgetSure") as string,
      keep: words("keep"),
      forgetNow: words("forgetNow"),
      lastMethod: words("lastMethod"),
      unreachable: words("unreachable"),
      forgetHere: words("forgetHere"),
      forgotten: words.raw("forgotten") as string,
    },
    pairing: {
      claiming: words("claiming"),
      confirmTitle: words("confirmTitle"),
      confirmIntro: words("confirmIntro"),
      accountName: words("accountName"),
      accountEmail: words("accountEmail"),
      portal: words("portal"),
      confirm: words("confirm"),
      decline: words("decline"),
      waitTitle: words("waitTitle"),
      waitIntro: words("waitIntro"),
      checkNumber: words("checkNumber"),
      phraseTitle: words("phraseTitle"),
      phraseIntro: words("phraseIntro"),
      phrase: words("phrase"),
      phraseLife: words("phraseLife"),
      done: words.raw("done") as string,
      declined: words("declined"),
      gone: words("gone"),
      ended: words("ended"),
      busy: words("busy"),
      already: words("already"),
    },
    scanner: {
      title: words("scannerTitle"),
      hint: words("scannerHint"),
      denied: words("cameraDenied"),
      none: words("cameraNone"),
      foreign: words("scannedForeign"),
    },
    install: {
      title: words("installTitle"),
      intro: words("installIntro"),
      share: words("installShare"),
      add: words("installAdd"),
      open: words("installOpen"),
      why: words("installWhy"),
    },
  };
}

export type PhoneTexts = Awaited<ReturnType<typeof getPhoneTexts>>;
