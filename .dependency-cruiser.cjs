// Who may import whom: README shows it as a picture. A test may also reach for lib/db/testing.
const TESTS = "\\.test\\.tsx?$|^lib/db/testing/";
const PRISMA = "^lib/db/|node_modules/(@prisma|prisma|pg|@electric-sql|pglite-prisma-adapter)/";

/** Nothing in `from` may import `to`. */
const never = (name, from, to) => ({ name, severity: "error", from, to });

/** Of our files, only `owner` imports `to`. */
const only = (name, owner, to) => never(name, { pathNot: owner }, to);

module.exports = {
  forbidden: [
    never("no-cycles", {}, { circular: true }),
    never("no-missing-modules", {}, { couldNotResolve: true }),
    never("app-knows-no-database", { path: "^app/" }, { path: PRISMA }),
    never(
      "app-imports-screens-components-rules-and-texts",
      { path: "^app/" },
      { path: "^(?!app/|components/|lib/|messages/|node_modules/)[^/]+/" },
    ),
    never(
      "components-know-no-route",
      { path: "^components/" },
      { path: "^(app|messages|prisma)/" },
    ),
    never(
      "components-know-only-types-of-lib",
      { path: "^components/" },
      { path: "^lib/", dependencyTypesNot: ["type-only"] },
    ),
    never("components-know-no-database", { path: "^components/" }, { path: PRISMA }),
    never("lib-knows-no-screen", { path: "^lib/" }, { path: "^(app|components)/" }),
    never(
      "mfa-knows-no-framework",
      { path: "^lib/mfa/" },
      { path: "^lib/(auth|admin)/|node_modules/(next|next-auth|react|react-dom)/" },
    ),
    never(
      "notices-and-db-know-no-rules",
      { path: "^lib/(notices|db)/", pathNot: TESTS },
      { path: "^lib/(mfa|auth|admin)/" },
    ),
    never(
      "product-knows-no-tests",
      { path: "^(app|components|lib|prisma)/", pathNot: TESTS },
      { path: `^e2e/|^bench/|${TESTS}|node_modules/(vitest|fast-check|@playwright)/` },
    ),
    only("bcryptjs-in-the-hash-worker", "^lib/hash-worker\\.mjs$", {
      path: "node_modules/bcryptjs/",
    }),
    only("nodemailer-in-send-mail", "^lib/notices/send-mail\\.ts$", {
      path: "node_modules/(@types/)?nodemailer/",
    }),
    only("next-auth-in-auth", "^(lib/auth|app/api/auth)/", { path: "node_modules/next-auth/" }),
  ],
  options: {
    doNotFollow: { path: "node_modules|^lib/db/generated" },
    exclude: { path: "^\\.next/|^node_modules/.*/node_modules/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "default", "types"],
    },
  },
};
