import type { ClassRecommendation, RecommendView } from "../core/recommend-view.ts";
import { TASK_CLASSES } from "../core/routing/task-class.ts";
import { didYouMean } from "../core/suggest.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../terminal/problem.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { fetchView } from "./connection.ts";
import { type Applied, applyRule, undoRule } from "./recommend/apply.ts";
import { showClass, showOverview } from "./recommend/words.ts";
import { type DaemonArgs, daemonFlags, filterQuery, jsonFlag } from "./shared-flags.ts";

interface Args extends DaemonArgs {
  readonly task?: string | undefined;
  readonly floor?: string | undefined;
  readonly budget?: string | undefined;
  readonly latency?: string | undefined;
  readonly localOnly: boolean;
  readonly apply: boolean;
  readonly undo: boolean;
  readonly json: boolean;
}

const AMOUNT = /^\d{1,7}(\.\d{1,9})?$/;

/** What is wrong with the flags before anything is asked. */
function flagsProblem({ task, floor, budget, latency, apply, undo }: Args): CliProblem | null {
  if (task !== undefined && !TASK_CLASSES.some((known) => known === task)) {
    const message = `"${task}" is no class of task.${didYouMean(task, TASK_CLASSES)}`;
    return usageProblem("unknown_task", message, TASK_CLASSES.join(", "));
  }
  if (floor !== undefined && !(AMOUNT.test(floor) && Number(floor) <= 1))
    return usageProblem("invalid_value", `--floor takes a number from 0 to 1, not "${floor}"`, "--floor 0.7");
  if (budget !== undefined && !AMOUNT.test(budget))
    return usageProblem(
      "invalid_value",
      `--budget takes US dollars for 1,000 requests, not "${budget}"`,
      "--budget 2.50",
    );
  if (latency !== undefined && !AMOUNT.test(latency))
    return usageProblem("invalid_value", `--latency takes seconds, not "${latency}"`, "--latency 5");
  if (apply && undo) return usageProblem("flags_conflict", "--apply and --undo exclude each other", "give one of them");
  if ((apply || undo) && task === undefined)
    return usageProblem(
      "task_needed",
      "--apply and --undo need the task that the rule is for",
      "lodestar recommend bug_fix --apply",
    );
  return null;
}

function ruleText({ rule }: Applied): readonly string[] {
  if (rule === null) return [];
  const { name, when, do: actions } = rule;
  const to = "chain" in actions ? `chain: [${actions.chain.join(", ")}]` : `target: ${actions.target}`;
  return [`  - { name: ${name}, when: { task: ${when.task} }, do: { ${to} } }`];
}

function showApplied({ terminal }: CliHost, applied: Applied, task: string): void {
  const { file, backup, isReloaded, rule, name } = applied;
  terminal.out("");
  terminal.out(rule === null ? `rule ${name} is out of ${file}` : `rule ${name} is in ${file}:`);
  for (const line of ruleText(applied)) terminal.out(line);
  if (isReloaded) terminal.talk("the daemon uses it");
  if (backup !== null) terminal.out(`The file as it was: ${backup}`);
  if (rule !== null) terminal.out(`Undo: lodestar recommend ${task} --undo`);
}

function nothingToApply({ taskClass, nearest, floor }: ClassRecommendation): CliProblem {
  const near = nearest === null ? "no model can be asked" : `the nearest is ${nearest}`;
  return failureProblem(
    "nothing_qualifies",
    `no model is known to be good enough for ${taskClass} at a floor of ${floor.toFixed(2)}; ${near}, and no rule was written`,
    `lodestar recommend ${taskClass} says what is missing; judge answers (POST /v1/feedback), or give a lower --floor`,
  );
}

async function undo(host: CliHost, args: Args, task: string): Promise<Outcome> {
  const applied = await undoRule(host, args, task);
  if (!applied.ok) return applied.error;
  if (args.json) host.terminal.out(JSON.stringify({ applied: applied.value }));
  else showApplied(host, applied.value, task);
  return EXIT_CODES.ok;
}

async function applyTo(host: CliHost, args: Args, view: RecommendView, task: string): Promise<Outcome> {
  const [one] = view.recommendations;
  if (one === undefined || one.choice === null) {
    if (args.json) host.terminal.out(JSON.stringify({ ...view, applied: null }));
    return one === undefined ? EXIT_CODES.ok : nothingToApply(one);
  }
  const applied = await applyRule(host, args, one);
  if (!applied.ok) return applied.error;
  if (args.json) host.terminal.out(JSON.stringify({ ...view, applied: applied.value }));
  else showApplied(host, applied.value, task);
  return EXIT_CODES.ok;
}

function show({ terminal }: CliHost, { task, json, apply }: Args, view: RecommendView): void {
  const [one] = view.recommendations;
  if (json) {
    if (!apply) terminal.out(JSON.stringify(view));
  } else if (task === undefined || one === undefined) showOverview(view, terminal);
  else showClass(one, view, terminal);
}

export const command = defineCommand({
  meta: {
    name: "recommend",
    description: "The cheapest model that is good enough for a class of task, by your own evidence and prices",
    group: "See",
    examples: [
      ["lodestar recommend", "one line for each class of task"],
      ["lodestar recommend bug_fix", "every candidate with quality, cost and latency, and what would change it"],
      ["lodestar recommend documentation --local-only --floor 0.6", "only what runs here, at a lower floor"],
      ["lodestar recommend refactor --budget 5 --latency 20", "at most $5 for 1,000 requests, at most 20 s each"],
      ["lodestar recommend bug_fix --apply", "write it as a rule for `auto`"],
    ],
    notes: [
      "Good enough: the share of good answers is at least the floor with a probability of 0.9. The floor is yours (`routing.floor`), or what `routing.dial` asks for.",
      "Cost is reckoned at the tokens that your requests of the class took over the last 30 days. See docs/recommend.md.",
    ],
  },
  args: {
    task: { type: "positional", description: `class of task: ${TASK_CLASSES.join(", ")}` },
    floor: { type: "string", valueHint: "0..1", description: "least share of good answers" },
    budget: { type: "string", valueHint: "USD", description: "most that 1,000 requests may cost" },
    latency: { type: "string", valueHint: "SECONDS", description: "longest median time to a whole answer" },
    localOnly: { type: "boolean", description: "only models that run on your own machines" },
    apply: { type: "boolean", description: "write the recommendation as a rule into the configuration file" },
    undo: { type: "boolean", description: "take the rule of an earlier --apply out again" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const problem = flagsProblem(args);
    if (problem !== null) return problem;
    const { task, floor, budget, latency } = args;
    if (args.undo && task !== undefined) return undo(host, args, task);
    const query = filterQuery({ task, floor, budget, latency, localOnly: args.localOnly ? "1" : undefined });
    const view = await fetchView<RecommendView>(host, args, "read", `/v1/recommend?${query}`);
    if (!view.ok) return view.error;
    show(host, args, view.value);
    return args.apply && task !== undefined ? applyTo(host, args, view.value, task) : EXIT_CODES.ok;
  },
});
