import { writeConfigFile } from "../../config/edit.ts";
import { type NewName, setName } from "../../config/edit-names.ts";
import type { FoundProject } from "../../config/find-project.ts";
import { loadSettings } from "../../config/load.ts";
import { failure, type Result, success } from "../../core/result.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { CliHost } from "../command.ts";
import { configProblem } from "../config/check.ts";
import { editConfig, ownConfigFile } from "../config/edit.ts";
import { findHere, tellProject } from "../project/here.ts";
import { reloadDaemon } from "../provider/call.ts";
import { type DaemonArgs, inputsOf } from "../shared-flags.ts";

async function setOwn(host: CliHost, args: DaemonArgs, name: NewName): Promise<Result<string, CliProblem>> {
  const inputs = inputsOf(host, args);
  const changed = await editConfig(
    inputs,
    (text, file) => setName(text, file, "own", name),
    () => {
      const loaded = loadSettings({ flags: inputs.flags, environment: inputs.environment });
      return loaded.ok ? null : configProblem(loaded.error);
    },
  );
  if (!changed.ok) return changed;
  const reloaded = changed.value === null ? "none" : await reloadDaemon(host, args);
  return typeof reloaded === "object" ? failure(reloaded) : success(ownConfigFile(inputs));
}

async function setInProject(
  host: CliHost,
  args: DaemonArgs,
  found: FoundProject,
  name: NewName,
): Promise<Result<string, CliProblem>> {
  const { file, text } = found;
  const edited = setName(text, file, "project", name);
  if (!edited.ok) return failure(configProblem(edited.error));
  writeConfigFile(file, edited.value);
  const told = await tellProject(host, args, { ...found, text: edited.value });
  if (told.ok) return success(file);
  writeConfigFile(file, text);
  return told;
}

/**
 * Writes a name into the nearest project file, or into the user's own configuration where there is none or `isOwn`; tells which
 * file. What the daemon refuses is taken back.
 */
export function writeName(
  host: CliHost,
  args: DaemonArgs,
  name: NewName,
  isOwn: boolean,
): Promise<Result<string, CliProblem>> {
  const found = isOwn ? success(null) : findHere(host, undefined);
  if (!found.ok) return Promise.resolve(found);
  return found.value === null ? setOwn(host, args, name) : setInProject(host, args, found.value, name);
}
