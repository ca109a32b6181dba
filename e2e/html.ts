/** A form as its markup has it. */
export type Form = {
  method: string;
  action: string;
  isMultipart: boolean;
  /** What would be sent if nothing was filled in. */
  fields: [name: string, value: string][];
};

/** The form that has a button of this name. */
export function findForm(html: string, button: string): Form | undefined {
  for (const [, tag = "", inner = ""] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    const labels = [...inner.matchAll(/<button\b[^>]*>(.*?)<\/button>/gs)];
    if (!labels.some(([, label = ""]) => textOf(label) === button)) continue;
    const { method = "get", action = "", enctype } = readAttributes(tag);
    return {
      action,
      method: method.toUpperCase(),
      isMultipart: enctype === "multipart/form-data",
      fields: [
        ...[...inner.matchAll(/<input\b([^>]*?)\/?>/gs)].flatMap(([, tag = ""]) => readField(tag)),
        ...[...inner.matchAll(/<textarea\b([^>]*)>(.*?)<\/textarea>/gs)].map(
          ([, tag = "", text = ""]): [string, string] => [
            readAttributes(tag).name ?? "",
            decodeEntities(text),
          ],
        ),
      ],
    };
  }
  return undefined;
}

/** What a page says, without its markup and scripts. */
export function textOf(html: string): string {
  const visible = html
    .replace(/<(script|style|title)\b.*?<\/\1>/gs, "")
    .replace(/<!--.*?-->/gs, "");
  return decodeEntities(visible.replace(/<[^>]+>/g, " "))
    .replace(/\s+/g, " ")
    .trim();
}

/** The paths of this portal that a page links to. */
export function linksOf(html: string): string[] {
  const links = [...html.matchAll(/<a\b([^>]*)>/gs)].map(
    ([, tag = ""]) => readAttributes(tag).href ?? "",
  );
  return links.filter((href) => href.startsWith("/"));
}

function readField(input: string): [string, string][] {
  const { name, type, value = type === "checkbox" ? "on" : "", checked } = readAttributes(input);
  const isTicked = !["checkbox", "radio"].includes(type ?? "") || checked !== undefined;
  const isSent = name !== undefined && isTicked;
  return isSent ? [[name, value]] : [];
}

function readAttributes(tag: string): Record<string, string> {
  const pairs = [...tag.matchAll(/([^\s="/]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(
    pairs.map(([, name = "", value = ""]) => [name.toLowerCase(), decodeEntities(value)]),
  );
}

function decodeEntities(text: string): string {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name) return named[name] ?? entity;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });
}
