"use client";

import { Copy, Download, Printer } from "lucide-react";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { FocusedHeading } from "./focused-heading";
import { useLeaveWarning } from "./leave-warning";
import { Notice } from "./notice";
import { SetBadge } from "./set-badge";
import { SubmitButton } from "./submit-button";

export type TenCodesTexts = {
  title: string;
  once: string;
  listLabel: string;
  copy: string;
  download: string;
  print: string;
  copied: string;
  copyFailed: string;
  downloaded: string;
  protect: string;
  saved: string;
  done: string;
  tickFirst: string;
  leave: string;
  working: string;
};

/** What is shown around the codes, downloaded and printed. */
export type CodesSheet = {
  fileName: string;
  /** The whole file, with the ten codes. */
  text: string;
  title: string;
  letter: string;
  setLabel: string;
  /** Account, portal and date in one line. */
  about: string;
  /** Name and value, one a line: portal, account, set, date. */
  facts: [string, string][];
  howTitle: string;
  advice: string[];
};

const never = () => () => undefined;

/** Ten recovery codes, shown once: read, copied, downloaded or printed, then marked as saved. */
export function TenCodes({
  codes,
  setId,
  sheet,
  oldSets,
  texts,
  confirm,
}: {
  codes: string[];
  setId: string;
  sheet: CodesSheet;
  /** What became of the sets before this one, a sentence each. */
  oldSets: string[];
  texts: TenCodesTexts;
  confirm: (formData: FormData) => void;
}) {
  const [saved, setSaved] = useState(false);
  const [explained, setExplained] = useState(false);
  const hasScripts = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  useLeaveWarning(texts.leave);

  const explainUnlessSaved = (event: FormEvent) => {
    if (saved) return;
    event.preventDefault();
    setExplained(true);
  };
  return (
    <div className="space-y-6 print:text-black">
      <ScreenHead sheet={sheet} oldSets={oldSets} texts={texts} />
      <PrintHead sheet={sheet} />
      <section className="card space-y-6 print:rounded-none print:border-x-0 print:border-black print:px-0">
        <CodesList codes={codes} label={texts.listLabel} />
        {hasScripts && <Actions codes={codes} sheet={sheet} texts={texts} />}
      </section>
      <p className="text-sm text-muted print:hidden">{texts.protect}</p>
      <PrintFoot sheet={sheet} />
      <form
        action={confirm}
        onSubmit={explainUnlessSaved}
        noValidate={hasScripts}
        className="card space-y-4 print:hidden"
      >
        <input type="hidden" name="set" value={setId} />
        <label className="flex min-h-11 cursor-pointer items-center gap-3 font-medium">
          <input
            type="checkbox"
            name="saved"
            required
            checked={hasScripts ? saved : undefined}
            onChange={(event) => setSaved(event.target.checked)}
            className="size-5 accent-accent"
          />
          {texts.saved}
        </label>
        <div role="status" className="text-sm text-danger empty:hidden">
          {explained && !saved && texts.tickFirst}
        </div>
        <SubmitButton
          working={texts.working}
          className="button button-primary w-full sm:w-auto sm:min-w-32"
          quiet={hasScripts && !saved}
        >
          {texts.done}
        </SubmitButton>
      </form>
    </div>
  );
}

function ScreenHead({
  sheet,
  oldSets,
  texts,
}: {
  sheet: CodesSheet;
  oldSets: string[];
  texts: TenCodesTexts;
}) {
  return (
    <div className="space-y-6 print:hidden">
      <div className="space-y-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <FocusedHeading>{texts.title}</FocusedHeading>
          <SetBadge label={sheet.setLabel} />
        </div>
        <p className="text-sm text-muted">{sheet.about}</p>
      </div>
      <Notice tone="warning">
        <p>{texts.once}</p>
        {oldSets.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </Notice>
    </div>
  );
}

/** Numbered, not broken across lines; a click selects one whole code, and a box to tick it off is printed. */
function CodesList({ codes, label }: { codes: string[]; label: string }) {
  return (
    <ol
      aria-label={label}
      className="grid gap-x-8 gap-y-1 min-[35rem]:grid-flow-col min-[35rem]:grid-cols-2 min-[35rem]:grid-rows-5 print:grid-flow-col print:grid-cols-2 print:grid-rows-5"
    >
      {codes.map((code, index) => (
        <li key={code} className="flex min-h-10 items-center gap-3">
          <span
            aria-hidden="true"
            className="hidden size-4 shrink-0 border border-black print:inline-block"
          />
          <span className="w-7 shrink-0 text-right text-sm text-muted tabular-nums print:text-black">
            {index + 1}.
          </span>{" "}
          <code className="mono text-[1.0625rem] font-medium whitespace-nowrap select-all sm:text-lg print:text-[14pt]">
            {code}
          </code>
        </li>
      ))}
    </ol>
  );
}

function Actions({
  codes,
  sheet,
  texts,
}: {
  codes: string[];
  sheet: CodesSheet;
  texts: TenCodesTexts;
}) {
  const [told, setTold] = useState("");
  const copy = async () => {
    const lines = codes.map((code, index) => `${index + 1}. ${code}`).join("\n");
    try {
      await navigator.clipboard.writeText(lines);
      setTold(texts.copied);
    } catch {
      setTold(texts.copyFailed); // refused, or there is no clipboard: plain http has none
    }
  };
  const download = () => {
    save(sheet);
    setTold(texts.downloaded);
  };
  return (
    <div className="space-y-3 print:hidden">
      <div className="grid grid-cols-3 gap-2 max-[30rem]:[&>button]:flex-col max-[30rem]:[&>button]:gap-1 max-[30rem]:[&>button]:px-1">
        <button type="button" className="button button-secondary" onClick={copy}>
          <Copy aria-hidden="true" size={20} strokeWidth={1.5} />
          {texts.copy}
        </button>
        <button type="button" className="button button-secondary" onClick={download}>
          <Download aria-hidden="true" size={20} strokeWidth={1.5} />
          {texts.download}
        </button>
        <button type="button" className="button button-secondary" onClick={() => window.print()}>
          <Printer aria-hidden="true" size={20} strokeWidth={1.5} />
          {texts.print}
        </button>
      </div>
      <p role="status" className="min-h-5 text-sm text-muted">
        {told}
      </p>
    </div>
  );
}

/** Made and read in this browser alone: no address ever serves the codes (HD-08). */
function save({ fileName, text }: CodesSheet): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function PrintHead({ sheet }: { sheet: CodesSheet }) {
  return (
    <div className="hidden space-y-4 print:block">
      <p className="text-xl font-semibold">{sheet.title}</p>
      <div className="flex items-start justify-between gap-8">
        <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-sm">
          {sheet.facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="border-2 border-black px-5 py-3 text-[3rem] leading-none font-semibold">
          {sheet.letter}
        </p>
      </div>
    </div>
  );
}

function PrintFoot({ sheet }: { sheet: CodesSheet }) {
  return (
    <div className="hidden space-y-2 text-sm print:block">
      <p className="font-semibold">{sheet.howTitle}</p>
      {sheet.advice.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}
