import type { Metadata } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { getLanguage, getWords } from "@/messages/words";
import "./globals.css";

export async function generateMetadata(): Promise<Metadata> {
  const words = await getWords("product");
  return {
    title: { default: words("name"), template: words("titleTemplate") },
    description: words("description"),
    robots: { index: false, follow: false },
  };
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection(); // a page made at build time would have no nonce, and so no scripts
  return (
    <html lang={await getLanguage()}>
      <body>{children}</body>
    </html>
  );
}
