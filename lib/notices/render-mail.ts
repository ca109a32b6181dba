import "server-only";

/** A part of a mail; all texts are plain. */
export type Block =
  | { kind: "paragraph"; text: string }
  | { kind: "facts"; rows: { name: string; value: string }[] }
  | { kind: "action"; label: string; url: string };

/** What a mail says, before it is text or HTML. */
export type MailContent = {
  product: string;
  /** What happened; also the heading. */
  subject: string;
  blocks: Block[];
  footer: string;
};

const LINE = 72; // RFC 3676: under 78, so that an answer's ">" still fits

/** The mail as plain text. */
export function renderText({ product, subject, blocks, footer }: MailContent): string {
  const parts = [product, wrap(subject), ...blocks.map(blockText), `-- \n${wrap(footer)}`];
  return `${parts.join("\n\n")}\n`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return wrap(block.text);
    case "facts": {
      const width = Math.max(...block.rows.map(({ name }) => name.length)) + 2;
      return block.rows.map(({ name, value }) => `${`${name}:`.padEnd(width)}${value}`).join("\n");
    }
    case "action":
      return `${block.label}:\n${block.url}`;
  }
}

/** Breaks between words only, so that addresses stay whole. */
function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * The mail as HTML: one column, no picture, nothing loaded, every text escaped. Styles are inline, since
 * many programs drop a sheet; the sheet is for those that know a dark scheme.
 */
export function renderHtml({ product, subject, blocks, footer }: MailContent): string {
  const preheader = blocks.find((block) => block.kind === "paragraph");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){${DARK_SHEET}}</style>
</head>
<body${look("canvas")}>
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(preheader?.text ?? "")}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"${look("canvas")}><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;text-align:left">
<tr><td${look("mark")}>${escapeHtml(product)}</td></tr>
<tr><td${look("card")}>
<h1${look("heading")}>${escapeHtml(subject)}</h1>
${blocks.map(blockHtml).join("\n")}
</td></tr>
<tr><td${look("footer")}>${link(escapeHtml(footer))}</td></tr>
</table>
</td></tr></table>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return `<p${look("paragraph")}>${link(escapeHtml(block.text))}</p>`;
    case "facts":
      return `<table cellpadding="0" cellspacing="0"${look("facts")}>${block.rows
        .map(
          ({ name, value }) =>
            `<tr><th scope="row"${look("name")}>${escapeHtml(name)}</th><td${look("value")}>${escapeHtml(value)}</td></tr>`,
        )
        .join("")}</table>`;
    case "action":
      return `<p style="margin:0 0 20px"><a href="${escapeHtml(block.url)}"${look("button")}>${escapeHtml(block.label)}</a></p>`;
  }
}

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Makes the addresses of pages in an escaped text links; a full stop after one is not part of it. */
const link = (html: string) =>
  html.replace(
    /https?:\/\/[^\s<>&]*[^\s<>&.,:;]/g,
    (url) => `<a href="${url}"${look("link")}>${url}</a>`,
  );

/** The colours of app/globals.css, for programs that know no variables. */
const LIGHT = {
  canvas: "#f4f6f5",
  surface: "#ffffff",
  line: "#d8dfdc",
  text: "#14201c",
  muted: "#52605b",
  accent: "#0b6b57",
  onAccent: "#ffffff",
};
const DARK: typeof LIGHT = {
  canvas: "#0e1312",
  surface: "#161d1b",
  line: "#2c3733",
  text: "#eaf1ee",
  muted: "#a5b3ae",
  accent: "#58cdb0",
  onAccent: "#04241c",
};

const FONT =
  "font-family:Inter,system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const stylesIn = ({ canvas, surface, line, text, muted, accent, onAccent }: typeof LIGHT) => ({
  canvas: `background:${canvas};color:${text};margin:0;padding:0;${FONT}`,
  mark: `color:${accent};font-size:18px;font-weight:700;letter-spacing:-0.01em;padding:0 4px 16px`,
  card: `background:${surface};border:1px solid ${line};border-radius:10px;padding:28px 28px 8px`,
  heading: `color:${text};font-size:22px;line-height:1.3;font-weight:650;letter-spacing:-0.015em;margin:0 0 16px`,
  paragraph: `color:${text};font-size:16px;line-height:1.5;margin:0 0 20px;overflow-wrap:anywhere`,
  facts: `border-top:1px solid ${line};border-bottom:1px solid ${line};margin:0 0 20px;padding:11px 0;width:100%`,
  name: `color:${muted};font-size:14px;line-height:1.5;font-weight:400;text-align:left;vertical-align:top;padding:3px 16px 3px 0;white-space:nowrap`,
  value: `color:${text};font-size:14px;line-height:1.5;vertical-align:top;padding:3px 0;width:100%;overflow-wrap:anywhere`,
  button: `background:${accent};color:${onAccent};border-radius:8px;display:inline-block;font-size:16px;font-weight:600;line-height:1.5;padding:10px 20px;text-decoration:none`,
  link: `color:${accent};text-decoration:underline`,
  footer: `color:${muted};font-size:14px;line-height:1.5;padding:16px 4px 0;overflow-wrap:anywhere`,
});

const STYLES = stylesIn(LIGHT);

const DARK_SHEET = Object.entries(stylesIn(DARK))
  .map(([name, style]) => {
    const colours = style.split(";").filter((declaration) => declaration.includes("#"));
    return `.${name}{${colours.map((colour) => `${colour}!important`).join(";")}}`;
  })
  .join("");

const look = (name: keyof typeof STYLES) => ` class="${name}" style="${STYLES[name]}"`;
