import { test } from "bun:test";
import { checkClockChanges } from "./clock-changes.ts";

test("whatever the clock is set to, and wherever its hour is changed, each row counts in its own local day and month", async () => {
  await checkClockChanges(15, 1);
}, 60_000);
