import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readGlob } from "../../../../src/core/routing/rules/glob.ts";

function matches(glob: string, path: string): boolean {
  const read = readGlob(glob);
  if (!read.ok) throw new Error(`${glob} ${read.error}`);
  return read.value(path);
}

describe("a glob", () => {
  test.each([
    ["*.sql", "a.sql", true],
    ["*.sql", "db/deep/a.sql", true],
    ["*.sql", "a.sql.bak", false],
    ["src/**", "src/a/b.ts", true],
    ["src/**", "/home/me/shop/src/a.ts", true],
    ["src/**", "mysrc/a.ts", false],
    ["src/", "src/a/b.ts", true],
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/a/b.ts", false],
    ["src/**/*.ts", "src/b.ts", true],
    ["src/**/*.ts", "src/a/c/b.ts", true],
    ["src/**/b/*.ts", "src/a/b/b/x.ts", true],
    ["./src/a.ts", "src/a.ts", true],
    ["/src/a.ts", "src/a.ts", false],
    ["/src/*", "/src/a.ts", true],
    ["a?c.ts", "abc.ts", true],
    ["a?c.ts", "a/c.ts", false],
    ["*.{ts,tsx}", "x.tsx", true],
    ["{src,test}/**/*.{ts,js}", "test/a/b.js", true],
    ["{src,test}/**/*.{ts,js}", "docs/a/b.js", false],
    ["src/*.ts", "src\\a.ts", true],
    ["**", "anything/at/all", true],
    ["a.c", "abc", false],
    ["(x|y)+.ts", "(x|y)+.ts", true],
    ["**/test/**", "a/test/b", true],
    ["**/test/**", "test/b", true],
    ["**/test/**", "attest/b", false],
  ])("%s matches %s: %p", (glob, path, isMatch) => {
    expect(matches(glob, path)).toBe(isMatch);
  });

  test("of plain names agrees with Bun's own at whole paths", () => {
    const name = fc.constantFrom("a", "b", "ab", "x.ts");
    const piece = fc.oneof(name, fc.constantFrom("*", "a*", "*.ts", "?"));
    const glob = fc.array(fc.oneof({ weight: 3, arbitrary: piece }, { weight: 1, arbitrary: fc.constant("**") }), {
      minLength: 1,
      maxLength: 4,
    });
    const path = fc.array(name, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(glob, path, (pieces, names) => {
        // A last ** is any depth here, and one at least with Bun.
        fc.pre(pieces.at(-1) !== "**");
        const [pattern, whole] = [`/${pieces.join("/")}`, `/${names.join("/")}`];
        expect(matches(pattern, whole)).toBe(new Bun.Glob(pattern).match(whole));
      }),
      { numRuns: 500 },
    );
  });

  test("takes time in proportion to both lengths, however it is built", () => {
    const hostile = `${"**/*a*/".repeat(30)}b`;
    const started = performance.now();
    expect(matches(hostile, `${"a/".repeat(2_000)}c`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test.each([
    ["", "is empty"],
    ["  ", "is empty"],
    ["src/{a,b", "has a { that is not closed"],
    ["src/a}", "has a } without its {"],
    ["{a,{b,c}}", "has braces within braces"],
    ["[a-z].ts", "has brackets"],
    ["src\\a", "has a backslash"],
    ["a***b", "has more than two stars in a row"],
    ["x".repeat(257), "is longer than 256 characters"],
    ["{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "stands for more than 32 alternatives"],
  ])("%p is refused: %s", (glob, message) => {
    const read = readGlob(glob);
    expect(read.ok ? "read" : read.error).toContain(message);
  });
});
