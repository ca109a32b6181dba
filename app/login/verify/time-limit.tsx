"use client";

import { Notice } from "@/components/notice";
import { useSecondsLeft } from "@/components/use-seconds-left";

const WARN_SECONDS = 60; // WCAG 2.2.1 asks for 20

/** Says before and after the end that the ten minutes of a login end (AX-09); each step has the way to new ones. */
export function TimeLimit({
  seconds,
  texts,
}: {
  seconds: number;
  texts: { ending: string; ended: string };
}) {
  const left = useSecondsLeft(seconds);
  return (
    <div role="status" className="w-full max-w-100 empty:hidden">
      {left <= WARN_SECONDS && (
        <Notice tone="warning">{left > 0 ? texts.ending : texts.ended}</Notice>
      )}
    </div>
  );
}
