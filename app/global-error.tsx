"use client";

import { ErrorMessage } from "./error-message";
import "./globals.css";

export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="en">
      <body>
        <ErrorMessage digest={error.digest} retry={reset} />
      </body>
    </html>
  );
}
