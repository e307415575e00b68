import type { Tournament, TournamentPrompt } from "../../core/tournament/tournament.ts";
import { type Asked, type Asker, questionOf } from "./asker.ts";

/** Failures in a row after which a model is given up. */
const MOST_FAILURES = 3;

/** One answer that a tournament needs, and what became of it. */
export interface Collected<Failure> {
  readonly model: string;
  readonly prompt: TournamentPrompt;
  readonly asked: Asked<Failure>;
}

/** How collecting ended. */
export interface Collection<Failure> {
  readonly asked: number;
  readonly kept: number;
  readonly failed: number;
  /** Answers that were not asked for: their model was given up, the budget ended it, or it was interrupted. */
  readonly left: number;
  /** The first call that the budget refused; null where none was. */
  readonly refused: { readonly model: string; readonly mostUsd: number | null } | null;
  /** The last failure of each model that had one. */
  readonly problems: ReadonlyMap<string, Failure>;
}

/** How to collect. */
export interface CollectOptions<Failure> {
  /** Calls at the same time. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  onAnswer(collected: Collected<Failure>): void;
}

/**
 * Asks every model for its answer to every prompt, several at once: model by model, so that a machine with room for one local
 * model loads each once. Ends before the first call that the budget refuses; what is under way is waited for.
 */
export async function collectAnswers<Failure>(
  tournament: Tournament,
  asker: Asker<Failure>,
  { parallel, signal, onAnswer }: CollectOptions<Failure>,
): Promise<Collection<Failure>> {
  const jobs = tournament.models.flatMap((model) => tournament.prompts.map((prompt) => ({ model, prompt })));
  const counts = { asked: 0, kept: 0, failed: 0 };
  const streaks = new Map<string, number>();
  const problems = new Map<string, Failure>();
  let refused: Collection<Failure>["refused"] = null;
  let next = 0;

  function take({ model, prompt, asked }: Collected<Failure>): void {
    if (asked.kind === "unaffordable") {
      refused ??= { model, mostUsd: asked.mostUsd };
      return;
    }
    counts[asked.kind] += 1;
    streaks.set(model, asked.kind === "failed" ? (streaks.get(model) ?? 0) + 1 : 0);
    if (asked.kind === "failed") problems.set(model, asked.error);
    onAnswer({ model, prompt, asked });
  }
  async function work(): Promise<void> {
    while (refused === null && !signal.aborted) {
      const job = jobs[next];
      next += 1;
      if (job === undefined) return;
      if ((streaks.get(job.model) ?? 0) >= MOST_FAILURES) continue;
      const question = questionOf(tournament, job.prompt, job.model);
      take({ ...job, asked: await asker.ask(question, undefined, signal) });
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, jobs.length) }, work));
  const left = jobs.length - counts.asked - counts.kept - counts.failed;
  return { ...counts, left, refused, problems };
}
