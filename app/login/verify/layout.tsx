import type { ReactNode } from "react";
import { FocusedPage } from "@/components/focused-page";
import { getWords } from "@/messages/words";

export default async function VerifyLayout({ children }: { children: ReactNode }) {
  return <FocusedPage product={(await getWords("product"))("name")}>{children}</FocusedPage>;
}
