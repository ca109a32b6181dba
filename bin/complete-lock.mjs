// npm records an optional platform package only when the registry it talks to carries it. Where a
// mirror lacks some, the lockfile has holes and `npm ci` refuses it ("Missing: … from lock file").
// This adds a stub for each hole: enough for npm to see that the package is optional and for which
// platform. Run it after every lock change.
import { readFileSync, writeFileSync } from "node:fs";

const LOCK = "package-lock.json";
const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const added = [];

for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(name, parent)) continue;
    const { os, cpu, libc } = platformOf(name);
    if (!(os || cpu) || !/^\d+\.\d+\.\d+/.test(version)) {
      throw new Error(`${name}@${version}, wanted by ${parent}, is not an exact platform package.`);
    }
    // In npm's own order, so that a later `npm install` leaves the file as it is.
    lock.packages[`node_modules/${name}`] = { version, cpu, dev, libc, optional: true, os };
    added.push(name);
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`${LOCK}: ${added.length} platform packages added.`);

// Looks where Node would: beside the parent, then in every node_modules above it.
function isLocked(name, parent) {
  for (
    let folder = parent;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))
  ) {
    if (lock.packages[folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`])
      return true;
    if (folder === "") return false;
  }
}

// "@scope/binding-linux-arm-gnueabihf" → { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }
function platformOf(name) {
  const parts = name.split(/[/-]/);
  const found = (words) => words.filter((word) => parts.includes(word));
  const listed = (words) => (words.length > 0 ? words : undefined);
  const os = listed(found(SYSTEMS));
  const cpu = listed(found(PROCESSORS));
  const libc = /musl/.test(name)
    ? ["musl"]
    : os?.includes("linux") && /gnu/.test(name)
      ? ["glibc"]
      : undefined;
  return { os, cpu, libc };
}
