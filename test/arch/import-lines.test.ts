import { expect, test } from "bun:test";
import { importLines } from "./import-lines.ts";
import { mayImport } from "./import-table.ts";

const CASES: readonly (readonly [title: string, source: string, want: readonly string[]])[] = [
  ["a named import", 'import { a } from "./a.ts";', ["1 ./a.ts"]],
  ["a side-effect import", 'import "./a.ts";', ["1 ./a.ts"]],
  ["a namespace import", 'import * as a from "node:fs";', ["1 node:fs"]],
  ["a type-only import", 'import type { A } from "./a.ts";', ["1 ./a.ts type"]],
  ["a list of types only", 'import { type A, type B } from "./a.ts";', ["1 ./a.ts type"]],
  ["a list with one value", 'import { type A, b } from "./a.ts";', ["1 ./a.ts"]],
  ["an import over several lines", 'import {\n  a,\n  b,\n} from "./a.ts";', ["1 ./a.ts"]],
  ["a re-export", 'export { a } from "./a.ts";', ["1 ./a.ts"]],
  ["a re-export of everything", 'export * from "./a.ts";', ["1 ./a.ts"]],
  ["a re-export of types", 'export type { A } from "./a.ts";', ["1 ./a.ts type"]],
  ["a default import beside types", 'import a, { type B } from "./a.ts";', ["1 ./a.ts"]],
  ["an import with attributes", 'import a from "./a.json" with { type: "json" };', ["1 ./a.json"]],
  ["a dynamic import", 'const a = await import("./a.ts");', ["1 ./a.ts dynamic"]],
  ["a require", 'const a = require("./a.ts") as A;', ["1 ./a.ts dynamic"]],
  ["a dynamic import behind an arrow", 'const load = () => import("./a.ts");', ["1 ./a.ts dynamic"]],
  ["an import in a type", 'let a: import("./a.ts").A;', ["1 ./a.ts type dynamic"]],
  ["nothing in comments", '// import "./a.ts"\n/* import "./b.ts" */\nlet c = 1;', []],
  ["nothing in strings", "const a = 'import \"./a.ts\"';", []],
  ["nothing in templates", `const a = \`import "./a.ts" \${\`x\${1}\`}\`;`, []],
  ["the import after a glob string", 'const a = "src/**/*.ts";\nimport b from "./b.ts";', ["2 ./b.ts"]],
  ["the import after a regular expression", 'const a = /["\'`/]/;\nimport b from "./b.ts";', ["2 ./b.ts"]],
  ["no export of a string constant", 'export const a = "./a.ts";', []],
];

for (const [title, source, want] of CASES) {
  test(`the parser finds ${title}`, () => {
    const found = importLines(source).map((one) =>
      [one.line, one.specifier, one.isTypeOnly && "type", one.isDynamic && "dynamic"].filter(Boolean).join(" "),
    );
    expect(found).toEqual([...want]);
  });
}

const GRANTS: readonly (readonly [from: string, to: string, isTypeOnly: boolean, want: boolean])[] = [
  ["dialects/ollama/request.ts", "core/json.ts", false, true],
  ["dialects/ollama/request.ts", "host/clock.ts", true, false],
  ["providers/openai.ts", "dialects/dialect.ts", true, true],
  ["providers/openai.ts", "dialects/dialect.ts", false, false],
  ["gateway/settle.ts", "stores/ports.ts", false, true],
  ["gateway/settle.ts", "stores/sqlite/ledger.ts", false, false],
  ["core/plan.ts", "gateway/settle.ts", true, false],
  ["core/plan.ts", "version.ts", false, false],
  ["http/app.ts", "version.ts", false, true],
  ["features/update/update.ts", "features/service/unit.ts", false, false],
  ["features/update/update.ts", "features/update/manifest.ts", false, true],
  ["compose.ts", "stores/sqlite/ledger.ts", false, true],
  ["cli/serve.ts", "gateway/pipeline.ts", false, false],
];

test.each(GRANTS)("%s importing %s (types only: %p) is allowed: %p", (from, to, isTypeOnly, want) => {
  expect(mayImport(from, to, isTypeOnly)).toBe(want);
});
