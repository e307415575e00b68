import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { type FoundProject, findProject } from "../../config/find-project.ts";
import { formatProblem } from "../../config/problem.ts";
import { PROJECT_FILE, parseProjectFile } from "../../config/project-file.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { projectNameOf } from "../../core/project.ts";
import type { ProjectToldView } from "../../core/project-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import type { CliHost } from "../command.ts";
import { adminProblem, type Connection, openAdmin } from "../connection.ts";
import { placeOf } from "../setup/target.ts";
import type { DaemonArgs } from "../shared-flags.ts";

/** `--project` of commands that ask models. */
export const projectFlag = {
  project: {
    type: "string",
    valueHint: "NAME",
    env: "LODESTAR_PROJECT",
    description: "whom the cost counts for (default: that of the nearest .lodestar.yaml)",
  },
} as const;

/** Which project a command line means. */
export interface ProjectArgs extends DaemonArgs {
  readonly project?: string | undefined;
}

function fileProblem(message: string): CliProblem {
  return { code: "bad_project_file", message: plainLines(message), exitCode: EXIT_CODES.config };
}

/** Each line safe to show: paths come from the disk, and the rest from a repository. */
function plainLines(text: string): string {
  return text.split("\n").map(plainText).join("\n");
}

/** The nearest project file at or above a folder. */
export function findHere(host: CliHost, folder: string | undefined): Result<FoundProject | null, CliProblem> {
  const { cwd, home } = placeOf(host.environment, folder);
  const found = findProject(cwd, home);
  return found.ok ? found : failure(fileProblem(formatProblem(found.error)));
}

/** The name under which a project file is told. */
function nameOf({ text, file, folder }: FoundProject): Result<string, CliProblem> {
  const parsed = parseProjectFile(text, file);
  if (!parsed.ok) return failure(fileProblem(parsed.error.map(formatProblem).join("\n")));
  return success(parsed.value.name ?? projectNameOf(basename(folder)));
}

function put(connection: Connection, name: string, found: FoundProject, replace: boolean) {
  return connection.send(`/v1/projects/${encodeURIComponent(name)}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ folder: found.folder, file: found.file, text: found.text, replace }),
  });
}

/** Whether the folder that holds this name has no project any more: then it was moved, and nothing is taken from anybody. */
async function isLeft(response: Response): Promise<boolean> {
  if (response.status !== 409) return false;
  const json = parseJson(await response.clone().text());
  const error = isJsonObject(json) && isJsonObject(json.error) ? json.error : {};
  return typeof error.folder === "string" && !existsSync(join(error.folder, PROJECT_FILE));
}

async function problemOf(response: Response, where: string): Promise<CliProblem> {
  const problem = await adminProblem(response, where);
  return {
    ...problem,
    message: plainLines(problem.message),
    ...(response.status === 400 ? { exitCode: EXIT_CODES.config } : {}),
  };
}

/** Makes a project known to the daemon, or to the state directory where none runs. */
export async function tellProject(
  host: CliHost,
  args: DaemonArgs,
  found: FoundProject,
  isReplacing = false,
): Promise<Result<ProjectToldView, CliProblem>> {
  const name = nameOf(found);
  if (!name.ok) return name;
  const connection = await openAdmin(host, args, "write");
  if (!connection.ok) return connection;
  try {
    const first = await put(connection.value, name.value, found, isReplacing);
    const isMoved = first.ok && !isReplacing && (await isLeft(first.value));
    const response = isMoved ? await put(connection.value, name.value, found, true) : first;
    if (!response.ok) return response;
    if (!response.value.ok) return failure(await problemOf(response.value, connection.value.where));
    return success((await response.value.json()) as ProjectToldView);
  } finally {
    await connection.value.close();
  }
}

/** Problems of reaching the admin API: a daemon elsewhere may be asked without them. */
const UNREACHED = [
  "admin_credential_required",
  "not_an_admin_api",
  "host_not_allowed",
  "daemon_unreachable",
  "invalid_api_key",
  "route_not_found",
];

/**
 * The project of a command that asks models: the one it is told, else that of the nearest project file, which is made known on
 * the way; null without either. A daemon whose admin API cannot be used still gets the name.
 */
export async function projectHere(
  host: CliHost,
  args: ProjectArgs,
  folder?: string,
): Promise<Result<string | null, CliProblem>> {
  if (args.project !== undefined) {
    if (/^[\x21-\x7e]{1,100}$/.test(args.project)) return success(args.project);
    return failure(usageProblem("bad_project", "--project must be a word of plain letters, at most 100 of them"));
  }
  const found = findHere(host, folder);
  if (!found.ok || found.value === null) return found.ok ? success(null) : found;
  const told = await tellProject(host, args, found.value);
  if (told.ok) return success(told.value.name);
  if (args.url === undefined || !UNREACHED.includes(told.error.code)) return told;
  host.terminal.talk(`the rules of ${plainText(found.value.file)} do not count there: ${told.error.message}`);
  return nameOf(found.value);
}

/** That there is no project file where one was looked for. */
export function noProjectFile(folder: string): CliProblem {
  const message = `there is no ${PROJECT_FILE} in ${plainText(folder)} or above it, up to its repository`;
  return failureProblem("no_project_file", message, "write one with: lodestar project init --template cli");
}
