import { TriangleAlert } from "lucide-react";
import { FocusedPage } from "@/components/focused-page";
import { StepCard } from "@/components/step-card";

// Compiled in by next.config.ts: the server may be what is in trouble.
const words: Record<"product" | "title" | "text" | "reference" | "retry", string> = JSON.parse(
  process.env.ERROR_WORDS ?? "{}",
);

/** What a person sees when something threw. */
export function ErrorMessage({ digest, retry }: { digest: string | undefined; retry: () => void }) {
  return (
    <FocusedPage product={words.product}>
      <StepCard icon={TriangleAlert} title={words.title} intro={words.text}>
        {digest && (
          <p className="text-sm text-muted">{words.reference.replace("{digest}", digest)}</p>
        )}
        <button type="button" className="button button-primary w-full" onClick={retry}>
          {words.retry}
        </button>
      </StepCard>
    </FocusedPage>
  );
}
