import "server-only";
import type { TenCodesTexts } from "@/components/ten-codes";
import { config } from "@/lib/config";
import { getWords } from "@/messages/words";

/** The words around the ten codes. */
export async function getTenCodesTexts(): Promise<TenCodesTexts> {
  const words = await getWords("codes");
  return {
    title: words("yours"),
    once: words("once"),
    listLabel: words("listLabel"),
    copy: words("copy"),
    download: words("download"),
    print: words("print"),
    copied: words("copied"),
    copyFailed: words("copyFailed"),
    downloaded: words("downloaded"),
    protect: words("protect", { origin: config().APP_URL }),
    saved: words("saved"),
    done: words("done"),
    tickFirst: words("tickFirst"),
    leave: words("leave"),
    working: (await getWords("form"))("working"),
  };
}
