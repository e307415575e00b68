import { failure, type Result, success } from "../core/result.ts";
import type { GivenFacts } from "../core/routing/rules/given-facts.ts";
import { compact } from "./compact.ts";
import { validateWith } from "./layer.ts";
import type { ConfigProblem } from "./problem.ts";
import { GivenSchema, givenFactsOf } from "./schema-rules-tests.ts";

/** Facts stated elsewhere than in a file, by the same rules; the first thing that is wrong with them. */
export function readGivenFacts(
  stated: object,
  timeZone: string,
): Result<GivenFacts, Pick<ConfigProblem, "path" | "message" | "fix">> {
  const read = validateWith(GivenSchema, compact(stated), () => ({ origin: "facts" }));
  if (read.ok) return success(givenFactsOf(read.value, timeZone));
  const [first = { path: "", message: "cannot be read", fix: "state less" }] = read.error;
  return failure(first);
}
