import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

// Kilobytes of JavaScript, gzipped, that the first load of a page takes, against an empty page: what
// the framework and the root layout load before a page has anything of its own.

const PAGES = [
  "login",
  "login/verify/recovery-codes",
  "login/verify/methods",
  "account",
  "account/mfa",
  "account/mfa/recovery-codes",
];
/** Loaded only when they are shown. */
const ONLY_WHEN_SHOWN = /app\/(not-found|forbidden)$/;

type Manifest = { entryJSFiles: Record<string, string[]> };

const { rootMainFiles }: { rootMainFiles: string[] } = JSON.parse(
  readFileSync(".next/build-manifest.json", "utf8"),
);
const empty = weigh([
  ...rootMainFiles,
  ...filesOf("login", (entry) => entry.endsWith("app/layout")),
]);
print("an empty page", empty);
for (const page of PAGES) {
  const own = filesOf(page, (entry) => !ONLY_WHEN_SHOWN.test(entry));
  print(`/${page}`, weigh([...rootMainFiles, ...own]));
}

function filesOf(page: string, isLoaded: (entry: string) => boolean): string[] {
  const file = `.next/server/app/${page}/page_client-reference-manifest.js`;
  const script = readFileSync(file, "utf8");
  const manifest: Manifest = JSON.parse(
    script.slice(script.indexOf("= {", script.indexOf("]")) + 2).replace(/;\s*$/, ""),
  );
  return Object.entries(manifest.entryJSFiles)
    .filter(([entry]) => isLoaded(entry))
    .flatMap(([, files]) => files);
}

function weigh(files: string[]): number {
  return [...new Set(files)]
    .map((file) => gzipSync(readFileSync(`.next/${file}`)).length)
    .reduce((sum, bytes) => sum + bytes, 0);
}

function print(page: string, bytes: number): void {
  const kilobytes = (bytes / 1000).toFixed(1).padStart(6);
  console.log(
    `${page.padEnd(30)} ${kilobytes} kB   ${(bytes / empty).toFixed(2)} of an empty page`,
  );
}
