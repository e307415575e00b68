import { rmSync } from "node:fs";
import { writeConfigFile } from "../../config/edit.ts";
import { configFiles } from "../../config/load.ts";
import type { ConfigProblem } from "../../config/problem.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { BackendInputs } from "../backend.ts";
import { configProblem } from "./check.ts";

/** The user's own configuration file, or the one that a flag or variable names. */
export function ownConfigFile({ flags, environment }: BackendInputs): string {
  const { config } = flags;
  return configFiles({ flags: config === undefined ? {} : { config }, environment }).files[0] ?? "";
}

/**
 * Changes the user's configuration file; tells its path, or null where nothing changed. A result that would not load is not
 * written, and one that `verify` finds wrong in its place is taken back.
 */
export async function editConfig(
  inputs: BackendInputs,
  change: (text: string, file: string) => Result<string, readonly ConfigProblem[]>,
  verify: () => CliProblem | null = () => null,
): Promise<Result<string | null, CliProblem>> {
  const file = ownConfigFile(inputs);
  const source = Bun.file(file);
  const isThere = await source.exists();
  const before = isThere ? await source.text() : "";
  const edited = change(before, file);
  if (!edited.ok) return failure(configProblem(edited.error));
  if (edited.value === before) return success(null);
  writeConfigFile(file, edited.value);
  const problem = verify();
  if (problem === null) return success(file);
  if (isThere) writeConfigFile(file, before);
  else rmSync(file);
  return failure(problem);
}
