import type { ModelView } from "../../core/admin-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { Rates } from "../../core/spending-guard.ts";
import { didYouMean } from "../../core/suggest.ts";
import { tellsItsAuthor } from "../../core/tournament/identity.ts";
import type { StoredAnswer, Tournament, TournamentPrompt, TournamentStore } from "../../core/tournament/tournament.ts";
import { type Asker, answerKey, createAsker, questionOf } from "../../features/tournament/asker.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost, Outcome } from "../command.ts";
import { fetchView } from "../connection.ts";
import { type OpenModels, openModels } from "../model-port.ts";
import { ratesOf } from "../model-rates.ts";
import { type ProjectArgs, projectHere } from "../project/here.ts";
import { type DaemonArgs, inputsOf } from "../shared-flags.ts";

/** `--budget` of commands that ask models. */
export const budgetFlag = {
  budget: {
    type: "string",
    valueHint: "USD",
    description: "end before the call that could bring the cost of this run above it",
  },
} as const;

/** A tournament and where it is kept. */
export interface Kept {
  readonly store: TournamentStore;
  readonly tournament: Tournament;
}

/** A tournament whose models can be asked. */
export interface Session extends Kept {
  readonly asker: Asker<CliProblem>;
  /** What one answer of a model costs at most, in USD; 0 where no price is known. */
  mostCostOf(model: string): number;
}

/** Reads `--budget`; null where none was given. */
function readBudget(text: string | undefined): Result<number | null, CliProblem> {
  if (text === undefined) return success(null);
  if (/^\$?\d{1,7}(\.\d{1,9})?$/.test(text)) return success(Number(text.replace("$", "")));
  return failure(usageProblem("invalid_value", `--budget takes US dollars, not "${plainText(text)}"`, "--budget 0.50"));
}

/** Runs `work` with the store, and closes it whatever comes of it. */
export async function withStore(
  host: CliHost,
  args: DaemonArgs,
  work: (store: TournamentStore) => Promise<Outcome>,
): Promise<Outcome> {
  const opened = (await host.backend()).openTournaments(inputsOf(host, args));
  if (!opened.ok) return opened.error;
  try {
    return await work(opened.value);
  } finally {
    opened.value.close();
  }
}

/** The tournament of this id, or the latest where none is named. */
export function findTournament(store: TournamentStore, id: string | undefined): Result<Tournament, CliProblem> {
  const latest = store.list(100);
  const found = id === undefined ? latest[0] : store.find(id);
  if (found !== undefined && found !== null) return success(found);
  const fix = "lodestar tournament run --models A,B --suite bug_fix makes one";
  if (id === undefined) return failure(failureProblem("no_tournament", "there is no tournament yet", fix));
  const hint = didYouMean(
    id,
    latest.map((one) => one.id),
  );
  return failure(
    failureProblem("no_tournament", `there is no tournament "${plainText(id)}".${hint}`, "lodestar tournament history"),
  );
}

/** The answer of a model to a prompt, if it is kept. */
export function answerIn({ store, tournament }: Kept, prompt: TournamentPrompt, model: string): StoredAnswer | null {
  return store.answer(answerKey(questionOf(tournament, prompt, model)));
}

/** Answers that are looked for again and again; those that are found stay as they are. */
export interface AnswerBook {
  find(prompt: TournamentPrompt, model: string): StoredAnswer | null;
  /** Whether an answer tells who wrote it, and cannot be compared blindly. */
  isGivenAway(prompt: TournamentPrompt, model: string): boolean;
}

/** Makes a book of a tournament's answers. */
export function createAnswerBook(kept: Kept): AnswerBook {
  const known = new Map<string, { readonly answer: StoredAnswer; readonly isGivenAway: boolean }>();
  const look = (prompt: TournamentPrompt, model: string) => {
    const key = `${prompt.id}\n${model}`;
    const entry = known.get(key);
    if (entry !== undefined) return entry;
    const answer = answerIn(kept, prompt, model);
    if (answer === null) return null;
    const found = { answer, isGivenAway: tellsItsAuthor(answer.text, prompt.text) };
    known.set(key, found);
    return found;
  };
  return {
    find: (prompt, model) => look(prompt, model)?.answer ?? null,
    isGivenAway: (prompt, model) => look(prompt, model)?.isGivenAway ?? false,
  };
}

function ratesIn(views: readonly ModelView[], model: string): Rates | null {
  const found = views.find(({ id }) => id === model) ?? views.find(({ aliases }) => aliases.includes(model));
  return found === undefined ? null : ratesOf(found);
}

/** Opens the models of a tournament, whose costs are told under `tournament:ID`. Runs `work`, and closes them. */
export async function withModels(
  host: CliHost,
  args: ProjectArgs & { readonly budget?: string | undefined },
  kept: Kept,
  work: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  const budget = readBudget(args.budget);
  if (!budget.ok) return budget.error;
  const project = await projectHere(host, args);
  if (!project.ok) return project.error;
  const known = await fetchView<{ models: readonly ModelView[] }>(host, args, "read", "/v1/models");
  const views = known.ok ? known.value.models : [];
  const caller = { project: project.value, tag: `tournament:${kept.tournament.id}` };
  const models: Result<OpenModels, CliProblem> = await openModels(host, args, caller);
  if (!models.ok) return models.error;
  const ratesOfName = (model: string): Rates | null => ratesIn(views, model);
  const asker = createAsker({
    models: models.value,
    store: kept.store,
    budgetUsd: budget.value,
    ratesOf: ratesOfName,
    now: () => host.now(),
  });
  const mostCostOf = (model: string): number =>
    ((ratesOfName(model)?.outputUsd ?? 0) * kept.tournament.maxOutputTokens) / 1_000_000;
  try {
    return await work({ ...kept, asker, mostCostOf });
  } finally {
    await models.value.close();
  }
}

/** That the budget refused a call, and why. */
export function budgetWords(model: string, mostUsd: number | null, spentUsd: number): string {
  if (mostUsd === null) return `the price of ${plainText(model)} is not known, so no budget can be kept with it`;
  return `the next answer of ${plainText(model)} could cost $${mostUsd.toFixed(4)}, and $${spentUsd.toFixed(4)} are spent`;
}
