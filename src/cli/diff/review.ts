import { createSpendingGuard } from "../../core/spending-guard.ts";
import type { ToolResults } from "../../core/tool-results.ts";
import { type Reviewer, rulesAlone } from "../../features/diff/annotated.ts";
import { createReviewer } from "../../features/diff/notes/review.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost } from "../command.ts";
import { openModels } from "../model-port.ts";
import { mostRatesOf } from "../model-rates.ts";
import { projectHere } from "../project/here.ts";
import { inputsOf } from "../shared-flags.ts";
import type { DiffArgs } from "./flags.ts";
import type { ReviewFacts } from "./machine.ts";

/** Who says something of the hunks of this run. */
interface OpenReview {
  readonly review: Reviewer;
  facts(): ReviewFacts;
  /** In a line: whether notes are by rules alone or by a model too, and what that cost. */
  footer(): string;
  isBudgetSpent(): boolean;
  close(): Promise<void>;
}

function byRules(model: string | null, problem: CliProblem | null): OpenReview {
  const why = problem === null ? "" : `; ${model} was not asked: ${plainText(problem.message)}`;
  return {
    review: rulesAlone,
    facts: () => ({ annotatedBy: "rules", model, problem: problem?.message ?? null, calls: 0, costUsd: null }),
    footer: () => `notes: by rules alone${why}`,
    isBudgetSpent: () => false,
    close: async () => undefined,
  };
}

/** Nobody but the rules. */
export function rulesOnly(): OpenReview {
  return byRules(null, null);
}

/** Where nothing can be kept, everything is asked again. */
const FORGETFUL: ToolResults = { find: () => null, save: () => undefined, close: () => undefined };

async function openResults(host: CliHost, args: DiffArgs): Promise<ToolResults> {
  const opened = (await host.backend()).openToolResults(inputsOf(host, args));
  if (opened.ok) return opened.value;
  host.terminal.talk(`notes are not kept for the next run: ${opened.error.message}`);
  return FORGETFUL;
}

/**
 * Opens whoever annotates: rules, and a model where one is named. Where it cannot be reached the rules do alone, and the
 * screen says so. Costs are told under `diff:ID`.
 */
export async function openReview(args: DiffArgs, host: CliHost): Promise<OpenReview> {
  const { ai: model, noAi, budget } = args;
  if (model === undefined || noAi) return rulesOnly();
  const project = await projectHere(host, args);
  if (!project.ok) return byRules(model, project.error);
  const rates = budget === undefined ? null : await mostRatesOf(host, args, model);
  const tag = `diff:${crypto.randomUUID().slice(0, 8)}`;
  const models = await openModels(host, args, { project: project.value, tag });
  if (!models.ok) return byRules(model, models.error);
  const results = await openResults(host, args);
  const { review, state } = createReviewer<CliProblem>({
    models: models.value,
    model,
    results,
    guard: budget === undefined ? null : createSpendingGuard(Number(budget)),
    rates,
    now: () => host.now(),
    onAsk: (hunks) => startSpinner(host.terminal, `asking ${model} about ${hunks} hunks`).stop,
  });
  const problem = (): string | null => {
    if (state.failure !== null) return state.failure.message;
    if (!state.isBudgetSpent) return null;
    return rates === null ? "its price is not known, so --budget lets nothing pass" : "the budget was used up";
  };
  return {
    review,
    facts: () => ({
      annotatedBy: state.reviewed > 0 ? "rules and model" : "rules",
      model,
      problem: problem(),
      calls: state.calls,
      costUsd: state.calls === 0 ? 0 : state.costUsd,
    }),
    footer() {
      const why = problem();
      const asked = `${state.calls} calls, $${state.costUsd.toFixed(4)}, ${tag}`;
      const head =
        state.reviewed > 0
          ? `notes: by rules and ${model} (${state.reviewed} hunks; ${asked})`
          : "notes: by rules alone";
      const left = state.left > 0 ? `; ${state.left} hunks by rules alone` : "";
      return `${head}${left}${why === null ? "" : `; ${model}: ${plainText(why)}`}`;
    },
    isBudgetSpent: () => state.isBudgetSpent,
    async close() {
      results.close();
      await models.value.close();
    },
  };
}
