import { describe, expect, test } from "bun:test";
import fc from "fast-check";
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
    const found = await createHighlighter(() => 0).highlight("a.ts", lines);
    expect(found?.[0]).toContainEqual({ text: "const", scope: "keyword" });
    expect(found?.[0]).toContainEqual({ text: "'b'", scope: "string" });
    expect(found?.[1]?.[0]).toEqual({ text: "two */", scope: "comment" });
  });

  for (const path of [...PATHS, ...MORE])
    test(`keeps every character of ${path}`, async () => {
      const highlighter = createHighlighter(() => 0);
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
    const highlighter = createHighlighter(() => 0);
    expect(await highlighter.highlight("a.unknown", ["x"])).toBeNull();
    expect(await highlighter.highlight("a.ts", ["x".repeat(60_001)])).toBeNull();
  });

  test("stops once it took its share of the time, and goes on when time has passed", async () => {
    let now = 0;
    let step = 400;
    const highlighter = createHighlighter(() => {
      now += step;
      return now;
    });
    expect(await highlighter.highlight("a.ts", ["let a"])).not.toBeNull();
    expect(await highlighter.highlight("a.ts", ["let a"])).not.toBeNull();
    expect(await highlighter.highlight("a.ts", ["let a"])).toBeNull();
    now += 60_000;
    step = 1;
    expect(await highlighter.highlight("a.ts", ["let a"])).not.toBeNull();
  });
});
