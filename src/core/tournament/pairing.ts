import { believeField, isTopSeparated, worthOfPairs } from "../rating/next-pair.ts";
import type { Match, Tournament, TournamentPrompt } from "./tournament.ts";

/** Two models and what they are to be compared on. */
export interface Pairing {
  readonly prompt: TournamentPrompt;
  readonly models: readonly [string, string];
}

/** What may be compared next. */
export interface PairingQuestion {
  readonly tournament: Pick<Tournament, "models" | "prompts">;
  /** Votes of the kind that the ratings are to rest on. */
  readonly matches: readonly Match[];
  /** Whether whoever votes was asked about these answers already. */
  isDone(prompt: string, models: readonly [string, string]): boolean;
  /** USD of one answer more. */
  costOf(model: string): number;
  /** Which answers are there; those are compared first, since they cost nothing. */
  hasAnswer(prompt: TournamentPrompt, model: string): boolean;
  /** Answers that cannot be compared: they failed, or tell who wrote them. */
  isOut(prompt: TournamentPrompt, model: string): boolean;
}

/** One name for two models' answers to one prompt, whatever their sides. */
export function pairingKey(prompt: string, models: readonly string[]): string {
  return [prompt, ...models.toSorted()].join("\n");
}

/** Whether the best of a field is surely the best, at 95 %. */
export function isDecided({ models }: Pick<Tournament, "models">, matches: readonly Match[]): boolean {
  return matches.length > 0 && isTopSeparated(believeField({ competitors: models, votes: matches }));
}

/** The pair that is worth most for its price, on the prompt that was compared least; null where nothing is left. */
export function nextPairing(question: PairingQuestion): Pairing | null {
  const { tournament, matches, isDone, costOf, hasAnswer, isOut } = question;
  const { models, prompts } = tournament;
  const uses = new Map<string, number>();
  for (const { prompt } of matches) uses.set(prompt, (uses.get(prompt) ?? 0) + 1);
  const belief = believeField({ competitors: models, votes: matches });
  const pairs = worthOfPairs(belief, (index) => costOf(models[index] ?? "")).toSorted(
    (first, second) => second.worth - first.worth,
  );
  for (const { left, right } of pairs) {
    const [one = "", other = ""] = [models[left], models[right]];
    const open = prompts.filter(
      (prompt) => !isDone(prompt.id, [one, other]) && !isOut(prompt, one) && !isOut(prompt, other),
    );
    const ranked = open.map((prompt) => ({
      prompt,
      missing: [one, other].filter((name) => !hasAnswer(prompt, name)).length,
      uses: uses.get(prompt.id) ?? 0,
    }));
    const [best] = ranked.toSorted((first, second) => first.missing - second.missing || first.uses - second.uses);
    if (best !== undefined) return { prompt: best.prompt, models: [one, other] };
  }
  return null;
}
