import { parseDuration } from "../../config/units.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { usageProblem } from "../../terminal/problem.ts";
import type { Flags } from "../command.ts";
import { filterQuery } from "../shared-flags.ts";

/** Which kept answers a command is about. */
export const cacheFlags = {
  model: { type: "string", valueHint: "NAME", description: "only this model, as provider/model or by its name there" },
  provider: { type: "string", valueHint: "ID", description: "only this provider" },
  project: { type: "string", valueHint: "NAME", description: "only this project" },
  key: { type: "string", valueHint: "ID", description: "only this client key" },
  olderThan: { type: "string", valueHint: "TIME", description: "only answers older than this, such as 2h or 7d" },
} satisfies Flags;

/** The parsed values of {@link cacheFlags}. */
export type CacheArgs = Readonly<Partial<Record<keyof typeof cacheFlags, string | undefined>>>;

/** What is wrong with the filters; null where nothing is. */
export function cacheFlagsProblem({ olderThan }: CacheArgs): CliProblem | null {
  if (olderThan === undefined || parseDuration(olderThan) !== null) return null;
  return usageProblem("bad_value", `--older-than ${olderThan} is no time with its unit`, "--older-than 2h");
}

/** The query string of the filters that were given. `now` is Unix ms. */
export function cacheQuery({ olderThan, ...filters }: CacheArgs, now: number): URLSearchParams {
  const { model, provider, project, key } = filters;
  const before = olderThan === undefined ? undefined : now - (parseDuration(olderThan) ?? 0);
  return filterQuery({ model, provider, project, key, before });
}
