import { readFileSync } from "node:fs";
import path from "node:path";

/** A server action of the build: a public address, whatever page shows its form. */
export type BuiltAction = { id: string; name: string; file: string; pages: string[] };

/** The path of every page and handler of the build; a catch-all stands for one path beneath it. */
export function listRoutes(): string[] {
  const manifest: Record<string, string> = read("app-path-routes-manifest.json");
  return Object.values(manifest)
    .filter((route) => !route.startsWith("/_"))
    .map((route) => route.replace("[...nextauth]", "session"));
}

/** Every server action of the build. */
export function listActions(): BuiltAction[] {
  const { node }: ActionManifest = read("server/server-reference-manifest.json");
  return Object.entries(node).map(([id, { exportedName, filename, workers }]) => ({
    id,
    name: exportedName,
    file: filename,
    pages: Object.keys(workers).map((worker) => worker.replace(/^app|\/page$/g, "")),
  }));
}

/** The configuration that the build was made with. */
export function readBuiltConfig(): { experimental: { serverActions: Record<string, unknown> } } {
  return read("required-server-files.json").config;
}

type ActionManifest = {
  node: Record<
    string,
    { exportedName: string; filename: string; workers: Record<string, unknown> }
  >;
};

function read(file: string) {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, "..", ".next", file), "utf8"));
}
