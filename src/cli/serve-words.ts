import type { BudgetStep } from "../core/budget/budget.ts";
import type { LodestarEvent } from "../core/event.ts";
import { formatUsd } from "../core/money.ts";
import { ageOfPrices } from "../core/price-view.ts";
import { targetName } from "../core/target.ts";
import { formatCost, formatDuration, formatPlural } from "../terminal/format.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";
import type { Colours, Terminal } from "../terminal/terminal.ts";
import type { Daemon, StartSummary } from "./backend.ts";
import { findPortOwner, identifyServer } from "./port-owner.ts";

/** More model names than this are counted, not listed. */
const SHOWN_MODELS = 4;

function modelWords({ ollama, providers }: StartSummary): string {
  const local = ollama?.models ?? [];
  const more = local.length > SHOWN_MODELS ? ` and ${local.length - SHOWN_MODELS} more` : "";
  const pulled =
    local.length === 0
      ? ""
      : `${local
          .slice(0, SHOWN_MODELS)
          .map((model) => `ollama/${model}`)
          .join(", ")}${more}`;
  const paid = providers.filter(({ id }) => id !== "ollama").map(({ id }) => `${id}/…`);
  const all = [pulled, ...paid].filter((word) => word !== "");
  return all.length === 0 ? "none yet" : all.join(", ");
}

/** The ready lines, one a listener: base URL, key, models, price date; for people, on stdout. */
export function readyLines(daemon: Daemon, style: Colours): readonly string[] {
  const { summary } = daemon;
  const key = summary.keyRequired ? "required" : "any";
  return [
    `${style.bold("API")}    ${style.green(daemon.apiUrl)}  key: ${key}  models: ${modelWords(summary)}  prices: ${summary.priceDate}`,
    `${style.bold("admin")}  ${style.green(daemon.adminLink ?? daemon.adminUrl)}`,
  ];
}

/** What was found, what was not, and what to do next; on stderr. */
export function showSummary({ summary }: Daemon, terminal: Terminal, now: number): void {
  const { talkStyle: style } = terminal;
  const found = summary.providers
    .filter(({ id }) => id !== "ollama" || summary.ollama === null)
    .map(({ id, keySource, origin }) => `${id} (${keySource === "none" ? origin : keySource})`);
  if (summary.ollama !== null) {
    const count = summary.ollama.models.length;
    found.unshift(
      `Ollama at ${summary.ollama.url} (${count === 0 ? "no model pulled" : formatPlural(count, "model")})`,
    );
  }
  if (found.length > 0) terminal.talk(`found: ${found.join(", ")}`);
  for (const missing of summary.missing) terminal.talk(style.dim(`not found: ${missing}`));
  if (summary.takenAdminPort !== undefined) {
    const owner = findPortOwner(summary.takenAdminPort);
    const who = owner === null ? "" : ` by ${owner.name} (pid ${owner.pid})`;
    terminal.talk(`admin port ${summary.takenAdminPort} is taken${who}, so the next free one is used`);
  }
  const { days, isOld } = ageOfPrices(summary.priceDate, now);
  if (isOld) terminal.talk(`${style.yellow("warning:")} prices are ${days} days old: lodestar prices update`);
  for (const step of summary.nextSteps) terminal.talk(`${style.yellow("next:")} ${step}`);
}

const STEP_WORDS: Readonly<Record<BudgetStep, string>> = {
  warning: "has reached",
  exceeded: "is used up at",
  capped: "cut an answer at",
  degraded: "sent a request to a free model at",
  refused: "refused a request at",
};

function budgetLine(event: Extract<LodestarEvent, { event: "budget" }>): string {
  const { budget, name, step, percent, spentNanoUsd, limitNanoUsd } = event;
  const whose = name === null || !budget.includes("*") ? "" : ` of ${plainText(name)}`;
  const request = event.requestId === null ? "" : `${event.requestId} `;
  return `${request}budget ${plainText(budget)}${whose} ${STEP_WORDS[step]} ${percent} % (${formatUsd(spentNanoUsd)} of ${formatUsd(limitNanoUsd)})`;
}

function localLine(event: Extract<LodestarEvent, { event: "local" }>): string | null {
  const name = plainText(`${event.provider}/${event.model}`);
  if (event.step === "draw") return null;
  if (event.step === "unload") return `${name} is unloaded`;
  if (event.step === "truncation") return `${name} read less of a prompt than was sent`;
  const took = event.tookMs === null ? "" : ` in ${formatDuration(event.tookMs)}`;
  const instead = event.replaced.length === 0 ? "" : ` in the place of ${event.replaced.map(plainText).join(", ")}`;
  return `${name} is loaded${took}${instead} (${event.cause})`;
}

function healthSubject({ provider, account, model }: Extract<LodestarEvent, { event: "health" }>): string {
  return model === undefined ? `${provider} (${account})` : `${provider}/${model}`;
}

/** One event as a line for a person. Null for what only machines want. */
export function eventLine(event: LodestarEvent): string | null {
  switch (event.event) {
    case "settled": {
      const { intent, outcome } = event;
      const fault = outcome.fault === null ? "" : `: ${plainText(outcome.fault.message)}`;
      const took = formatDuration(outcome.endedAt - intent.startedAt);
      return `${intent.requestId} ${plainText(targetName(intent))} ${outcome.state} ${formatCost(outcome.costNanoUsd)} ${took}${fault}`;
    }
    case "fallback":
      return `${event.requestId} falls back from ${plainText(event.from)} to ${plainText(event.to)}: ${plainText(event.message)}`;
    case "health":
      return `${plainText(healthSubject(event))} is ${event.state}: ${plainText(event.reason)}`;
    case "budget":
      return budgetLine(event);
    case "config":
      return `configuration ${event.outcome}: ${plainText(event.message)}`;
    case "local":
      return localLine(event);
    case "draining":
      return `draining: ${formatPlural(event.open, "open answer")}, at most ${formatDuration(event.deadlineMs)}`;
    case "ready":
      return `ready: ${event.apiUrl}`;
    default:
      return null;
  }
}

function fixFor(kind: Awaited<ReturnType<typeof identifyServer>>, port: number, isAdmin: boolean): string {
  const other = `lodestar serve ${isAdmin ? "--admin-port" : "--port"} ${port === 65_535 ? 4_000 : port + 1}`;
  if (kind === "lodestar") return `lodestar status, or: ${other}`;
  if (kind !== "litellm") return other;
  return [
    other,
    "or keep it as an upstream, in the configuration:",
    `  providers: { litellm: { baseUrl: "http://127.0.0.1:${port}/v1" } }`,
  ].join("\n");
}

/** A taken port, with who holds it and what can be done: another port, or the holder as an upstream. Other problems stay as they are. */
export async function explainTakenPort(problem: CliProblem): Promise<CliProblem> {
  const port = problem.facts?.port;
  if (problem.code !== "port_in_use" || typeof port !== "number") return problem;
  const owner = findPortOwner(port);
  const kind = await identifyServer(port);
  const fix = fixFor(kind, port, problem.facts?.name === "admin");
  // Nobody is known to hold it (another user's process, or no right to this port): the system's own words say more.
  if (owner === null && kind === "other") return { ...problem, fix };
  const names = { litellm: "a LiteLLM proxy", lodestar: "another Lodestar", other: "another program" } as const;
  const who = owner === null ? names[kind] : `${names[kind]}: ${owner.name} (pid ${owner.pid})`;
  return { ...problem, message: `port ${port} is taken by ${who}`, fix };
}
