import { statSync } from "node:fs";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { plainText } from "../terminal/table.ts";

/** Why a path that was named cannot be read as a file: nothing is there, or no file; null where it is one. */
export function inputFileProblem(path: string): CliProblem | null {
  const shown = plainText(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return failureProblem("file_missing", `there is no file ${shown}`);
  return found.isFile() ? null : failureProblem("not_a_file", `${shown} is no file`);
}
