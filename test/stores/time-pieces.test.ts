import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DAY_MS, END_OF_TIME, HOUR_MS, keptMoment, timePieces } from "../../src/stores/time-pieces.ts";
import { NOON } from "./attempts.ts";

const moment = fc.integer({ min: NOON - 5 * DAY_MS, max: NOON + 5 * DAY_MS });
const midnight = fc.integer({ min: -5, max: 5 }).map((days) => NOON - DAY_MS / 2 + days * DAY_MS);

describe("the pieces of a span", () => {
  test("are days, hours and rows, from the coarse middle to the fine edges", () => {
    const pieces = timePieces(NOON + 1, NOON + 3 * DAY_MS + HOUR_MS + 5, 0);
    const rest = pieces.map(({ unit, from, to }) => [unit, (from - NOON) / HOUR_MS, (to - NOON) / HOUR_MS] as const);
    const milli = 1 / HOUR_MS;
    expect(rest).toEqual([
      ["row", milli, 1],
      ["hour", 1, 12],
      ["day", 12, 60],
      ["hour", 60, 73],
      ["row", 73, 73 + 5 * milli],
    ]);
  });

  test("of an open end are days to the end of time", () => {
    expect(timePieces(NOON - DAY_MS / 2, END_OF_TIME, 0)).toEqual([
      { unit: "day", from: NOON - DAY_MS / 2, to: END_OF_TIME },
    ]);
  });

  test("count each moment that a span holds once and no other, pruned days at their noon", () => {
    fc.assert(
      fc.property(moment, moment, midnight, moment, (one, other, prunedBefore, at) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const found = timePieces(from, to, prunedBefore).filter((piece) => at >= piece.from && at < piece.to);
        const kept = keptMoment(at, prunedBefore);
        expect(found.length).toBe(kept >= from && kept < to ? 1 : 0);
        for (const { unit } of found) if (at < prunedBefore) expect(unit).toBe("day");
      }),
      { numRuns: 2_000 },
    );
  });

  test("read at most an hour's rows at each edge", () => {
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        for (const piece of timePieces(from, to, 0)) {
          if (piece.unit === "row") expect(piece.to - piece.from).toBeLessThan(2 * HOUR_MS);
          else expect([piece.from % HOUR_MS, piece.to % HOUR_MS]).toEqual([0, 0]);
          if (piece.unit === "day") expect([piece.from % DAY_MS, piece.to % DAY_MS]).toEqual([0, 0]);
        }
      }),
    );
  });
});
