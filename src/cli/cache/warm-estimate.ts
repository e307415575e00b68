import type { ModelView } from "../../core/admin-view.ts";
import { estimateTokens } from "../../core/usage.ts";
import type { WarmRequest } from "./warm-file.ts";

/** What requests would cost, as far as anybody knows. */
export interface WarmEstimate {
  readonly usd: number;
  /** Requests whose model has no price here: names that lead to several, such as `auto`, too. */
  readonly unknown: number;
}

/** What an answer is taken to be long where the request sets no limit. Tokens. */
const ANSWER_TOKENS = 500;
const LIMITS = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const;

function answerTokens({ path, body }: WarmRequest): number {
  if (path === "/v1/embeddings") return 0;
  const limit = LIMITS.map((name) => body[name]).find((value) => typeof value === "number");
  return Math.min(limit ?? ANSWER_TOKENS, ANSWER_TOKENS);
}

function findModel(name: string, models: readonly ModelView[]): ModelView | null {
  const named = models.filter(({ id, aliases }) => id === name || aliases.includes(name));
  const found = named.length > 0 ? named : models.filter(({ model }) => model === name);
  return found.length === 1 ? (found[0] ?? null) : null;
}

function costOf(request: WarmRequest, models: readonly ModelView[]): number | null {
  const model = findModel(String(request.body.model), models);
  if (model === null) return null;
  if (model.isLocal) return 0;
  if (model.inputUsd === null) return null;
  const input = estimateTokens(JSON.stringify(request.body));
  return (input * model.inputUsd + answerTokens(request) * (model.outputUsd ?? 0)) / 1e6;
}

/** Estimates what requests cost, by today's prices and about 500 tokens an answer. */
export function estimateWarming(requests: readonly WarmRequest[], models: readonly ModelView[]): WarmEstimate {
  const costs = requests.map((request) => costOf(request, models));
  const usd = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  return { usd, unknown: costs.filter((cost) => cost === null).length };
}
