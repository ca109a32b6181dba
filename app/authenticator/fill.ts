/** Puts values into the `{…}` of a text that came from the server. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
}
