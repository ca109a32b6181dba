"use client";

import { useEffect, useRef, useState } from "react";
import { FocusedHeading } from "@/components/focused-heading";
import { Notice } from "@/components/notice";
import { readScannedText, type ScannedCode } from "./scanned-code";
import type { PhoneTexts } from "./texts";

const LOOK_MS = 150;
const MAX_PIXELS = 640; // enough for any picture of the portal, and quick to read

/** Looks through the camera until it sees a QR code of this portal. */
export function Scanner({
  texts,
  cancel,
  onScanned,
  onCancel,
}: {
  texts: PhoneTexts["scanner"];
  cancel: string;
  onScanned: (code: ScannedCode) => void;
  onCancel: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const [trouble, setTrouble] = useState<"denied" | "none" | "foreign">();
  const latest = useRef(onScanned);
  useEffect(() => {
    latest.current = onScanned;
  });
  useEffect(() => {
    const ending = new AbortController();
    if (video.current) {
      watch(video.current, ending.signal, (text) => {
        const code = readScannedText(text);
        if (!code) return setTrouble("foreign");
        ending.abort();
        latest.current(code);
      }).catch((error: unknown) => {
        if (ending.signal.aborted) return;
        const isDenied = error instanceof DOMException && error.name === "NotAllowedError";
        setTrouble(isDenied ? "denied" : "none");
      });
    }
    return () => ending.abort();
  }, []);
  const hasCamera = trouble !== "denied" && trouble !== "none";
  return (
    <section className="card space-y-4">
      <FocusedHeading>{texts.title}</FocusedHeading>
      {hasCamera && (
        <>
          <p className="text-muted">{texts.hint}</p>
          <video
            ref={video}
            muted
            playsInline
            aria-label={texts.title}
            className="aspect-square w-full rounded-lg bg-black object-cover"
          />
        </>
      )}
      <div role="alert" className="empty:hidden">
        {trouble && (
          <Notice tone={trouble === "foreign" ? "warning" : "danger"}>{texts[trouble]}</Notice>
        )}
      </div>
      <button type="button" className="button button-secondary w-full" onClick={onCancel}>
        {cancel}
      </button>
    </section>
  );
}

/** Shows the camera in `video` and tells every text that it sees, until `signal`; then the camera is off. */
async function watch(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  const { default: decodeQR } = await import("qr/decode.js");
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment" },
  });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop);
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser draws no canvas.");
  while (!signal.aborted) {
    const scale = Math.min(1, MAX_PIXELS / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (canvas.width > 0 && canvas.height > 0) {
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = decode(decodeQR, context.getImageData(0, 0, canvas.width, canvas.height));
      if (text !== undefined && !signal.aborted) onText(text);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function decode(decodeQR: (image: ImageData) => string, image: ImageData): string | undefined {
  try {
    return decodeQR(image);
  } catch {
    return undefined; // it sees none
  }
}
