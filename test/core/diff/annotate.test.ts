import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Annotation, annotatePatch } from "../../../src/core/diff/annotate/annotate.ts";
import type { Reason } from "../../../src/core/diff/annotate/finding.ts";
import { parsePatch } from "../../../src/core/diff/parse.ts";

function filePatch(path: string, removed: readonly string[], added: readonly string[]): string {
  const lines = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
  const ranges = `@@ -1,${removed.length} +1,${added.length} @@`;
  return [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`, ranges, ...lines, ""].join("\n");
}

function annotate(...patches: readonly string[]): readonly Annotation[] {
  const files = parsePatch(patches.join("")).flatMap((item) => (item.kind === "file" ? [item.file] : []));
  return annotatePatch(files).flatMap(({ annotations }) => annotations);
}

function one(path: string, removed: readonly string[], added: readonly string[]): Annotation {
  const [annotation] = annotate(filePatch(path, removed, added));
  if (annotation === undefined) throw new Error("no hunk");
  return annotation;
}

function reasonsOf({ findings }: Annotation): readonly Reason[] {
  return findings.map(({ reason }) => reason);
}

/** A change of a file, by what must be found in it. */
type Case = readonly [string, string, readonly string[], readonly string[]];

const QUIET: readonly (readonly [Reason, ...Case])[] = [
  ["format-only", "indentation of a C-like language", "a.ts", ["if (a) {", "b();", "}"], ["if (a) {", "  b();", "}"]],
  ["format-only", "a call over several lines", "a.ts", ["f(a, b);"], ["f(", "  a,", "  b,", ");"]],
  ["format-only", "quotes of a string", "a.js", ["const a = 'b'"], ['const a = "b";']],
  ["format-only", "white space in Python's brackets", "a.py", ["x = f(a,b)"], ["x = f(a, b)"]],
  ["format-only", "tabs for blanks in Python", "a.py", ["if a:", "    b()"], ["if a:", "\tb()"]],
  ["format-only", "white space at the end", "a.go", ["return a  "], ["return a"]],
  ["format-only", "a paragraph that is wrapped anew", "README.md", ["one two", "three"], ["one", "two three"]],
  ["comment-only", "a comment", "a.rs", ["// old", "let a = 1;"], ["// new", "let a = 1;"]],
  ["import-only", "imports", "a.ts", ['import { a } from "a";'], ['import { a, b } from "a";']],
  ["import-only", "imports of Python", "a.py", ["import os"], ["import os", "from a import b"]],
  [
    "rename",
    "a name everywhere",
    "a.ts",
    ["const total = sum(a);", "use(total);"],
    ["const whole = sum(a);", "use(whole);"],
  ],
];

const LOUD: readonly (readonly [Reason, ...Case])[] = [
  ["boundary-change", "less for less or equal", "a.ts", ["for (i = 0; i < n; i++) {"], ["for (i = 0; i <= n; i++) {"]],
  ["boundary-change", "one more", "a.py", ["for i in range(n):"], ["for i in range(n + 1):"]],
  ["operator-flip", "equal for unequal", "a.go", ["if err != nil {"], ["if err == nil {"]],
  ["operator-flip", "a not that is gone", "a.js", ["if (!isReady) return;"], ["if (isReady) return;"]],
  ["operator-flip", "and for or", "a.py", ["if a and b:"], ["if a or b:"]],
  ["operator-flip", "true for false", "a.ts", ["const isSafe = true;"], ["const isSafe = false;"]],
  ["constant-change", "a longer wait", "a.ts", ["const TIMEOUT = 30;"], ["const TIMEOUT = 3000;"]],
  [
    "error-handling-removed",
    "a try without its catch",
    "a.ts",
    ["try {", "  f();", "} catch (e) {", "  report(e);", "}"],
    ["f();"],
  ],
  ["error-handling-removed", "Go's check of an error", "a.go", ["if err != nil {", "return err", "}"], []],
  ["check-removed", "a guard", "a.py", ["if amount < 0:", "    return None", "pay(amount)"], ["pay(amount)"]],
  [
    "signature-change",
    "a parameter more",
    "a.ts",
    ["export function f(a: string) {"],
    ["export function f(a: string, b: number) {"],
  ],
  ["auth", "a role", "a.ts", ["if (user.isAdmin) open();"], ["if (user.isAdmin || user.role) open();"]],
  ["crypto", "a weak hash", "a.py", ["hashlib.sha256(x)"], ["hashlib.md5(x)"]],
  [
    "sql",
    "a query",
    "a.ts",
    ['db.run("select a from t where id = ?", [id]);'],
    ['db.run("select a from t where id = " + id);'],
  ],
  ["shell", "a command", "a.py", ["subprocess.run([a])"], ["subprocess.run(a, shell=True)"]],
  ["secret", "a key", "a.ts", [], ['const KEY = "AKIAIOSFODNN7EXAMPLF";']],
  ["secret", "a password in a URL", "a.ts", [], ['connect("postgres://root:hunter2hunter@db/x")']],
  ["secret", "a password in a test", "a.test.ts", [], ['const password = "hunter2hunter9";']],
  ["migration", "a table", "db/migrations/4.sql", [], ["alter table a add column b text;"]],
  ["pipeline", "a workflow", ".github/workflows/ci.yml", ["permissions: read-all"], ["permissions: write-all"]],
  ["concurrency", "a lock", "a.go", ["mu.Lock()", "n++", "mu.Unlock()"], ["n++"]],
  ["dependency-major", "a major version", "package.json", ['    "hono": "^3.1.0",'], ['    "hono": "^4.0.0",']],
  ["dependency-new", "a new dependency", "package.json", [], ['    "left-pad": "1.0.0",']],
  ["dependency-patch", "a patch", "Cargo.toml", ['serde = "1.0.1"'], ['serde = "1.0.2"']],
  ["large-deletion", "a lot at once", "a.ts", Array.from({ length: 40 }, (_, at) => `call(${at});`), []],
];

describe("what a hunk is said to be", () => {
  for (const [reason, what, path, removed, added] of QUIET)
    test(`${reason}: ${what}`, () => {
      const found = one(path, removed, added);
      expect(reasonsOf(found)).toContain(reason);
      expect(found.risk).toBeLessThanOrEqual(20);
    });

  for (const [reason, what, path, removed, added] of LOUD)
    test(`${reason}: ${what}`, () => {
      expect(reasonsOf(one(path, removed, added))).toContain(reason);
    });

  const unlike: readonly (readonly [Reason, ...Case])[] = [
    [
      "format-only",
      "a Python line that left its block",
      "a.py",
      ["if a:", "    b()", "    c()"],
      ["if a:", "    b()", "c()"],
    ],
    ["format-only", "blanks inside a string", "a.ts", ['f("a b");'], ['f("a  b");']],
    ["format-only", "a lone comma in Python", "a.py", ["return (a,)"], ["return (a)"]],
    ["comment-only", "code that was commented out", "a.ts", ["check(a);"], ["// check(a);"]],
    ["rename", "two names for one", "a.ts", ["f(a, b)"], ["f(a, a)"]],
    ["rename", "a keyword", "a.ts", ["return true"], ["return false"]],
    ["secret", "a placeholder", "a.ts", [], ['const password = "your-password-here";']],
    ["secret", "a URL without a password", "a.ts", [], ['get("https://example.com:8080/a@b")']],
    ["secret", "the name of a variable", "a.py", [], ['api_key = "env:OPENAI_API_KEY"']],
    ["shell", "a regular expression", "a.ts", [], ["const match = PATTERN.exec(text);"]],
    [
      "signature-change",
      "lines in another order",
      "a.ts",
      ["function a() {}", "function b() {}"],
      ["function b() {}", "function a() {}"],
    ],
  ];
  for (const [reason, what, path, removed, added] of unlike)
    test(`not ${reason}: ${what}`, () => {
      expect(reasonsOf(one(path, removed, added))).not.toContain(reason);
    });

  test("move: lines that are taken away here and put there", () => {
    const block = ["const first = read();", "const second = write(first);", "return second + first;"];
    const found = annotate(filePatch("a.ts", block, []), filePatch("b.ts", [], block));
    expect(found.map(({ intent }) => intent)).toEqual(["move", "move"]);
  });

  test("a change of code without a test is told, and not where a test came with it", () => {
    const code = filePatch("a.ts", ["a();"], ["b(c);"]);
    expect(reasonsOf(annotate(code)[0] ?? one("a", [], []))).toContain("code-without-tests");
    expect(annotate(code, filePatch("a.test.ts", [], ["x"])).flatMap(reasonsOf)).not.toContain("code-without-tests");
  });

  test("never shows a credential that it found", () => {
    const { findings } = one("a.ts", [], ['const token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";']);
    expect(JSON.stringify(findings)).not.toContain("ghp_");
  });
});

describe("the risk of a hunk", () => {
  test("is from 0 to 100 whatever the lines are, and the same every time", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom("if (a) {", "'''", "/*", '"', "`${", "try {", "-- x", "🙂"));
    const path = fc.constantFrom("a.ts", "a.py", "a.md", "package.json", "x", ".github/w.yml", "a.test.js");
    fc.assert(
      fc.property(path, fc.array(line, { maxLength: 8 }), fc.array(line, { maxLength: 8 }), (name, removed, added) => {
        const clean = (lines: readonly string[]): readonly string[] => lines.map((text) => text.replaceAll("\n", " "));
        const found = annotate(filePatch(name, clean(removed), clean(added)));
        for (const { risk } of found) expect(risk >= 0 && risk <= 100 && Number.isInteger(risk)).toBe(true);
        expect(annotate(filePatch(name, clean(removed), clean(added)))).toEqual(found);
      }),
    );
  });

  test("puts every loud change above every quiet one", () => {
    const riskOf = ([, , path, removed, added]: readonly [Reason, ...Case]): number => one(path, removed, added).risk;
    const quiet = QUIET.map(riskOf);
    const loud = LOUD.filter(([reason]) => reason !== "dependency-patch").map(riskOf);
    const pairs = loud.flatMap((high) => quiet.map((low) => (high > low ? 1 : high === low ? 0.5 : 0)));
    const area = pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length;
    expect(area).toBeGreaterThan(0.98);
  });

  test("of plain formatting is next to nothing", () => {
    for (const [reason, , path, removed, added] of QUIET)
      if (reason === "format-only") expect(one(path, removed, added).risk).toBeLessThanOrEqual(2);
  });
});
