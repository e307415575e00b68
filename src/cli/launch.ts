import { basename } from "node:path";
import type { CreatedKeyView, StatusView } from "../core/admin-view.ts";
import { projectNameOf } from "../core/project.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Client, Place, Target } from "../features/clients/client.ts";
import {
  deadLaunches,
  launchEnvironment,
  noteLaunch,
  openLaunchFolder,
  prepareLaunch,
  removeLaunchFolder,
} from "../features/clients/launch.ts";
import { type Program, runProgram } from "../features/clients/run-program.ts";
import { EXIT_CODES, passExitCode } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { type CliHost, defineCommand, type Outcome } from "./command.ts";
import { fetchView } from "./connection.ts";
import { projectFlag, projectHere } from "./project/here.ts";
import {
  checkModel,
  fetchCatalogue,
  findClient,
  findDaemon,
  missingProgram,
  placeOf,
  programOf,
  type RunningDaemon,
} from "./setup/target.ts";
import { type DaemonArgs, daemonFlags } from "./shared-flags.ts";

/** What a launch may be told besides the client. */
export interface LaunchArgs extends DaemonArgs {
  readonly model?: string | undefined;
  readonly project?: string | undefined;
}

/** A client, and how it is run. */
export interface LaunchWish {
  readonly client: Client;
  /** Path of its program; null where it is not installed. */
  readonly program: string | null;
  readonly args: LaunchArgs;
  /** The user's own arguments. */
  readonly rest: readonly string[];
  /** Runs it to its end and gives its exit code; `session` is what its requests carry. */
  run(program: Program, session: string): Promise<Result<number, CliProblem>>;
}

/** A client about to run. */
interface Launch extends LaunchWish {
  readonly program: string;
  readonly place: Place;
  readonly daemon: RunningDaemon;
}

/** How long a key made for one launch is valid, should nobody be left to revoke it. Milliseconds. */
const KEY_LIFE_MS = 24 * 60 * 60 * 1_000;

async function revokeKey(host: CliHost, args: DaemonArgs, keyId: string): Promise<boolean> {
  const path = `/v1/keys/${encodeURIComponent(keyId)}`;
  const answer = await fetchView<object>(host, args, "live", path, { method: "DELETE" });
  return answer.ok || answer.error.exitCode === EXIT_CODES.failure;
}

/** Tidies up after launches that were killed. A key that cannot be revoked now is left for the next launch. */
async function sweep(host: CliHost, args: DaemonArgs, stateDir: string): Promise<void> {
  for (const { folder, keyId } of deadLaunches(stateDir)) {
    if (keyId === null || (await revokeKey(host, args, keyId))) removeLaunchFolder(folder);
  }
}

/** Makes a key for this launch alone, if the daemon asks for keys and the user named none. The first key is never made here: it would end keyless use. */
async function keyFor(host: CliHost, launch: Launch, project: string, session: string) {
  const { args, daemon, client } = launch;
  if (daemon.key !== null) return success({ id: null, secret: daemon.key });
  const status = await fetchView<StatusView>(host, args, "live", "/v1/status");
  if (!status.ok || !status.value.daemon.keyRequired) return success({ id: null, secret: null });
  const name = `launch ${client.id} ${session.slice(0, 8)}`;
  const made = await fetchView<CreatedKeyView>(host, args, "live", "/v1/keys", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, project, expiresAt: host.now() + KEY_LIFE_MS }),
  });
  return made.ok ? success({ id: made.value.id, secret: made.value.secret }) : made;
}

async function targetOf(
  host: CliHost,
  launch: Launch,
  key: string | null,
  headers: Target["headers"],
): Promise<Result<Target, CliProblem>> {
  const { daemon, args, client } = launch;
  const models = await fetchCatalogue(host, daemon.baseUrl, key);
  if (!models.ok) return models;
  const unknown = checkModel(args.model, models.value, client);
  if (unknown !== null) return failure(unknown);
  const since = new Date(host.now()).toISOString();
  const model = args.model ?? client.defaultModel(models.value);
  return success({ baseUrl: daemon.baseUrl, key, model, models: models.value, headers, since });
}

function notInstalled(client: Client): CliProblem {
  const fix = `install it: ${client.install}`;
  return { code: "client_not_installed", message: missingProgram(client), fix, exitCode: EXIT_CODES.notInstalled };
}

function notLaunchable(client: Client): CliProblem {
  const message = `${client.name} cannot be run with temporary settings`;
  return failureProblem("client_not_launchable", message, `lodestar setup ${client.id}, which can be undone`);
}

/** So that `lodestar ask` in the client's own shell counts for the same. */
function attribution(project: string, session: string): Record<string, string> {
  return { LODESTAR_PROJECT: project, LODESTAR_SESSION: session };
}

/** Runs the client in a folder of this launch; whatever happens, the folder and the key are gone afterwards. */
async function runIn(host: CliHost, launch: Launch, session: string, folder: string): Promise<Outcome> {
  const { client, place, args } = launch;
  const named = await projectHere(host, args);
  if (!named.ok) return named.error;
  const project = named.value ?? projectNameOf(basename(place.cwd));
  const key = await keyFor(host, launch, project, session);
  if (!key.ok) return key.error;
  const { id, secret } = key.value;
  try {
    noteLaunch(folder, { pid: process.pid, keyId: id });
    const headers = { "x-lodestar-project": project, "x-session-id": session };
    const target = await targetOf(host, launch, secret, headers);
    if (!target.ok) return target.error;
    const plan = prepareLaunch(client, target.value, place, folder);
    if (plan === null) return notLaunchable(client);
    const program = {
      command: [launch.program, ...plan.args, ...launch.rest],
      cwd: place.cwd,
      environment: { ...launchEnvironment(host.environment, plan), ...attribution(project, session) },
      isOnTerminal: host.stdin.isTTY === true,
    };
    const ended = await launch.run(program, session);
    return ended.ok ? passExitCode(ended.value) : ended.error;
  } finally {
    if (id !== null) await revokeKey(host, args, id);
  }
}

/** Runs a client against the daemon with temporary settings and a session of its own, and leaves nothing behind. */
export async function launchClient(host: CliHost, wish: LaunchWish): Promise<Outcome> {
  const { client, program, args } = wish;
  const place = placeOf(host.environment, undefined);
  if (program === null) return notInstalled(client);
  const daemon = await findDaemon(host, args);
  if (!daemon.ok) return daemon.error;
  await sweep(host, args, daemon.value.stateDir);
  const { session, folder } = openLaunchFolder(daemon.value.stateDir);
  try {
    return await runIn(host, { ...wish, program, place, daemon: daemon.value }, session, folder);
  } finally {
    removeLaunchFolder(folder);
  }
}

/** `lodestar launch`: runs a coding tool against the daemon without touching its settings. */
export const command = defineCommand({
  meta: {
    name: "launch",
    description: "Run a coding tool against the daemon, leaving its settings alone",
    group: "Run",
    examples: [
      ["lodestar launch codex", "Codex, with every request through Lodestar"],
      ['lodestar launch claude --model best -- -p "explain main.ts"', "what stands behind -- goes to the tool"],
    ],
    notes: [
      "Tools: aider, claude, codex, opencode, gemini, qwen, cline, continue. Settings are passed by variables, flags and files in a folder of this run alone, which is removed afterwards (after a kill, by the next launch). Requests carry the project and a session of their own, so that `lodestar costs --by session` tells what a run cost.",
      "Where client keys exist and LODESTAR_API_KEY is not set, a key is made for the run and revoked after it. The exit code is the tool's own.",
    ],
  },
  args: {
    tool: { type: "positional", required: true, restName: "ARGS", description: "the tool to run" },
    model: { type: "string", alias: "m", valueHint: "NAME", description: "the model that the tool asks for" },
    project: {
      ...projectFlag.project,
      description: "whom the cost counts for (default: that of .lodestar.yaml, else the folder's name)",
    },
    ...daemonFlags,
  },
  async run({ args, rest, ...host }) {
    const client = findClient(args.tool);
    if (!client.ok) return client.error;
    const program = programOf(client.value, host.environment);
    return launchClient(host, {
      client: client.value,
      program,
      args,
      rest,
      run: (found) => runProgram(found, host.onSignal),
    });
  },
});
