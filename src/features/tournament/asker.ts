import type { ModelPort } from "../../core/model-port.ts";
import { createSpendingGuard, mostCostOf, type Rates, type SpendingGuard } from "../../core/spending-guard.ts";
import type { StoredAnswer, Tournament, TournamentPrompt, TournamentStore } from "../../core/tournament/tournament.ts";

/** What became of a question. */
export type Asked<Failure> =
  | { readonly kind: "kept" | "asked"; readonly answer: StoredAnswer }
  | { readonly kind: "failed"; readonly error: Failure }
  /** It could have cost more than is left of the budget; null: its price is not known. */
  | { readonly kind: "unaffordable"; readonly mostUsd: number | null };

/** What is asked, and all that decides the answer. */
export interface Question {
  readonly model: string;
  readonly messages: Parameters<ModelPort<unknown>["ask"]>[0]["messages"];
  readonly maxOutputTokens: number;
  readonly temperature: number;
  readonly task?: string;
  readonly isJson?: boolean;
}

/** Asks models once for the same thing, within a budget. */
export interface Asker<Failure> {
  /** What all calls so far cost, in USD; calls without a price count nothing. */
  spentUsd(): number;
  /** `onText` gets the pieces of an answer that is asked for now. */
  ask(question: Question, onText?: (text: string) => void, signal?: AbortSignal): Promise<Asked<Failure>>;
}

/** What an asker needs. */
export interface AskerParts<Failure> {
  readonly models: ModelPort<Failure>;
  readonly store: Pick<TournamentStore, "answer" | "saveAnswer">;
  /** USD; null for no limit but those of the daemon. */
  readonly budgetUsd: number | null;
  /** Null where no price is known. */
  ratesOf(model: string): Rates | null;
  /** Unix ms. */
  now(): number;
}

/** The name under which an answer is kept. */
export function answerKey({ model, messages, maxOutputTokens, temperature }: Question): string {
  const asked = JSON.stringify([1, model, messages, maxOutputTokens, temperature]);
  return new Bun.CryptoHasher("sha256").update(asked).digest("hex");
}

/** How a tournament asks a model for its answer to a prompt. */
export function questionOf(
  { maxOutputTokens, temperature }: Pick<Tournament, "maxOutputTokens" | "temperature">,
  { text, taskClass }: TournamentPrompt,
  model: string,
): Question {
  return { model, messages: [{ role: "user", content: text }], maxOutputTokens, temperature, task: taskClass };
}

/** Makes an asker. */
export function createAsker<Failure>(parts: AskerParts<Failure>): Asker<Failure> {
  const { models, store, budgetUsd, ratesOf, now } = parts;
  const guard: SpendingGuard | null = budgetUsd === null ? null : createSpendingGuard(budgetUsd);
  let spentUsd = 0;

  async function askNow(
    question: Question,
    onText: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<Asked<Failure>> {
    const startedAt = now();
    let firstTextMs: number | null = null;
    const limit = signal === undefined ? {} : { signal };
    const told = await models.ask({ ...question, ...limit }, (text) => {
      firstTextMs ??= now() - startedAt;
      onText(text);
    });
    if (!told.ok) return { kind: "failed", error: told.error };
    const { text, model, requestId, finish, costUsd, usage } = told.value;
    const outputTokens = typeof usage?.completion_tokens === "number" ? usage.completion_tokens : null;
    const tookMs = now() - startedAt;
    spentUsd += costUsd ?? 0;
    const answer = { text, model, requestId, finish, costUsd, outputTokens, firstTextMs, tookMs };
    store.saveAnswer(answerKey(question), now(), answer);
    return { kind: "asked", answer };
  }

  return {
    spentUsd: () => spentUsd,
    async ask(question, onText = () => undefined, signal) {
      const kept = store.answer(answerKey(question));
      if (kept !== null) return { kind: "kept", answer: kept };
      if (guard === null) return askNow(question, onText, signal);
      const rates = ratesOf(question.model);
      if (rates === null) return { kind: "unaffordable", mostUsd: null };
      const bytes = new TextEncoder().encode(JSON.stringify(question.messages)).length;
      const mostUsd = mostCostOf(rates, bytes, question.maxOutputTokens);
      const hold = guard.hold(mostUsd);
      if (hold === null) return { kind: "unaffordable", mostUsd };
      let hasText = false;
      try {
        const note = (text: string): void => {
          hasText = true;
          onText(text);
        };
        const asked = await askNow(question, note, signal);
        if ("answer" in asked) hold.settle(asked.answer.costUsd);
        // What broke off in the middle may be billed; what was refused is not.
        else if (!hasText) hold.settle(0);
        return asked;
      } finally {
        hold.settle(null);
      }
    },
  };
}
