import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type FoundProject, readProjectFile } from "../../config/find-project.ts";
import { formatProblem } from "../../config/problem.ts";
import { PROJECT_FILE } from "../../config/project-file.ts";
import type { ProjectDetailView } from "../../core/project-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { placeOf } from "../setup/target.ts";
import { type DaemonArgs, daemonFlags, jsonFlag } from "../shared-flags.ts";
import { findHere, noProjectFile, tellProject } from "./here.ts";

/** The folder that a word names, or null where it is the name of a project. */
function folderOf(word: string | undefined): string | undefined | null {
  if (word === undefined) return undefined;
  if (basename(word) === PROJECT_FILE) return dirname(word);
  const isPath = word.includes("/") || word.includes("\\") || word === "." || word === "..";
  if (isPath) return word;
  return existsSync(word) && statSync(word).isDirectory() ? word : null;
}

async function useFolder(
  host: CliHost,
  args: DaemonArgs & { readonly force: boolean },
  folder: string | undefined,
): Promise<Result<ProjectDetailView, CliProblem>> {
  const found = findHere(host, folder);
  if (!found.ok) return found;
  if (found.value === null) return failure(noProjectFile(placeOf(host.environment, folder).cwd));
  return tellProject(host, args, found.value, args.force);
}

/** A known project's file where it was found last. */
function readAgain(folder: string, name: string): Result<FoundProject, CliProblem> {
  const read = readProjectFile(folder);
  if (!read.ok) return failure(failureProblem("bad_project_file", formatProblem(read.error)));
  if (read.value !== null) return success(read.value);
  const message = `"${name}" was in ${plainText(folder)}, where there is no ${PROJECT_FILE} any more`;
  return failure(
    failureProblem("no_project_file", message, `lodestar project use PATH, or lodestar project forget ${name}`),
  );
}

async function useName(
  host: CliHost,
  args: DaemonArgs & { readonly force: boolean },
  name: string,
): Promise<Result<ProjectDetailView, CliProblem>> {
  const path = `/v1/projects/${encodeURIComponent(name)}`;
  const known = await fetchView<ProjectDetailView>(host, args, "read", path);
  if (!known.ok || known.value.folder === null) return known;
  const found = readAgain(known.value.folder, name);
  return found.ok ? tellProject(host, args, found.value, args.force) : found;
}

export const command = defineCommand({
  meta: {
    name: "use",
    description: "Make a project known to the daemon, and count this shell's requests for it",
    examples: [
      ["lodestar project use", "the project of this folder: its file is checked and told"],
      ['eval "$(lodestar project use web)"', "ask, launch and aider count for web, wherever this shell goes"],
      ["lodestar project use --force", "take the name over from a folder that had it before"],
    ],
    notes: [
      "Commands in the project's own folder need none of this: they find its .lodestar.yaml by themselves. Other clients state it by the header x-lodestar-project, or by a key of the project's own: lodestar keys create NAME --project PROJECT.",
    ],
  },
  args: {
    project: { type: "positional", required: false, description: "a known project's NAME, or the PATH of one" },
    force: { type: "boolean", description: "take the name from another folder, or give this folder another name" },
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const folder = folderOf(args.project);
    const used = folder === null ? await useName(host, args, args.project ?? "") : await useFolder(host, args, folder);
    if (!used.ok) return used.error;
    const { name } = used.value;
    if (args.json) {
      terminal.out(JSON.stringify(used.value));
      return EXIT_CODES.ok;
    }
    terminal.out(`export LODESTAR_PROJECT=${name}`);
    const place = used.value.folder === null ? "your configuration" : plainText(used.value.folder);
    terminal.talk(`project ${plainText(name)}, from ${place}. What holds: lodestar project show ${plainText(name)}`);
    return EXIT_CODES.ok;
  },
});
