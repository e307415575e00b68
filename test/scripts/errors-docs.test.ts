import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateErrorReference, REFUSALS } from "../../scripts/generate/errors-docs.ts";
import { ROOT } from "../../scripts/step.ts";
import { FAULT_RULES } from "../../src/core/fault.ts";

/** Where refusals of the API port come from; the admin API and the command line have codes of their own. */
const FILES = new Bun.Glob("{core,gateway,http,dialects,compose}/**/*.ts");

function codesInSources(): readonly string[] {
  const found = new Set<string>();
  for (const file of FILES.scanSync(join(ROOT, "src"))) {
    const source = readFileSync(join(ROOT, "src", file), "utf8");
    for (const [, code = ""] of source.matchAll(/\brefusal\(\s*"([a-z_]+)"/g)) found.add(code);
  }
  return [...found].sort();
}

test("every refusal in the sources stands in the reference", () => {
  const documented = new Set(REFUSALS.map(([code]) => code));
  expect(codesInSources().filter((code) => !documented.has(code))).toEqual([]);
  expect(codesInSources().length).toBeGreaterThan(20);
});

test("every refusal of the reference stands in the sources", () => {
  const sources = [...FILES.scanSync(join(ROOT, "src"))]
    .map((file) => readFileSync(join(ROOT, "src", file), "utf8"))
    .join("");
  expect(REFUSALS.filter(([code]) => !sources.includes(`"${code}"`))).toEqual([]);
});

test("every fault has a row with its code and status", () => {
  const [file] = generateErrorReference();
  for (const { code, status, errorType } of Object.values(FAULT_RULES)) {
    expect(file?.text).toContain(`| \`${code}\` | ${status} | \`${errorType}\` |`);
  }
});
