import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFingerprinter, groupedFolds, groupNearDuplicates } from "../../../src/core/learn/folds.ts";

const STORY =
  "A farmer has twelve sheep and buys seven more at the market on Monday, then sells five of them to his neighbour on Friday because the barn is too small for all of them. How many sheep does the farmer have at the end of the week?";

function groupsOf(texts: readonly string[]): readonly number[] {
  return [...groupNearDuplicates(texts.map(createFingerprinter()))];
}

describe("groups of near-duplicates", () => {
  test("equal texts, other case and white space, and one changed word at the end share a group", () => {
    const [first, second, third, other] = groupsOf([
      STORY,
      STORY.toUpperCase().replaceAll(" ", "  "),
      `${STORY} Explain.`,
      "Which element has the symbol Fe in the periodic table of the elements, and what is its number?",
    ]);
    expect(second).toBe(first as number);
    expect(third).toBe(first as number);
    expect(other).not.toBe(first as number);
  });

  test("short texts that differ by a word stay apart", () => {
    const groups = groupsOf(["what is 2 plus 2", "what is 3 plus 2", "fix it", "fix them"]);
    expect(new Set(groups).size).toBe(4);
  });

  test("many texts of one template are no copies of one another, but equal ones still are", () => {
    const template = Array.from({ length: 20 }, (_, at) => `${STORY} ${at}`);
    const groups = groupsOf([...template, template[3] ?? ""]);
    expect(new Set(groups).size).toBeGreaterThan(12);
    expect(groups[20]).toBe(groups[3] as number);
  });
});

describe("grouped folds", () => {
  test("a group is in one fold, every fold is used, and sizes differ by at most the largest group", () => {
    const groups = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 40, maxLength: 200 });
    fc.assert(
      fc.property(groups, fc.integer(), (names, seed) => {
        const folds = groupedFolds(Uint32Array.from(names), 5, seed);
        const byGroup = new Map<number, number>();
        for (const [row, name] of names.entries()) {
          expect(folds[row]).toBe(byGroup.get(name) ?? folds[row]);
          byGroup.set(name, folds[row] ?? 0);
        }
        const sizes = [0, 1, 2, 3, 4].map((fold) => folds.filter((one) => one === fold).length);
        const largest = Math.max(...[...byGroup.keys()].map((name) => names.filter((one) => one === name).length));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(largest);
      }),
    );
  });

  test("the seed decides", () => {
    const groups = Uint32Array.from({ length: 100 }, (_, at) => at);
    expect(groupedFolds(groups, 5, 1)).toEqual(groupedFolds(groups, 5, 1));
    expect(groupedFolds(groups, 5, 1)).not.toEqual(groupedFolds(groups, 5, 2));
  });
});
