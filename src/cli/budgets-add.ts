import { checkBudgets } from "../config/budgets.ts";
import { addBudget, type NewBudget } from "../config/edit.ts";
import {
  BUDGET_PERIODS,
  BUDGET_POLICIES,
  BUDGET_SCOPES,
  budgetIdOf,
  LIMIT_HINT,
  limitOf,
} from "../core/budget/text.ts";
import { failure, type Result, success } from "../core/result.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { defineCommand } from "./command.ts";
import { editConfig } from "./config/edit.ts";
import { reloadDaemon } from "./provider/call.ts";
import { daemonFlags, inputsOf } from "./shared-flags.ts";

interface AddArgs {
  readonly scope: (typeof BUDGET_SCOPES)[number];
  readonly name?: string | undefined;
  readonly period: (typeof BUDGET_PERIODS)[number];
  readonly limit: string;
  readonly over?: (typeof BUDGET_POLICIES)[number] | undefined;
  readonly warnAt?: string | undefined;
  readonly unpriced?: "deny" | "allow" | undefined;
}

/** `--warn-at 50,80` as numbers; null where it is no such list. */
function percentagesOf(text: string): readonly number[] | null {
  const parts = text.split(",").map((part) => part.trim());
  return parts.every((part) => /^(?:[1-9]\d?|100)$/.test(part)) ? parts.map(Number) : null;
}

/** The budget as the file holds it, in the words of the person who asked for it. */
function budgetOf({ scope, name, period, limit, over, warnAt, unpriced }: AddArgs): Result<NewBudget, CliProblem> {
  const nano = limitOf(limit);
  if (nano === null) return failure(usageProblem("invalid_value", `--limit ${LIMIT_HINT}`, "--limit 30"));
  const percentages = warnAt === undefined ? undefined : percentagesOf(warnAt);
  if (percentages === null) {
    return failure(usageProblem("invalid_value", "--warn-at must be percentages from 1 to 100", "--warn-at 50,80"));
  }
  const draft = { id: "", scope, name: name ?? null, period, limitNanoUsd: nano, warnAt: [], over: "deny" as const };
  const [wrong] = checkBudgets([{ ...draft, isUnpricedAllowed: false, origin: "file" }]);
  if (wrong !== undefined) {
    const fix = name === undefined ? `--name NAME, or --name '*' to count each ${scope} apart` : wrong.fix;
    return failure(usageProblem("invalid_value", `a budget of --scope ${scope} ${wrong.message}`, fix));
  }
  const limitUsd = limitOf(Number(limit)) === nano ? Number(limit) : limit;
  return success({
    scope,
    ...(name === undefined ? {} : { name }),
    period,
    limitUsd,
    ...(percentages === undefined ? {} : { warnAt: percentages }),
    ...(over === undefined ? {} : { over }),
    ...(unpriced === undefined ? {} : { unpriced }),
  });
}

export const command = defineCommand({
  meta: {
    name: "add",
    description: "Write a budget into the configuration file, in place of one of the same scope, name and period",
    examples: [
      ["lodestar budgets add --period month --limit 30 --warn-at 50,80,95", "30 USD a month for everything"],
      ["lodestar budgets add --scope project --name '*' --period day --limit 5 --over deny", "each project apart"],
    ],
    notes: ["Comments and order of the file are kept. A running daemon takes it into use at once."],
  },
  args: {
    scope: { type: "enum", options: BUDGET_SCOPES, default: "global", description: "what it counts" },
    name: {
      type: "string",
      valueHint: "NAME",
      description: "whose: a key, project, provider, model pattern; '*' for each",
    },
    period: { type: "enum", options: BUDGET_PERIODS, required: true, description: "when it begins at 0 again" },
    limit: {
      type: "string",
      required: true,
      valueHint: "USD",
      description: "how much; 0 lets free models alone through",
    },
    over: { type: "enum", options: BUDGET_POLICIES, description: "what happens beyond it (default degrade)" },
    warnAt: { type: "string", valueHint: "PERCENT,…", description: "when to tell (default 50,80; the limit always)" },
    unpriced: {
      type: "enum",
      options: ["deny", "allow"],
      description: "paid models without a known price (default deny)",
    },
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const budget = budgetOf(args);
    if (!budget.ok) return budget.error;
    const changed = await editConfig(inputsOf(host, args), (text, file) => addBudget(text, file, budget.value));
    if (!changed.ok) return changed.error;
    const reloaded = await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    const { scope, name = null, period } = args;
    const id = budgetIdOf({ scope, name, period });
    host.terminal.out(changed.value === null ? `${id} is there as it is` : `${id} is in ${changed.value}`);
    if (reloaded === "reloaded") host.terminal.talk("the daemon uses it");
    return EXIT_CODES.ok;
  },
});
