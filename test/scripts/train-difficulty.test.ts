import { describe, expect, test } from "bun:test";
import { fitDifficulty } from "../../scripts/train-router/difficulty-fit.ts";
import type { Family } from "../../scripts/train-router/difficulty-material.ts";
import { seededChance } from "../../src/core/learn/chance.ts";
import { createDifficulty } from "../../src/core/routing/difficulty.ts";

/** Prompts that small models fail where they ask for a proof, about one subject's things. */
function family(name: string, things: readonly string[], seed: number): Family {
  const chance = seededChance(seed);
  const pick = (words: readonly string[]): string => words[Math.floor(chance() * words.length)] ?? "";
  const prompts = Array.from({ length: 300 }, () => {
    const isProof = chance() < 0.5;
    const task = isProof ? "give a full proof about" : "name a simple fact about";
    const text = `please ${task} the ${pick(things)} and the ${pick(things)} near ${pick(things)}`;
    return { text, failed: chance() < 0.9 === isProof ? 1 : 0 };
  });
  return { name, what: "made", licence: "none", prompts };
}

const NUMBERS = family("numbers", ["prime", "field", "ring", "group", "matrix", "vector"], 1);
const PLACES = family("places", ["river", "city", "harbour", "bridge", "valley", "forest"], 2);

describe("training difficulty", () => {
  const fit = fitDifficulty([NUMBERS, PLACES]);
  const difficulty = createDifficulty(fit.bytes);

  test("what failed is told from what did not, with calibrated chances", () => {
    const proof = difficulty("please give a full proof about the ring and the field near prime");
    const fact = difficulty("please name a simple fact about the ring and the field near prime");
    expect(proof?.value).toBeGreaterThan(0.75);
    expect(fact?.value).toBeLessThan(0.25);
    expect(Math.abs((proof?.usual ?? 0) - 0.5)).toBeLessThan(0.1);
  });

  test("prompts unlike the data are abstained from", () => {
    expect(difficulty("rename src/index.ts, update eslint and rerun vitest snapshots")).toBeNull();
  });

  test("the same data give the same bytes", () => {
    expect(fitDifficulty([NUMBERS, PLACES]).bytes).toEqual(fit.bytes);
  });

  test("figures are told for all, for each family, and for each family left out", () => {
    expect(fit.figures.map(({ name, count }) => [name, count])).toEqual([
      ["all, five folds", 600],
      ["numbers, five folds", 300],
      ["places, five folds", 300],
      ["numbers, left out", 300],
      ["places, left out", 300],
    ]);
    for (const { auroc, calibrationError } of fit.figures.slice(0, 3)) {
      expect(auroc.low).toBeGreaterThan(0.7);
      expect(calibrationError).toBeLessThan(0.15);
    }
  });

  test("more of a family is abstained from when it was left out", () => {
    const abstained = (name: string) => fit.figures.find((one) => one.name === name)?.abstained ?? 0;
    expect(abstained("places, left out")).toBeGreaterThan(abstained("places, five folds"));
  });
});
