import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { listRuns, placeOfRun, type RunPlace } from "../../features/repair/store.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";

/** The run of a name; without one, the latest that `isMeant`. */
export function findRun(
  stateDir: string,
  id: string | undefined,
  isMeant: (place: RunPlace) => boolean,
  none: string,
): Result<RunPlace, CliProblem> {
  const ids = listRuns(stateDir);
  const places = ids.map((known) => placeOfRun(stateDir, known)).filter((place) => place !== null);
  const found = id === undefined ? places.find(isMeant) : places.find((place) => place.id === id);
  if (found !== undefined) return success(found);
  if (id === undefined) return failure(failureProblem("no_run", none, "lodestar run list shows all"));
  const message = `there is no run ${JSON.stringify(plainText(id))}.${didYouMean(id, ids)}`;
  return failure(failureProblem("run_not_found", message, "lodestar run list shows all"));
}
