import type { BudgetsView } from "../core/admin-view.ts";
import type { ExplainView } from "../core/bill.ts";
import { type Result, success } from "../core/result.ts";
import type { BudgetFill } from "../features/counter/budget.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { type Connection, readView } from "./connection.ts";

/** The budgets that count what a request spent; without a request those that count everything. */
export async function readCountingBudgets(
  connection: Connection,
  requestId: string | null,
  signal?: AbortSignal,
): Promise<Result<readonly BudgetFill[], CliProblem>> {
  const init = signal === undefined ? {} : { signal };
  if (requestId === null) {
    const view = await readView<BudgetsView>(connection, "/v1/budgets", init);
    return view.ok ? success(view.value.budgets.filter(({ scope }) => scope === "global")) : view;
  }
  const path = `/v1/requests/${encodeURIComponent(requestId)}/explain`;
  const view = await readView<ExplainView>(connection, path, init);
  return view.ok ? success(view.value.budgets) : view;
}
