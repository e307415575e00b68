import type { JsonObject, JsonValue } from "./json.ts";
import type { Result } from "./result.ts";

/** What a model is asked. */
export interface ModelQuestion {
  /** `provider/model`, an alias, a chain, or a choice such as `auto`. */
  readonly model: string;
  /** As in an OpenAI chat request. */
  readonly messages: readonly JsonValue[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  /** The answer must be JSON. */
  readonly isJson?: boolean;
  /** Class of the task, where it is known (`bug_fix`…). */
  readonly task?: string;
  /** Ends the call early; what was streamed is billed. */
  readonly signal?: AbortSignal;
}

/** What is known of an answer once it is whole. Cost in USD; null when no price is known. */
export interface ModelAnswer {
  readonly text: string;
  /** `provider/model` that answered. */
  readonly model: string;
  readonly requestId: string;
  readonly finish: string | null;
  readonly usage: JsonObject | null;
  readonly costUsd: number | null;
  readonly costReason: string | null;
}

/**
 * How tools of ours ask models: through the daemon where one runs, else through the same gateway in this process, so that
 * ledger, budgets and queues are one. `Failure` is what a failed call is told as.
 */
export interface ModelPort<Failure> {
  /** `onText` gets each piece of the answer as it comes. A call that was ended by its own signal throws. */
  ask(question: ModelQuestion, onText?: (text: string) => void): Promise<Result<ModelAnswer, Failure>>;
}
