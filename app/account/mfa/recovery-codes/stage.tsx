"use client";

import {
  createContext,
  type ReactNode,
  useActionState,
  useContext,
  useLayoutEffect,
  useState,
} from "react";
import { flushSync } from "react-dom";
import { Notice } from "@/components/notice";
import { SubmitButton } from "@/components/submit-button";
import { TenCodes, type TenCodesTexts } from "@/components/ten-codes";
import { useWipeOnLeave } from "@/components/wipe-on-leave";
import { confirmRecoveryCodes, type GenerationState, generateRecoveryCodes } from "./actions";

type Generation = {
  generate: (formData: FormData) => void;
  error: string | undefined;
  working: string;
};

const GenerationContext = createContext<Generation | undefined>(undefined);

type StageProps = {
  texts: TenCodesTexts;
  /** Shown in place of the codes once the page was left. */
  wiped: ReactNode;
  children: ReactNode;
};

/**
 * Shows its children until codes are generated, then the ten codes alone. Without scripts the answer
 * lands on the codes' own page.
 */
export function RecoveryCodesStage(props: StageProps) {
  const [wipes, setWipes] = useState(0);
  // A new key drops the old action state, and with it the codes, at once: the page may be frozen next.
  const wipe = () => flushSync(() => setWipes((count) => count + 1));
  return <Stage key={wipes} {...props} isWiped={wipes > 0} wipe={wipe} />;
}

function Stage({
  texts,
  wiped,
  children,
  isWiped,
  wipe,
}: StageProps & { isWiped: boolean; wipe: () => void }) {
  const [{ generated, error }, generate] = useActionState<GenerationState, FormData>(
    generateRecoveryCodes,
    {},
    "/account/mfa/recovery-codes",
  );
  if (generated) return <Shown generated={generated} texts={texts} wipe={wipe} />;
  return (
    <GenerationContext.Provider value={{ generate, error, working: texts.working }}>
      {isWiped ? wiped : children}
    </GenerationContext.Provider>
  );
}

function Shown({
  generated,
  texts,
  wipe,
}: {
  generated: NonNullable<GenerationState["generated"]>;
  texts: TenCodesTexts;
  wipe: () => void;
}) {
  useWipeOnLeave(wipe, generated.codes);
  useLayoutEffect(() => {
    window.scrollTo({ top: 0 });
  }, []);
  const [, confirm] = useActionState(confirmRecoveryCodes, undefined);
  return <TenCodes {...generated} texts={texts} confirm={confirm} />;
}

/** The button that generates a set; it carries the newest set the page knew. */
export function GenerateButton({
  knownSetId,
  children,
  className,
}: {
  knownSetId: string | undefined;
  children: ReactNode;
  className?: string;
}) {
  const generation = useContext(GenerationContext);
  if (!generation) throw new Error("A GenerateButton stands inside a RecoveryCodesStage.");
  return (
    <form action={generation.generate} className="space-y-3">
      <div role="alert">
        {generation.error && <Notice tone="danger">{generation.error}</Notice>}
      </div>
      <input type="hidden" name="knownSet" value={knownSetId ?? ""} />
      <SubmitButton working={generation.working} className={className}>
        {children}
      </SubmitButton>
    </form>
  );
}
