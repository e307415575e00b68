import { readFileSync } from "node:fs";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { ExplainedCandidate, RouteExplainView, RoutePastView } from "../../core/route-view.ts";
import type { StoredCandidate, StoredRoute } from "../../core/routing/stored-route.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatCost } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { type Column, renderFacts, showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { fetchView } from "../connection.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";
import { percent, stateOf } from "./words.ts";

const TOP_FEATURES = 6;

function range({ mean, low, high }: { mean: number; low: number; high: number }): string {
  return `${percent(mean)} (${percent(low)} to ${percent(high)})`;
}

function evidence({ quality }: ExplainedCandidate): string {
  const { source, ownWeight, priorWeight } = quality;
  const own = ownWeight < 0.5 ? "" : `${ownWeight.toFixed(0)} own answers, `;
  return `${own}${source === null ? "a guess by size or price" : source} (counts ${priorWeight})`;
}

const COLUMNS: readonly Column<ExplainedCandidate>[] = [
  { title: "model", cell: ({ name }) => name, canShrink: true },
  { title: "here", cell: ({ expected }) => percent(expected), align: "right" },
  { title: "class", cell: ({ quality }) => range(quality), align: "right" },
  { title: "cost", cell: ({ costNanoUsd }) => (costNanoUsd === null ? "?" : formatCost(costNanoUsd)), align: "right" },
  { title: "state", cell: stateOf, canShrink: true },
  { title: "known from", cell: evidence, canShrink: true },
  { title: "why not", cell: ({ lost }) => lost ?? "chosen", canShrink: true },
];

const PAST_COLUMNS: readonly Column<StoredCandidate>[] = [
  { title: "model", cell: ({ name }) => name, canShrink: true },
  { title: "here", cell: ({ expected }) => percent(expected), align: "right" },
  { title: "class", cell: range, align: "right" },
  { title: "cost", cell: ({ costNanoUsd }) => (costNanoUsd === null ? "?" : formatCost(costNanoUsd)), align: "right" },
  { title: "state", cell: ({ block }) => block ?? "ready" },
];

function classText({ taskClass, source, probability }: RouteExplainView["verdict"]): string {
  const sure = probability === null ? "" : `, p = ${probability.toFixed(2)}`;
  return taskClass === null ? "not known" : `${taskClass} (${source}${sure})`;
}

function features(view: RouteExplainView): string {
  return view.features
    .slice(0, TOP_FEATURES)
    .map(({ name, weight }) => `${name} ${weight >= 0 ? "+" : ""}${weight.toFixed(2)}`)
    .join(", ");
}

function factsOf(view: RouteExplainView): readonly (readonly [string, string])[] {
  const { floor, difficulty } = view;
  const spoke = features(view);
  return [
    ["class", classText(view.verdict)],
    ...(spoke === "" ? [] : [["spoke for it", spoke] as const]),
    ...(difficulty === null ? [] : [["difficulty", `${percent(difficulty)} for a small model to fail`] as const]),
    [
      "floor",
      `${percent(floor.value)} (${floor.source}${floor.isRaised ? ", raised for a plan" : ""}; dial ${view.dial})`,
    ],
    ["why", view.why],
    ["tried in this order", view.plan.join(", ")],
    ["header", view.header],
    ...view.rules.map(({ name, outcome, reasons }) => [`rule ${name}`, `${outcome}: ${reasons.join("; ")}`] as const),
  ];
}

function showNow(terminal: Terminal, view: RouteExplainView): void {
  for (const line of renderFacts(factsOf(view), terminal.style)) terminal.out(line);
  terminal.out("");
  showTable(terminal, view.candidates, COLUMNS, "there is no model to choose from");
}

/** A rule that says where a request goes is the reason; one that sets a limit stands beside it. */
function whyText({ why, rule }: StoredRoute): string {
  if (rule === null) return why;
  return why === "rule" ? `rule ${rule}` : `${why}; rule ${rule} matched`;
}

function pastFacts(route: StoredRoute): readonly (readonly [string, string])[] {
  const { outcome, floor, dial, mode } = route;
  const { taskClass, classSource: source, probability } = route;
  const served = outcome === null ? "not known" : (outcome.served ?? "nobody");
  const cost = outcome === null || outcome.costNanoUsd === null ? "" : `, ${formatCost(outcome.costNanoUsd)}`;
  return [
    ["decided", new Date(route.at).toISOString()],
    ["class", classText({ taskClass, source, probability })],
    ["floor", `${percent(floor)}, with the dial at ${dial}`],
    ["why", whyText(route)],
    ["chosen", `${route.chosen ?? "the default chain"}${mode === "shadow" ? " (in shadow: not asked)" : ""}`],
    ["default chain", route.usual ?? "none"],
    ["answered by", `${served}${cost}`],
  ];
}

function showPast(terminal: Terminal, { route }: RoutePastView): void {
  for (const line of renderFacts(pastFacts(route), terminal.style)) terminal.out(line);
  terminal.out("");
  showTable(terminal, route.candidates, PAST_COLUMNS, "there was no model to choose from");
}

interface Args extends DaemonArgs {
  readonly request: string | undefined;
  readonly prompt: string | undefined;
  readonly body: string | undefined;
  readonly dialect: string;
  readonly task: string | undefined;
  readonly project: string | undefined;
  readonly json: boolean;
}

function readBodyFile(path: string): Result<object, CliProblem> {
  let text: string;
  try {
    text = readFileSync(path === "-" ? "/dev/stdin" : path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure(
      failureProblem("file_unreadable", `${path} cannot be read: ${reason}`, "name a file with a JSON body"),
    );
  }
  const json = parseJson(text);
  if (isJsonObject(json)) return success(json);
  return failure(failureProblem("invalid_json", `${path} holds no JSON object`, "give the body as a client sends it"));
}

function wishOf({ prompt, body, dialect, task, project }: Args): Result<object, CliProblem> {
  const said = { dialect, ...(task === undefined ? {} : { task }), ...(project === undefined ? {} : { project }) };
  if (body === undefined) return success({ ...said, prompt: prompt ?? "" });
  const read = readBodyFile(body);
  return read.ok ? success({ ...said, body: read.value }) : read;
}

async function explainPast(host: CliHost, args: Args, requestId: string): Promise<Outcome> {
  const path = `/v1/route/decisions/${encodeURIComponent(requestId)}`;
  const view = await fetchView<RoutePastView>(host, args, "read", path);
  if (!view.ok) return view.error;
  if (args.json) host.terminal.out(JSON.stringify(view.value));
  else showPast(host.terminal, view.value);
  return EXIT_CODES.ok;
}

async function explainNow(host: CliHost, args: Args): Promise<Outcome> {
  const wish = wishOf(args);
  if (!wish.ok) return wish.error;
  const init = { method: "POST", body: JSON.stringify(wish.value), headers: { "content-type": "application/json" } };
  const view = await fetchView<RouteExplainView>(host, args, "read", "/v1/route/explain", init);
  if (!view.ok) return view.error;
  if (args.json) host.terminal.out(JSON.stringify(view.value));
  else showNow(host.terminal, view.value);
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "explain",
    description: "Why a request went where it went, or where a prompt would go now",
    examples: [
      ["lodestar route explain req_01abc", "a past request, by its x-lodestar-request-id"],
      ['lodestar route explain --prompt "why does this test hang?"', "now: class, every model, and why it lost"],
      ["lodestar route explain --body request.json --dialect anthropic", "a whole request as a client sends it"],
    ],
    notes: ["Nothing is asked of any model, and nothing is written down."],
  },
  args: {
    request: { type: "positional", required: false, description: "id of a past request" },
    prompt: { type: "string", alias: "p", valueHint: "TEXT", description: "a prompt" },
    body: { type: "string", valueHint: "FILE", description: "a request's JSON body; - for stdin" },
    dialect: {
      type: "enum",
      options: ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"],
      default: "openai-chat",
      description: "the dialect of the body",
    },
    task: { type: "string", valueHint: "CLASS", description: "as if x-lodestar-task said so" },
    project: { type: "string", valueHint: "NAME", description: "as if this project asked" },
    ...jsonFlag,
    ...daemonFlags,
  },
  run({ args, ...host }) {
    const { request, prompt, body } = args;
    const given = [request, prompt, body].filter((one) => one !== undefined).length;
    if (given === 1) return request === undefined ? explainNow(host, args) : explainPast(host, args, request);
    const fix = 'lodestar route explain --prompt "why does this test hang?"';
    return Promise.resolve(usageProblem("bad_value", "one of a request's id, --prompt and --body is needed", fix));
  },
});
