"use client";

import { Copy, Download, Printer } from "lucide-react";
import { type FormEvent, useEffect, useState, useSyncExternalStore } from "react";
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
  texts,
  confirm,
}: {
  codes: string[];
  setId: string;
  sheet: CodesSheet;
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
    <div className="space-y-6">
      <div className="space-y-6 print:hidden">
        <div className="space-y-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <h1>{texts.title}</h1>
            <SetBadge label={sheet.setLabel} />
          </div>
          <p className="text-sm text-muted">{sheet.about}</p>
        </div>
        <Notice tone="warning">{texts.once}</Notice>
        <section className="card space-y-6">
          <ol
            aria-label={texts.listLabel}
            className="grid gap-x-8 gap-y-1 min-[35rem]:grid-flow-col min-[35rem]:grid-cols-2 min-[35rem]:grid-rows-5"
          >
            {codes.map((code, index) => (
              <li key={code} className="flex min-h-10 items-center gap-3">
                <span className="w-7 text-right text-sm text-muted tabular-nums">{index + 1}.</span>{" "}
                <code className="mono text-[1.0625rem] font-medium whitespace-nowrap select-all sm:text-lg">
                  {code}
                </code>
              </li>
            ))}
          </ol>
          {hasScripts && <Actions codes={codes} sheet={sheet} texts={texts} />}
        </section>
        <p className="text-sm text-muted">{texts.protect}</p>
        <form
          action={confirm}
          onSubmit={explainUnlessSaved}
          noValidate={hasScripts}
          className="card space-y-4"
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
      <PrintSheet codes={codes} sheet={sheet} />
    </div>
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
    const copied = await navigator.clipboard.writeText(lines).then(
      () => true,
      () => false,
    );
    setTold(copied ? texts.copied : texts.copyFailed);
  };
  const download = () => {
    save(sheet);
    setTold(texts.downloaded);
  };
  return (
    <div className="space-y-3">
      <div className="grid grid-cols-1 gap-2 min-[24rem]:grid-cols-3">
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

/** Warns before the page is left by closing, reloading, or following a link of the portal. */
function useLeaveWarning(question: string): void {
  useEffect(() => {
    let leaving = false;
    const beforeUnload = (event: BeforeUnloadEvent) => {
      if (!leaving) event.preventDefault();
    };
    const beforeLink = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      if (!link || link.hasAttribute("download") || link.getAttribute("href")?.startsWith("#"))
        return;
      leaving = window.confirm(question);
      if (!leaving) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("beforeunload", beforeUnload);
    document.addEventListener("click", beforeLink, true);
    return () => {
      window.removeEventListener("beforeunload", beforeUnload);
      document.removeEventListener("click", beforeLink, true);
    };
  }, [question]);
}

function PrintSheet({ codes, sheet }: { codes: string[]; sheet: CodesSheet }) {
  return (
    <section aria-hidden="true" className="hidden space-y-6 text-black print:block">
      <p className="text-xl font-semibold">{sheet.title}</p>
      <div className="grid grid-cols-[1fr_auto] items-start gap-8">
        <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-sm">
          {sheet.facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="border-2 border-black px-5 py-2 text-[3rem] leading-none font-semibold">
          {sheet.letter}
        </p>
      </div>
      <div className="grid grid-flow-col grid-cols-2 grid-rows-5 gap-x-8 border-y border-black py-4">
        {codes.map((code, index) => (
          <div key={code} className="flex items-center gap-3 py-2">
            <span className="inline-block size-4 border border-black" />
            <span className="w-6 text-right text-sm">{index + 1}.</span>
            <span className="mono text-[14pt] whitespace-nowrap">{code}</span>
          </div>
        ))}
      </div>
      <div className="space-y-2 text-sm">
        <p className="font-semibold">{sheet.howTitle}</p>
        {sheet.advice.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
    </section>
  );
}
