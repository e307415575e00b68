import type { CliProblem } from "../terminal/problem.ts";
import type { Flags, FlagValues } from "./command.ts";
import { filterArgs, filterFlags, filterQuery } from "./shared-flags.ts";
import { spanProblem } from "./span.ts";

/** Which single rows: what sums can be asked for, and what only rows know. */
export const rowFlags = {
  request: { type: "string", valueHint: "ID", description: "only this request" },
  limit: { type: "string", value: "integer", valueHint: "COUNT", description: "at most so many rows" },
  ...filterFlags,
  requested: { type: "string", valueHint: "NAME", description: "only what was asked for by this model or alias" },
  endpoint: {
    type: "enum",
    options: ["chat", "completions", "embeddings", "images", "count-tokens"],
    description: "only calls of this kind",
  },
  fault: { type: "string", valueHint: "KIND", description: "only failures of this kind, as rate-limited" },
  minCost: { type: "string", valueHint: "USD", description: "only rows that cost at least so much" },
  maxCost: { type: "string", valueHint: "USD", description: "only rows that cost at most so much" },
  minTokens: { type: "string", value: "integer", valueHint: "COUNT", description: "at least so many, in and out" },
  maxTokens: { type: "string", value: "integer", valueHint: "COUNT", description: "at most so many, in and out" },
  minDuration: { type: "string", value: "duration", valueHint: "TIME", description: "took at least so long, as 10s" },
  maxDuration: { type: "string", value: "duration", valueHint: "TIME", description: "took at most so long" },
} satisfies Flags;

type RowArgs = FlagValues<typeof rowFlags>;

/** What is wrong with the values of {@link rowFlags}; null when nothing is. */
export function rowFlagsProblem(args: RowArgs): CliProblem | null {
  return spanProblem(args);
}

/** The query of `GET /v1/costs/rows` for the values of {@link rowFlags}. */
export function rowQuery(args: RowArgs): URLSearchParams {
  const { request, limit, requested, endpoint, fault } = args;
  const { minCost, maxCost, minTokens, maxTokens, minDuration, maxDuration } = args;
  const names = { request, limit, requested, endpoint, fault };
  const ranges = { minCost, maxCost, minTokens, maxTokens, minDuration, maxDuration };
  return filterQuery({ from: args.from, to: args.to, ...filterArgs(args), ...names, ...ranges });
}
