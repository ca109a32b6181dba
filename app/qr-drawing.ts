import "server-only";
import encodeQR from "qr";

/** Draws a text as a QR code, on this server; nobody else ever sees it (OT-11). */
export function drawQr(text: string): { path: string; size: number } {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
  const squares = rows.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return { path: squares.join(""), size: rows.length };
}
