import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.join(import.meta.dirname, "../..");

test("LC-08 nothing but a check of the role proves that somebody administers", () => {
  const sources = ["app", "components", "lib"]
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        path.join(folder, file),
      ),
    )
    .filter((file) => /(?<!\.test)\.tsx?$/.test(file) && !/^lib\/db\/testing\//.test(file));
  const minting = sources.filter((file) =>
    readFileSync(path.join(ROOT, file), "utf8").includes("provenAdministrator"),
  );
  expect(minting.sort()).toEqual(["lib/auth/administration.ts", "lib/auth/hold-administrator.ts"]);
});
