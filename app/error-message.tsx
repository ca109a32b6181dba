import { TriangleAlert } from "lucide-react";
import { FocusedPage } from "@/components/focused-page";
import { StepCard } from "@/components/step-card";
import { errors, product } from "@/messages/en.json";

/** What a person sees when something threw. Its words are in the script: the server may be the trouble. */
export function ErrorMessage({ digest, retry }: { digest: string | undefined; retry: () => void }) {
  return (
    <FocusedPage product={product.name}>
      <StepCard icon={TriangleAlert} title={errors.title} intro={errors.text}>
        {digest && (
          <p className="text-sm text-muted">{errors.reference.replace("{digest}", digest)}</p>
        )}
        <button type="button" className="button button-primary w-full" onClick={retry}>
          {errors.retry}
        </button>
      </StepCard>
    </FocusedPage>
  );
}
