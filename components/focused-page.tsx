import type { ReactNode } from "react";
import { Wordmark } from "./mark";

/** A page with one card on it, the mark above. */
export function FocusedPage({ product, children }: { product: string; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col items-center gap-6 px-4 py-8 sm:py-16">
      <Wordmark name={product} />
      <main id="content" className="flex w-full flex-col items-center gap-6">
        {children}
      </main>
    </div>
  );
}
