import type { BackendInputs } from "../cli/backend.ts";
import { stateDirectory } from "../config/paths.ts";
import { failure, type Result, success } from "../core/result.ts";
import { openStateDir } from "../host/state.ts";
import type { CliProblem } from "../terminal/problem.ts";
import { stateProblem } from "./problems.ts";

/** The state directory that a command line means; the configuration is not needed for it. */
export function stateDirOf({ flags, environment }: BackendInputs): string {
  return stateDirectory(environment, flags.stateDir);
}

/** The same, made where it does not exist, and refused where others could write to it. */
export function openPrivateStateDir(inputs: BackendInputs): Result<string, CliProblem> {
  const directory = openStateDir(stateDirOf(inputs));
  return directory.ok ? success(directory.value) : failure(stateProblem(directory.error));
}
