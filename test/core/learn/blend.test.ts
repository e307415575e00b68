import { describe, expect, test } from "bun:test";
import { createTextReader, fitBlend, selectOutcomes } from "../../../src/core/learn/blend.ts";
import { seededChance } from "../../../src/core/learn/chance.ts";
import { areaUnderRoc } from "../../../src/core/learn/metrics.ts";

const FILLER = ["the", "a", "of", "river", "stone", "table", "green", "walk", "seven", "open"];

/** Texts that are hard where they say "proof", and others where they are long. */
function made(count: number, seed: number) {
  const chance = seededChance(seed);
  const texts: string[] = [];
  const outcomes = new Float64Array(count * 2);
  for (let at = 0; at < count; at++) {
    const words = Array.from(
      { length: 5 + Math.floor(chance() * 20) },
      () => FILLER[Math.floor(chance() * FILLER.length)],
    );
    const isProof = chance() < 0.4;
    if (isProof) words.splice(2, 0, "proof");
    texts.push(words.join(" "));
    outcomes[at * 2] = isProof ? 1 : 0;
    outcomes[at * 2 + 1] = words.length > 15 ? 1 : 0;
  }
  return { texts: texts.map(createTextReader()), outcomes };
}

function column(table: Float64Array, target: number): number[] {
  return [...table].filter((_, at) => at % 2 === target);
}

describe("a blend", () => {
  const train = made(300, 1);
  const folds = Uint8Array.from({ length: 300 }, (_, at) => at % 3);
  const task = { ...train, targets: 2, folds, seed: 1 };
  const blend = fitBlend(task);

  test("forecasts each target of unseen texts, by words and by shape", () => {
    const test = made(200, 2);
    const said = blend.predict(test.texts);
    expect(areaUnderRoc(column(said, 0), column(test.outcomes, 0))).toBeGreaterThan(0.95);
    expect(areaUnderRoc(column(said, 1), column(test.outcomes, 1))).toBeGreaterThan(0.95);
  });

  test("its out-of-fold forecasts are about as large as what they forecast", () => {
    for (const target of [0, 1]) {
      const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
      const [said, truth] = [column(blend.outOfFold, target), column(train.outcomes, target)];
      expect(mean(said)).toBeCloseTo(mean(truth), 6);
      expect(areaUnderRoc(said, truth)).toBeGreaterThan(0.9);
    }
  });

  test("the same task gives the same forecasts", () => {
    const again = fitBlend(task);
    expect(again.outOfFold).toEqual(blend.outOfFold);
    const { texts } = made(20, 3);
    expect(again.predict(texts)).toEqual(blend.predict(texts));
  });

  test("learns nothing from noise: forecasts stay near the mean", () => {
    const chance = seededChance(5);
    const outcomes = Float64Array.from({ length: 300 }, () => (chance() < 0.5 ? 1 : 0));
    const noise = fitBlend({ texts: train.texts, outcomes, targets: 1, folds, seed: 1 });
    const spread = Math.max(...noise.outOfFold) - Math.min(...noise.outOfFold);
    expect(spread).toBeLessThan(0.5);
  });

  test("what is read of a text does not grow with it", () => {
    const read = createTextReader();
    const size = (text: string) => read(text).words.columns.length + read(text).characters.columns.length;
    const text = Array.from({ length: 100_000 }, (_, at) => `w${at}`).join(" ");
    expect(size(text)).toBeLessThan(5000);
  });

  test("outcomes are picked by row", () => {
    expect([...selectOutcomes(Float64Array.of(1, 2, 3, 4, 5, 6), 2, [2, 0])]).toEqual([5, 6, 1, 2]);
  });
});
