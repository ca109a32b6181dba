import "server-only";

/**
 * What a spreadsheet would take for a formula (OWASP, CSV injection): a sign of one, also a full-width one, where a
 * cell begins. That is at the start, and after every character that parts cells for somebody: Excel parts them by
 * semicolons or tabs where commas are in numbers, and then takes no heed of our quotes.
 */
const FORMULA = /(?:^|[;\t\r\n])(?=(?:[^\S\t\r\n]|")*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/**
 * One line of a CSV file (RFC 4180), with its end. What a spreadsheet would run as a formula has an apostrophe
 * before it, which makes it text.
 */
export function csvLine(cells: (string | number | null)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const guarded = cell.replace(FORMULA, "$&'");
  const text = /^[\t\r]/.test(guarded) ? `'${guarded}` : guarded;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
