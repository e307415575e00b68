import { basename } from "node:path";
import { formatProblem } from "../../config/problem.ts";
import { parseProjectFile } from "../../config/project-file.ts";
import { projectNameOf } from "../../core/project.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost } from "../command.ts";
import { findHere } from "../project/here.ts";
import type { TrialProject } from "./trial.ts";

/** The project of the folder by its own file, whether it was made known or not; null without one. */
export function projectAt(host: CliHost): Result<TrialProject | null, CliProblem> {
  const found = findHere(host, undefined);
  if (!found.ok || found.value === null) return found.ok ? success(null) : found;
  const { text, file, folder } = found.value;
  const parsed = parseProjectFile(text, file);
  if (!parsed.ok) {
    const message = parsed.error.map((problem) => plainText(formatProblem(problem))).join("\n");
    return failure({ code: "bad_project_file", message, exitCode: EXIT_CODES.config });
  }
  const { name, wish, testsIn } = parsed.value;
  return success({ name: name ?? projectNameOf(basename(folder)), wish, testsIn });
}
