import type { BudgetState } from "../../core/budget/budget.ts";
import { NANO_PER_USD } from "../../core/money.ts";
import { cacheFigures } from "../cache-metrics.ts";
import { gpuGauges } from "../gpu-metrics.ts";
import { healthGauges } from "../health-metrics.ts";
import { localFamilies } from "../local-metrics.ts";
import type { AdminContext } from "./context.ts";

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function family(name: string, kind: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
}

const STATES = ["final", "aborted", "estimated", "failed", "refused", "hit", "streaming", "reserved"] as const;
const BREAKER_VALUE = { closed: 0, "half-open": 1, open: 2 } as const;

function budgetFamilies(admin: AdminContext): readonly string[] {
  const states = admin.budgets();
  const perBudget = (pick: (state: BudgetState) => number): readonly Sample[] =>
    states.map((state) => ({
      labels: { budget: state.budget.id, name: state.name ?? "" },
      value: pick(state) / NANO_PER_USD,
    }));
  return [
    family(
      "lodestar_budget_limit_usd",
      "gauge",
      "Limit of a budget in US dollars.",
      perBudget(({ budget }) => budget.limitNanoUsd),
    ),
    family(
      "lodestar_budget_spent_usd",
      "gauge",
      "Spent of a budget since it began.",
      perBudget(({ spentNanoUsd }) => spentNanoUsd),
    ),
    family(
      "lodestar_budget_reserved_usd",
      "gauge",
      "Reserved of a budget for open attempts.",
      perBudget(({ reservedNanoUsd }) => reservedNanoUsd),
    ),
  ];
}

function webhookFamilies(admin: AdminContext): readonly string[] {
  const hooks = admin.webhooks();
  const events = hooks.flatMap(({ host, delivered, givenUp, dropped }) =>
    Object.entries({ delivered, given_up: givenUp, dropped }).map(([outcome, value]) => ({
      labels: { host, outcome },
      value,
    })),
  );
  const queues = hooks.map(({ host, queued }) => ({ labels: { host }, value: queued }));
  return [
    family("lodestar_webhook_events_total", "counter", "Events for a webhook since the start, by outcome.", events),
    family("lodestar_webhook_queue", "gauge", "Events waiting for a webhook.", queues),
  ];
}

/** `GET /metrics`: the state in Prometheus' text format 0.0.4. Counters come from the ledger, so a restart does not reset them. */
export function renderMetrics(admin: AdminContext): string {
  const { ledger } = admin;
  const { openStreams, fetchCap, version } = admin.daemon();
  const all = ledger.totals({});
  const byProvider = ledger.groups({}, "provider").filter((group) => group.attempts > 0);
  const states = STATES.flatMap((state) =>
    ledger
      .groups({ state }, "provider")
      .map(({ name, attempts }) => ({ labels: { provider: name, state }, value: attempts })),
  );
  const perProvider = (pick: (group: (typeof byProvider)[number]) => number): readonly Sample[] =>
    byProvider.map((group) => ({ labels: { provider: group.name }, value: pick(group) }));
  const breakers = (admin.health() ?? []).map(({ provider, account, state }) => ({
    labels: { provider, account },
    value: BREAKER_VALUE[state],
  }));
  return [
    family("lodestar_info", "gauge", "The running version.", [{ labels: { version }, value: 1 }]),
    family("lodestar_requests_total", "counter", "Requests in the ledger.", [{ value: all.requests }]),
    family("lodestar_attempts_total", "counter", "Attempts at upstreams by how they ended.", states),
    family(
      "lodestar_cost_usd_total",
      "counter",
      "Cost of all priced attempts in US dollars.",
      perProvider((group) => group.costNanoUsd / NANO_PER_USD),
    ),
    family(
      "lodestar_unpriced_attempts_total",
      "counter",
      "Attempts with tokens but no known price.",
      perProvider((group) => group.unpriced),
    ),
    family(
      "lodestar_input_tokens_total",
      "counter",
      "Input tokens.",
      perProvider((group) => group.inputTokens),
    ),
    family(
      "lodestar_output_tokens_total",
      "counter",
      "Output tokens.",
      perProvider((group) => group.outputTokens),
    ),
    family("lodestar_breaker_state", "gauge", "Breaker of an account: 0 closed, 1 half-open, 2 open.", breakers),
    family("lodestar_open_streams", "gauge", "Answers being streamed now.", [{ value: openStreams }]),
    family("lodestar_fetch_cap", "gauge", "Most upstream calls at once.", [{ value: fetchCap }]),
    family("lodestar_ledger_queue", "gauge", "Ledger rows waiting for their commit.", [
      { value: ledger.health().queued },
    ]),
    ...budgetFamilies(admin),
    ...localFamilies(admin.localSchedule()),
    ...webhookFamilies(admin),
    ...cacheFigures(admin).map(({ name, kind, help, samples }) => family(name, kind, help, samples)),
    ...[...gpuGauges(admin.gpu.latest()), ...healthGauges(admin)].map(({ name, help, samples }) =>
      family(name, "gauge", help, samples),
    ),
  ].join("");
}
