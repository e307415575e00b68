import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import picocolors from "picocolors";
import { type Column, plainText, renderFacts, renderTable } from "../../src/terminal/table.ts";
import { cutTo, displayWidth, padTo, wrapWords } from "../../src/terminal/width.ts";

const PLAIN = picocolors.createColors(false);
const COLOURED = picocolors.createColors(true);
const PIPE = { columns: Number.POSITIVE_INFINITY, style: PLAIN };

interface Row {
  readonly name: string;
  readonly count: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "name", cell: ({ name }) => name, canShrink: true },
  { title: "count", cell: ({ count }) => count, align: "right" },
];

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const rows = fc.array(fc.record({ name: text, count: text }), { maxLength: 12 });

describe("a table", () => {
  test("aligns columns, right ones by their end, and leaves no trailing space", () => {
    const lines = renderTable(
      [
        { name: "ollama", count: "7" },
        { name: "東京", count: "1,234" },
      ],
      COLUMNS,
      PIPE,
    );
    expect(lines.join("\n")).toBe(["name    count", "ollama      7", "東京    1,234"].join("\n"));
  });

  test("has the same width in every row's last column, whatever the cells hold", () => {
    fc.assert(
      fc.property(rows, (list) => {
        const withEnds = list.map(({ name, count }) => ({ name, count: `${count}|` }));
        const lines = renderTable(withEnds, COLUMNS, PIPE);
        const widths = new Set(lines.slice(1).map(displayWidth));
        expect(widths.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("never shows a control character, a line break or a change of direction", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (name) => {
        const lines = renderTable([{ name, count: "\u001b[31m\n\u202e" }], COLUMNS, PIPE);
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).toBe(plainText(line));
      }),
    );
  });

  test("fits the terminal where its shrinkable columns allow", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 46, max: 100 }), (list, columns) => {
        const short = list.map(({ name, count }) => ({ name, count: count.slice(0, 4) }));
        for (const line of renderTable(short, COLUMNS, { columns, style: PLAIN })) {
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  test("cuts the widest shrinkable column and says so with an ellipsis", () => {
    const lines = renderTable([{ name: "a-very-long-model-name", count: "12" }], COLUMNS, {
      columns: 20,
      style: PLAIN,
    });
    expect(lines).toEqual(["name           count", "a-very-long-…     12"]);
  });

  test("is never cut in a pipe", () => {
    const name = "x".repeat(500);
    expect(renderTable([{ name, count: "1" }], COLUMNS, PIPE)[1]).toContain(name);
  });

  test("paints cells after measuring them, so that colours do not move columns", () => {
    const painted = COLUMNS.map((column) => ({ ...column, paint: (cell: string) => COLOURED.red(cell) }));
    const list = [
      { name: "a", count: "1" },
      { name: "bbb", count: "22" },
    ];
    const coloured = renderTable(list, painted, { columns: 80, style: COLOURED });
    const plain = renderTable(list, COLUMNS, PIPE);
    expect(coloured.map((line) => Bun.stripANSI(line))).toEqual([...plain]);
    expect(coloured[1]).toContain(COLOURED.red("a"));
  });
});

describe("widths", () => {
  test("padding reaches the width or leaves longer text alone", () => {
    fc.assert(
      fc.property(text, fc.nat(60), (word, width) => {
        expect(displayWidth(padTo(word, width))).toBe(Math.max(width, displayWidth(word)));
      }),
    );
  });

  test("a cut is never wider than asked, and keeps short text as it is", () => {
    fc.assert(
      fc.property(text, fc.nat(40), (word, width) => {
        const cut = cutTo(word, width);
        expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        if (displayWidth(word) <= width) expect(cut).toBe(word);
      }),
    );
  });

  test("wrapping loses no word and only overflows for a word longer than the line", () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é", "漢"), minLength: 1, maxLength: 12 }));
    fc.assert(
      fc.property(words, fc.integer({ min: 5, max: 40 }), (list, width) => {
        const lines = wrapWords(list.join(" "), width);
        expect(lines.join(" ")).toBe(list.join(" "));
        for (const line of lines) {
          if (displayWidth(line) > width) expect(line).not.toContain(" ");
        }
      }),
    );
  });
});

test("facts are two aligned columns", () => {
  expect(
    renderFacts(
      [
        ["API", "http://x"],
        ["state", "/s"],
        ["none", ""],
      ],
      PLAIN,
    ),
  ).toEqual(["API    http://x", "state  /s", "none"]);
});
