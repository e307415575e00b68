import { writeConfigFile } from "../../config/edit.ts";
import { configFiles } from "../../config/load.ts";
import { type ConfigProblem, formatProblem } from "../../config/problem.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { BackendInputs } from "../backend.ts";

/** The user's own configuration file, or the one that a flag or variable names. */
export function ownConfigFile({ flags, environment }: BackendInputs): string {
  const { config } = flags;
  return configFiles({ flags: config === undefined ? {} : { config }, environment }).files[0] ?? "";
}

/** Changes the user's configuration file; tells its path, or null where nothing changed. A result that would not load is not written. */
export async function editConfig(
  inputs: BackendInputs,
  change: (text: string, file: string) => Result<string, readonly ConfigProblem[]>,
): Promise<Result<string | null, CliProblem>> {
  const file = ownConfigFile(inputs);
  const source = Bun.file(file);
  const before = (await source.exists()) ? await source.text() : "";
  const edited = change(before, file);
  if (!edited.ok) {
    const message = edited.error.map(formatProblem).join("\n");
    return failure({ code: "config_invalid", message, exitCode: EXIT_CODES.config });
  }
  if (edited.value === before) return success(null);
  writeConfigFile(file, edited.value);
  return success(file);
}
