"use client";

import {
  createContext,
  type ReactNode,
  useActionState,
  useContext,
  useId,
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
  /** What was chosen for the set in use, when the answer was no. */
  previous: string | undefined;
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
  const [{ generated, error, previous }, generate] = useActionState<GenerationState, FormData>(
    generateRecoveryCodes,
    {},
    "/account/mfa/recovery-codes",
  );
  if (generated) return <Shown generated={generated} texts={texts} wipe={wipe} />;
  return (
    <GenerationContext.Provider value={{ generate, error, previous, working: texts.working }}>
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

/** What can become of the set in use; the first is what happens unless the person chooses. */
export type PreviousChoice = {
  legend: string;
  options: { value: string; label: string; help: string }[];
  /** What the person had chosen before they were asked to prove themselves. */
  kept: string | undefined;
};

/** The button that generates a set; it carries the newest set the page knew. */
export function GenerateButton({
  knownSetId,
  choice,
  children,
  className,
}: {
  knownSetId: string | undefined;
  choice?: PreviousChoice;
  children: ReactNode;
  className?: string;
}) {
  const generation = useContext(GenerationContext);
  if (!generation) throw new Error("A GenerateButton stands inside a RecoveryCodesStage.");
  const { generate, error, previous, working } = generation;
  return (
    <form action={generate}>
      <div role="alert" className={error && "mb-5"}>
        {error && <Notice tone="danger">{error}</Notice>}
      </div>
      <input type="hidden" name="knownSet" value={knownSetId ?? ""} />
      {choice && <PreviousFields choice={choice} chosen={previous ?? choice.kept} />}
      <SubmitButton working={working} className={className}>
        {children}
      </SubmitButton>
    </form>
  );
}

function PreviousFields({
  choice: { legend, options },
  chosen,
}: {
  choice: PreviousChoice;
  chosen: string | undefined;
}) {
  const id = useId();
  const checked = options.find(({ value }) => value === chosen) ?? options[0];
  return (
    <fieldset className="mb-5 space-y-3">
      <legend className="mb-3 font-medium">{legend}</legend>
      {options.map(({ value, label, help }) => (
        <div key={value} className="flex gap-3">
          <input
            type="radio"
            id={`${id}-${value}`}
            name="previous"
            value={value}
            defaultChecked={value === checked?.value}
            aria-describedby={`${id}-${value}-help`}
            className="mt-0.5 size-5 shrink-0 accent-accent"
          />
          <div className="min-w-0 space-y-0.5">
            <label htmlFor={`${id}-${value}`} className="block cursor-pointer">
              {label}
            </label>
            <p id={`${id}-${value}-help`} className="text-sm text-muted">
              {help}
            </p>
          </div>
        </div>
      ))}
    </fieldset>
  );
}
