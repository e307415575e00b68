import { describe, expect, test } from "bun:test";
import { scriptProblem } from "../../src/host/script-syntax.ts";

describe("a script", () => {
  test.each([
    ["TypeScript", "const f = <T>(x: T): T => x;\nexport type A = { readonly b: number };"],
    ["an assertion that would be a tag in TSX", "const a = <string>b;"],
    ["TSX", "export const A = ({ b }: { b: string }) => <p>{b}</p>;"],
    ["a module that waits", "import { a } from './a';\nawait a();"],
    ["two ways of one thing, as documentation shows them", "const a = 1;\nconst a = 2;"],
    ["nothing", ""],
  ])("of %s parses", (_, code) => {
    expect(scriptProblem(code)).toBeNull();
  });

  test.each([
    ["an open brace", "function f() {"],
    ["a missing value", "const a = ;"],
    ["another language", "def f(x):\n    return x"],
    ["prose", "First install it, then run it."],
  ])("with %s does not", (_, code) => {
    expect(scriptProblem(code)).toBeString();
  });

  test("is never run", () => {
    expect(scriptProblem("globalThis.hasRun = true; throw new Error('run');")).toBeNull();
    expect(globalThis).not.toHaveProperty("hasRun");
  });
});
