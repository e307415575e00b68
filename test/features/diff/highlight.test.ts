import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createAllowance } from "../../../src/features/diff/allowance.ts";
import { createHighlighter } from "../../../src/features/diff/highlight.ts";

const PATHS = ["a.ts", "a.py", "a.go", "a.rs", "a.java", "a.c", "a.cpp", "a.rb", "a.sh", "a.sql", "a.html", "a.css"];
const MORE = [
  "a.yaml",
  "a.json",
  "a.md",
  "Dockerfile",
  "Makefile",
  "a.kt",
  "a.vue",
  "a.toml",
  "a.php",
  "a.lua",
  "a.hs",
];

describe("highlighting", () => {
  test("knows what words are, also in a comment over several lines", async () => {
    const lines = ["const a = 'b'; /* one", "two */ return"];
    const found = await createHighlighter(createAllowance(() => 0)).highlight("a.ts", lines);
    expect(found?.[0]).toContainEqual({ text: "const", scope: "keyword" });
    expect(found?.[0]).toContainEqual({ text: "'b'", scope: "string" });
    expect(found?.[1]?.[0]).toEqual({ text: "two */", scope: "comment" });
  });

  for (const path of [...PATHS, ...MORE])
    test(`keeps every character of ${path}`, async () => {
      const highlighter = createHighlighter(createAllowance(() => 0));
      const line = fc.oneof(
        fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", " ")),
        fc.constantFrom("<a href='x'>&amp;</a>", "if (a < b && c > d) {", "'''", "`${x`", "# title", "/* open"),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), async (lines) => {
          const found = await highlighter.highlight(path, lines);
          expect(found?.map((pieces) => pieces.map(({ text }) => text).join(""))).toEqual([...lines]);
        }),
        { numRuns: 30 },
      );
    });

  test("leaves alone what it does not know, and what is too long", async () => {
    const highlighter = createHighlighter(createAllowance(() => 0));
    expect(await highlighter.highlight("a.unknown", ["x"])).toBeNull();
    expect(await highlighter.highlight("a.ts", ["x".repeat(60_001)])).toBeNull();
  });

  test("stops once it took its share of the time, and goes on when time has passed", async () => {
    let now = 0;
    const allowance = createAllowance(() => now);
    const highlighter = createHighlighter(allowance);
    const isColoured = async (): Promise<boolean> => (await highlighter.highlight("a.ts", ["let a"])) !== null;
    expect(await isColoured()).toBe(true);
    allowance.spend(() => {
      now += 1_000;
    });
    expect(await isColoured()).toBe(false);
    now += 10_000;
    expect(await isColoured()).toBe(true);
  });
});
