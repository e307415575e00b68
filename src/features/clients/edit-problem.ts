import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import type { EditProblem } from "./edit.ts";

/** A text that cannot be changed, as a person is told. The file is as it was. */
export function editProblem(problem: EditProblem, path: string): CliProblem {
  if (problem.kind === "broken") {
    const { line, column, message } = problem.broken;
    const place = `${path}:${line}${column === null ? "" : `:${column}`}`;
    return {
      code: "client_config_broken",
      message: `${place}: ${message}. Nothing was changed`,
      fix: "correct that line, then run it again",
      exitCode: EXIT_CODES.config,
    };
  }
  return failureProblem(
    "client_config_unfit",
    `${path}: ${problem.path} is written in a way that cannot be changed without touching the rest. Nothing was changed`,
    "`lodestar setup … --print` shows what to write there by hand",
  );
}
