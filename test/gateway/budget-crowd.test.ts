import { expect, test } from "bun:test";
import { crowd } from "./budget-crowd.ts";

test("many requests at once never spend more than the budget, by the ledger and by the provider's own log", async () => {
  const crowded = await crowd(250, 2);
  console.log(`budget crowd: ${JSON.stringify(crowded)}`);
  expect(crowded.spentNanoUsd).toBeLessThanOrEqual(crowded.limitNanoUsd);
  expect(crowded.billedNanoUsd).toBe(crowded.spentNanoUsd);
  expect(crowded.reservedNanoUsd).toBe(0);
  expect(crowded.spentNanoUsd).toBeGreaterThan(crowded.limitNanoUsd * 0.2);
  expect(crowded.answered).toBeGreaterThan(5);
  expect(crowded.refused).toBeGreaterThan(50);
});
