import { expect, test } from "bun:test";
import { budgetBar, paintBudget } from "../../src/cli/budget-bar.ts";
import type { BudgetView } from "../../src/core/admin-view.ts";
import type { Colours } from "../../src/terminal/terminal.ts";

function budget(limitNanoUsd: number, spentNanoUsd: number, reservedNanoUsd = 0): BudgetView {
  return {
    ...{ id: "month", scope: "global", name: null, period: "month", over: "deny", unpriced: "deny", origin: "file" },
    ...{ limitNanoUsd, spentNanoUsd, reservedNanoUsd, leftNanoUsd: 0, from: 0, resetsAt: null, warnAt: [40, 80] },
  } as const;
}

test.each([
  [budget(1_000, 378), "█▌░░ 37 %"],
  [budget(1_000, 300, 78), "█▌░░ 37 %"],
  [budget(1_000, 999), "████ 99 %"],
  [budget(1_000, 1_500), "████ 150 %"],
  [budget(0, 0), "████ 100 %"],
])("%j is %p", (view, bar) => {
  expect(budgetBar(view, 4)).toBe(bar);
});

test("the colour follows the thresholds of the budget itself", () => {
  const name = (word: string) => () => word;
  const style = { red: name("red"), yellow: name("yellow"), green: name("green") } as unknown as Colours;
  const colour = (spent: number) => paintBudget("", budget(100, spent), style);
  expect([39, 40, 99, 100].map(colour)).toEqual(["green", "yellow", "yellow", "red"]);
});
