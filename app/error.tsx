"use client";

import { ErrorMessage } from "./error-message";

export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return <ErrorMessage digest={error.digest} retry={reset} />;
}
