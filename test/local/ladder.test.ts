import { describe, expect, test } from "bun:test";
import { contextRung, createLadder } from "../../src/local/ladder.ts";

const HOUR_MS = 3_600_000;

describe("the context of a local model", () => {
  test("is the smallest rung that holds a request, never below the configured one nor above the model's own limit", () => {
    const cases = [
      [1, 4_096, null, 4_096],
      [4_097, 4_096, null, 8_192],
      [100, 10_000, null, 16_384],
      [1_000_000, 4_096, null, 1_000_000],
      [5_000, 4_096, 8_192, 8_192],
      [5_000, 8_192, 6_000, 6_000],
      [33_000, 4_096, 40_960, 40_960],
    ] as const;
    for (const [tokens, smallest, largest, rung] of cases)
      expect([tokens, contextRung(tokens, smallest, largest)]).toEqual([tokens, rung]);
  });

  test("only grows within a session, model by model: shrinking it would load the model again", () => {
    const ladder = createLadder();
    expect(ladder.step("a", 16_384, 0)).toBe(16_384);
    expect(ladder.step("a", 4_096, HOUR_MS / 10)).toBe(16_384);
    expect(ladder.step("b", 4_096, HOUR_MS / 10)).toBe(4_096);
  });

  test("is forgotten for the names used longest ago, however many are asked for", () => {
    const ladder = createLadder();
    ladder.step("kept", 16_384, 0);
    ladder.step("lost", 16_384, 0);
    for (let index = 0; index < 300; index += 1) {
      ladder.step(`name-${index}`, 4_096, 1);
      ladder.step("kept", 4_096, 1);
    }
    expect([ladder.step("kept", 4_096, 2), ladder.step("lost", 4_096, 2)]).toEqual([16_384, 4_096]);
  });

  test("is small again once nobody asked for the model for a while", () => {
    const ladder = createLadder();
    ladder.step("a", 16_384, 0);
    expect(ladder.step("a", 4_096, HOUR_MS)).toBe(4_096);
    expect(ladder.step("a", 8_192, HOUR_MS + 1)).toBe(8_192);
    expect(ladder.step("a", 4_096, HOUR_MS + 2)).toBe(8_192);
  });
});
