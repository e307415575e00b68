import { test } from "bun:test";
import { checkClockChanges } from "../stores/clock-changes.ts";
import { caseCount, LONG_TEST_MS, printFigures, suiteSeed } from "./support/run.ts";

const FULL_COUNT = 3_000;

test(
  "whatever the clock is set to, and wherever its hour is changed, each row counts in its own local day and month",
  async () => {
    const runs = caseCount(FULL_COUNT);
    await checkClockChanges(runs, suiteSeed());
    printFigures("clock", { "series of attempts under a clock that was set": runs, "rows in a wrong day or month": 0 });
  },
  LONG_TEST_MS,
);
