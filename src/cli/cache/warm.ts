import type { ModelView } from "../../core/admin-view.ts";
import type { CacheStatsView } from "../../core/cache-view.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { decimalOf, formatUsd, toNanoUsd } from "../../core/money.ts";
import { type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { confirm } from "../../terminal/prompt.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { type Connection, fetchView, openApi } from "../connection.ts";
import { projectFlag, projectHere } from "../project/here.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { estimateWarming, type WarmEstimate } from "./warm-estimate.ts";
import { openWarmJournal, readWarmFile, type WarmJournal, type WarmRequest } from "./warm-file.ts";

/** What became of the requests of a file, as `--json` prints it. */
interface WarmTally {
  /** Kept by an earlier run, and not asked again. */
  readonly done: number;
  stored: number;
  /** The cache had it already. */
  hits: number;
  /** Answered, and not kept, by why. */
  readonly notKept: Record<string, number>;
  readonly failed: { readonly line: number; readonly message: string }[];
  /** Not asked, since the budget was spent. */
  left: number;
  /** Null once the cost of an answer is not known. */
  costUsd: number | null;
}

/** Who asks, and how. */
interface Warming {
  readonly host: CliHost;
  readonly connection: Connection;
  readonly project: string | null;
  readonly journal: WarmJournal;
  readonly tally: WarmTally;
}

function usdText(usd: number): string {
  return formatUsd(toNanoUsd(decimalOf(usd)));
}

function messageOf(body: string, status: number): string {
  const json = parseJson(body);
  const error = isJsonObject(json) && isJsonObject(json.error) ? json.error : {};
  return typeof error.message === "string" ? error.message : `the gateway answered ${status}`;
}

function addCost(tally: WarmTally, body: string): void {
  const json = parseJson(body);
  const usage = isJsonObject(json) && isJsonObject(json.usage) ? json.usage : {};
  tally.costUsd = tally.costUsd === null || typeof usage.cost !== "number" ? null : tally.costUsd + usage.cost;
}

async function warmOne(request: WarmRequest, warming: Warming): Promise<CliProblem | null> {
  const { host, connection, project, journal, tally } = warming;
  const sent = await connection.send(request.path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": `lodestar-cli/${host.version}`,
      "x-lodestar-cache": "on",
      "x-lodestar-priority": "batch",
      "x-lodestar-tag": "cache-warm",
      ...(project === null ? {} : { "x-lodestar-project": project }),
    },
    body: JSON.stringify(request.body),
  });
  if (!sent.ok) return sent.error;
  const body = await sent.value.text();
  if (!sent.value.ok) {
    tally.failed.push({ line: request.line, message: messageOf(body, sent.value.status) });
    return null;
  }
  addCost(tally, body);
  const told = sent.value.headers.get("x-lodestar-cache") ?? "";
  const isHit = told.startsWith("hit");
  if (isHit) tally.hits += 1;
  else if (told === "stored") tally.stored += 1;
  else {
    const why = /reason=(\S+)/.exec(told)?.[1] ?? "unknown";
    tally.notKept[why] = (tally.notKept[why] ?? 0) + 1;
    return null;
  }
  await journal.add(request.hash, host.now());
  return null;
}

async function warmAll(
  requests: readonly WarmRequest[],
  budgetUsd: number | null,
  warming: Warming,
): Promise<CliProblem | null> {
  const { tally, host } = warming;
  for (const [index, request] of requests.entries()) {
    if (budgetUsd !== null && (tally.costUsd === null || tally.costUsd >= budgetUsd)) {
      tally.left = requests.length - index;
      return null;
    }
    const problem = await warmOne(request, warming);
    if (problem !== null) return problem;
    const spent = tally.costUsd === null ? "" : `, ${usdText(tally.costUsd)}`;
    if (host.terminal.isTalkTty) host.terminal.talkRaw(`\r${index + 1} of ${requests.length}${spent} `);
  }
  if (host.terminal.isTalkTty) host.terminal.talk("");
  return null;
}

function tellTally(tally: WarmTally, { terminal }: CliHost): void {
  const { done, stored, hits, notKept, failed, left, costUsd } = tally;
  const cost = costUsd === null ? "cost unknown" : usdText(costUsd);
  terminal.out(`${formatPlural(stored, "answer")} kept, ${hits + done} kept before, ${cost}`);
  for (const [why, count] of Object.entries(notKept)) terminal.out(`${count} answered and not kept: ${why}`);
  for (const { line, message } of failed) terminal.talk(`line ${line}: ${message}`);
  if (left > 0) terminal.talk(`${formatPlural(left, "request")} left: the budget is spent, or a cost is not known`);
}

/** The question before anything is paid. */
function questionFor(count: number, { usd, unknown }: WarmEstimate, budgetUsd: number | null): string {
  const unpriced = unknown === 0 ? "" : `, and ${formatPlural(unknown, "request")} of unknown cost`;
  const limit = budgetUsd === null ? "" : `, at most about ${usdText(budgetUsd)}`;
  return `Ask ${formatPlural(count, "request")} for about ${usdText(usd)}${unpriced}${limit}?`;
}

/** How long answers are kept, and what models cost. */
async function readWorld(
  host: CliHost,
  args: Parameters<typeof openApi>[1],
): Promise<Result<{ readonly ttlMs: number; readonly models: readonly ModelView[] }, CliProblem>> {
  const stats = await fetchView<CacheStatsView>(host, args, "read", "/v1/cache");
  if (!stats.ok) return stats;
  const models = await fetchView<{ readonly models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  return models.ok ? success({ ttlMs: stats.value.ttlMs, models: models.value.models }) : models;
}

export const command = defineCommand({
  meta: {
    name: "warm",
    description: "Ask the requests of a file now, so that their answers are kept",
    examples: [
      ["lodestar cache warm questions.ndjson --budget 0.50", "says what it may cost, and asks first"],
      [
        "lodestar cache warm questions.ndjson --yes --json",
        "in a script; again after it was stopped: what is kept is not asked",
      ],
    ],
    notes: [
      'Each line is a request as a client sends it: {"model": …, "messages": […]}, or {"path": "/v1/messages", "body": {…}}. It must be the same as the client\'s, temperature and all, and be asked with the same client key (LODESTAR_API_KEY) and project, or no client will get it. What is kept is noted in FILE.warmed, and asked again once the cache has let go of it. No question is stored by Lodestar, so requests of the past cannot be asked from its history.',
    ],
  },
  args: {
    file: { type: "positional", required: true, description: "NDJSON file of requests" },
    budget: { type: "string", valueHint: "USD", description: "ask nothing more once this is spent" },
    yes: { type: "boolean", alias: "y", description: "do not ask" },
    ...projectFlag,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const budgetUsd = args.budget === undefined ? null : Number(args.budget);
    if (budgetUsd !== null && !(budgetUsd > 0)) {
      return usageProblem("bad_value", `--budget ${args.budget} is no amount in USD`, "--budget 0.50");
    }
    const project = await projectHere(host, args);
    if (!project.ok) return project.error;
    const owner = JSON.stringify([host.environment.LODESTAR_API_KEY ?? null, project.value]);
    const requests = await readWarmFile(args.file, owner);
    if (!requests.ok) return requests.error;
    const world = await readWorld(host, args);
    if (!world.ok) return world.error;
    const { ttlMs, models } = world.value;
    if (ttlMs === 0) return failureProblem("cache_off", "the cache is off", "set cache.ttl in the configuration");
    const journal = await openWarmJournal(args.file);
    const open = requests.value.filter(({ hash }) => !journal.has(hash, host.now() - ttlMs));
    const done = requests.value.length - open.length;
    const question = questionFor(open.length, estimateWarming(open, models), budgetUsd);
    host.terminal.talk(question.replace(/^Ask (.*)\?$/, "$1"));
    const mayAsk = args.yes === true || open.length === 0 || (await confirm(host.terminal, host.stdin, question));
    if (!mayAsk) {
      host.terminal.talk("nothing was asked");
      return EXIT_CODES.ok;
    }
    const connection = await openApi(host, args);
    if (!connection.ok) return connection.error;
    const tally: WarmTally = { done, stored: 0, hits: 0, notKept: {}, failed: [], left: 0, costUsd: 0 };
    try {
      const warming = { host, connection: connection.value, project: project.value, journal, tally };
      const problem = await warmAll(open, budgetUsd, warming);
      if (problem !== null) return problem;
    } finally {
      await connection.value.close();
    }
    if (args.json) host.terminal.out(JSON.stringify(tally));
    else tellTally(tally, host);
    if (tally.left > 0) return EXIT_CODES.budget;
    return tally.failed.length > 0 ? EXIT_CODES.upstream : EXIT_CODES.ok;
  },
});
