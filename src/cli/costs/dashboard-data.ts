import type { BudgetsView, BudgetView, CostsView, RequestView } from "../../core/admin-view.ts";
import type { ExplainView } from "../../core/bill.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { type Connection, readView } from "../connection.ts";
import { filterQuery } from "../shared-flags.ts";
import { type DashboardState, readFilter } from "./dashboard-state.ts";
import type { DashboardData } from "./dashboard-summary.ts";

type Filters = Readonly<Record<string, string | undefined>>;

const HOUR_MS = 3_600_000;
const REQUESTS = 200;
const NONE = "(none)";

/** The filters that mean the entered group; null where only its name can tell, since nothing has no filter. */
function groupFilter({ by, group, view }: DashboardState): Filters | null {
  if (group === null || view === "groups") return {};
  if (group === NONE) return null;
  if (by === "day") return { from: group, to: group };
  if (by !== "model") return { [by]: group };
  return { provider: group.slice(0, group.indexOf("/")), model: group.slice(group.indexOf("/") + 1) };
}

function hasNone({ last }: RequestView, by: string): boolean {
  const member = by === "key" ? "keyId" : by;
  return Object.entries(last).some(([name, value]) => name === member && value === null);
}

/** Reads what the dashboard shows; keeps the hours that are over, which change no more. */
export interface DashboardReader {
  read(connection: Connection, state: DashboardState): Promise<Result<DashboardData, CliProblem>>;
}

interface Reading {
  readonly connection: Connection;
  readonly filters: Filters;
  /** What hours cost that are over, by their query. */
  readonly hours: Map<string, number>;
  readonly now: number;
}

async function hourOf({ connection, filters, hours, now }: Reading, from: number): Promise<Result<number, CliProblem>> {
  const { period: _, ...others } = filters;
  const query = filterQuery({ ...others, from, to: from + HOUR_MS, by: "provider" });
  const known = hours.get(String(query));
  if (known !== undefined) return success(known);
  const view = await readView<CostsView>(connection, `/v1/costs?${query}`);
  if (!view.ok) return view;
  const { costNanoUsd } = view.value.totals;
  // An answer that began in that hour may still be settled in the next one.
  if (from + 2 * HOUR_MS <= now) hours.set(String(query), costNanoUsd);
  return success(costNanoUsd);
}

/** By the hour since `today` began, or by the day where it is null. */
async function trendOf(reading: Reading, today: number | null): Promise<Result<DashboardData["trend"], CliProblem>> {
  const { connection, filters, now } = reading;
  if (today === null) {
    const view = await readView<CostsView>(connection, `/v1/costs?${filterQuery({ ...filters, by: "day" })}`);
    if (!view.ok) return view;
    return success({ unit: "day", values: view.value.groups.map(({ costNanoUsd }) => costNanoUsd) });
  }
  const values: number[] = [];
  for (let hour = today; hour <= now; hour += HOUR_MS) {
    const cost = await hourOf(reading, hour);
    if (!cost.ok) return cost;
    values.push(cost.value);
  }
  return success({ unit: "hour", values });
}

async function requestsOf(
  { connection, filters }: Reading,
  state: DashboardState,
): Promise<Result<readonly RequestView[], CliProblem>> {
  const entered = groupFilter(state);
  const period = entered?.from === undefined ? filters.period : undefined;
  const query = filterQuery({ limit: REQUESTS, ...filters, period, ...entered });
  const listed = await readView<{ requests: readonly RequestView[] }>(connection, `/v1/requests?${query}`);
  if (!listed.ok) return listed;
  const { requests } = listed.value;
  return success(entered === null ? requests.filter((one) => hasNone(one, state.by)) : requests);
}

async function readAll(reading: Reading, state: DashboardState): Promise<Result<DashboardData, CliProblem>> {
  const { connection, filters, now } = reading;
  const costs = await readView<CostsView>(connection, `/v1/costs?${filterQuery({ ...filters, by: state.by })}`);
  if (!costs.ok) return costs;
  const trend = await trendOf(reading, state.period === "today" ? costs.value.from : null);
  if (!trend.ok) return trend;
  const requests = await requestsOf(reading, state);
  if (!requests.ok) return requests;
  const detail = await detailOf(connection, state);
  if (!detail.ok) return detail;
  return success({
    costs: costs.value,
    trend: trend.value,
    budgets: await budgetsOf(connection),
    requests: requests.value,
    detail: detail.value,
    problem: null,
    readAt: now,
  });
}

/** Makes a reader over fixed filters of the command line. `now` gives Unix ms. */
export function createDashboardReader(fixed: Filters, now: () => number): DashboardReader {
  const hours = new Map<string, number>();
  return {
    read(connection, state) {
      const at = now();
      const filters: Filters = { ...fixed, ...readFilter(state.filter).query, period: state.period };
      return readAll({ connection, filters, hours, now: at }, state);
    },
  };
}

async function detailOf(
  connection: Connection,
  { view, requestId }: DashboardState,
): Promise<Result<ExplainView | null, CliProblem>> {
  if (view !== "request" || requestId === null) return success(null);
  const read = await readView<ExplainView>(connection, `/v1/requests/${encodeURIComponent(requestId)}/explain`);
  // Deleted by retention while it was looked at: the screen stays empty, the dashboard goes on.
  if (!read.ok && read.error.code === "request_not_found") return success(null);
  return read.ok ? read : failure(read.error);
}

/** The budgets in force; none where nothing can tell. */
async function budgetsOf(connection: Connection): Promise<readonly BudgetView[]> {
  const view = await readView<BudgetsView>(connection, "/v1/budgets");
  return view.ok ? view.value.budgets : [];
}
