import type { Metadata, Viewport } from "next";
import { Wordmark } from "@/components/mark";
import { Notice } from "@/components/notice";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { getWords } from "@/messages/words";
import { PhoneApp } from "./phone-app";
import { getPushTexts } from "./push-texts";
import { getRequestTexts } from "./request-texts";
import { getPhoneTexts } from "./texts";

export async function generateMetadata(): Promise<Metadata> {
  const title = (await getWords("phone"))("title");
  return {
    title,
    manifest: "/authenticator/manifest.webmanifest",
    icons: { apple: "/authenticator-180.png" },
    appleWebApp: { capable: true, title },
  };
}

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f4f6f5" },
    { media: "(prefers-color-scheme: dark)", color: "#0e1312" },
  ],
  viewportFit: "cover",
};

/** A page for a phone: it needs no login, and knows its accounts by the keys that this browser holds. */
export default async function AuthenticatorPage() {
  await requireAdministrator();
  const words = await getWords("phone");
  return (
    <div className="mx-auto flex min-h-dvh max-w-112 flex-col gap-6 px-4 pt-[max(1rem,env(safe-area-inset-top))] pb-[max(2rem,env(safe-area-inset-bottom))]">
      <header className="flex min-h-12 items-center">
        <Wordmark name={words("title")} />
      </header>
      <main id="content">
        <noscript>
          <Notice tone="warning">{words("needsScripts")}</Notice>
        </noscript>
        <PhoneApp
          texts={await getPhoneTexts()}
          requestTexts={await getRequestTexts()}
          pushTexts={await getPushTexts()}
        />
      </main>
    </div>
  );
}
