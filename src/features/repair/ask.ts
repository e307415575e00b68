import type { ModelAnswer, ModelPort, ModelQuestion } from "../../core/model-port.ts";
import { failure, type Result } from "../../core/result.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { StopReason } from "./event.ts";

/** What a repair may use up. */
export interface Limits {
  readonly attempts: number;
  /** USD; null for no limit of its own. */
  readonly budgetUsd: number | null;
  /** Of all questions and answers together; null for none. */
  readonly tokens: number | null;
  /** For the repair as a whole, from its start. */
  readonly wallMs: number;
  /** For each run of the command. */
  readonly timeoutMs: number;
}

/** What a repair used up so far. */
export interface Spent {
  costUsd: number;
  isCostKnown: boolean;
  tokens: number;
}

/** The most that a call may cost in USD: 0 of a local model; null where no price is known. */
export type WorstCase = (model: string, inputCharacters: number, outputTokens: number) => number | null;

/** Longest answer asked for, in tokens. */
const MOST_ANSWERED = 8_192;
/** An answer of fewer tokens cannot hold a repair. */
const LEAST_ANSWERED = 256;
const CHARACTERS_A_TOKEN = 3;

/** A question within the limits: how long its answer may be, or which limit is used up. */
export function allowance(
  spent: Spent,
  limits: Limits,
  call: { readonly model: string; readonly characters: number; readonly worstCase: WorstCase },
): { readonly tokens: number } | { readonly reason: StopReason; readonly message: string } {
  const input = Math.ceil(call.characters / CHARACTERS_A_TOKEN);
  const left = limits.tokens === null ? Number.POSITIVE_INFINITY : limits.tokens - spent.tokens - input;
  if (left < LEAST_ANSWERED) {
    return {
      reason: "tokens",
      message: `${spent.tokens} of ${limits.tokens} tokens are used up, and the question needs ${input}`,
    };
  }
  const tokens = Math.min(MOST_ANSWERED, left);
  if (limits.budgetUsd === null) return { tokens };
  const worst = call.worstCase(call.model, call.characters, tokens);
  if (worst === null)
    return { reason: "budget", message: `no price is known for ${call.model}, so that --budget cannot hold` };
  if (spent.costUsd + worst <= limits.budgetUsd) return { tokens };
  const words = `${call.model} may cost up to $${worst.toPrecision(2)}, $${spent.costUsd.toPrecision(2)} of $${limits.budgetUsd} is spent`;
  return { reason: "budget", message: words };
}

/** Tokens of an answer by its usage, else by its length. */
export function tokensOf({ usage, text }: ModelAnswer, characters: number): number {
  const total = usage?.total_tokens;
  return typeof total === "number" ? total : Math.ceil((characters + text.length) / CHARACTERS_A_TOKEN);
}

/** Asks, and gives up after a time; only the signal of the whole run throws. */
export async function askWithin(
  models: ModelPort<CliProblem>,
  question: ModelQuestion,
  timeMs: number,
  signal: AbortSignal,
): Promise<Result<ModelAnswer, CliProblem>> {
  const clock = AbortSignal.timeout(Math.max(1, Math.round(timeMs)));
  try {
    return await models.ask({ ...question, signal: AbortSignal.any([signal, clock]) });
  } catch (error) {
    if (signal.aborted || !clock.aborted) throw error;
    return failure(
      failureProblem("answer_too_slow", `${question.model} had not answered after ${Math.round(timeMs / 1_000)} s`),
    );
  }
}
