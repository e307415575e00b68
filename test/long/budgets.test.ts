import { expect, test } from "bun:test";
import { playSchedules } from "../core/budget-schedule.ts";
import { crowd } from "../gateway/budget-crowd.ts";
import { caseCount, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const SCHEDULES = 1_000_000;
const STEPS = 40;
const CROWD = 3_000;
const CROWD_LIMIT_USD = 5;

test(
  "no schedule of calls, clock changes, expiries and reloads overruns a budget",
  () => {
    const schedules = caseCount(SCHEDULES);
    const { overspentNanoUsd, mismatches, ...counts } = playSchedules(schedules, STEPS, suiteSeed() * SCHEDULES);
    printFigures("budget schedules", {
      schedules,
      "steps each": STEPS,
      ...counts,
      "overspent (nano-dollars)": overspentNanoUsd,
      "sums that differ from the ledger's": mismatches,
    });
    expect([overspentNanoUsd, mismatches]).toEqual([0, 0]);
    expect(counts.admitted).toBeGreaterThan(schedules);
  },
  LONG_TEST_MS,
);

test(
  "thousands of requests at once never spend more than the budget",
  async () => {
    const { limitNanoUsd, spentNanoUsd, billedNanoUsd, reservedNanoUsd, ...counts } = await crowd(
      CROWD,
      CROWD_LIMIT_USD,
    );
    printFigures("budget crowd", {
      ...counts,
      "limit (nano-dollars)": limitNanoUsd,
      "spent, by the ledger": spentNanoUsd,
      "billed, by the provider's own log": billedNanoUsd,
      "held at the end": reservedNanoUsd,
    });
    expect(spentNanoUsd).toBeLessThanOrEqual(limitNanoUsd);
    expect(billedNanoUsd).toBe(spentNanoUsd);
    expect(reservedNanoUsd).toBe(0);
    expect(counts.refusedRows).toBe(counts.refused);
  },
  LONG_TEST_MS,
);
