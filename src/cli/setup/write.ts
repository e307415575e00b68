import { existsSync } from "node:fs";
import { basename } from "node:path";
import { projectNameOf } from "../../core/project.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type Client, KEY_VARIABLE, type Place, type Scope, type Target } from "../../features/clients/client.ts";
import { diffLines } from "../../features/clients/diff.ts";
import { readRecord, recordPath } from "../../features/clients/record.ts";
import { carryOutSetup, isSettled, planSetup, type SetupPlan } from "../../features/clients/setup.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import type { CliProblem } from "../../terminal/problem.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CliHost, Outcome } from "../command.ts";
import { projectHere } from "../project/here.ts";
import type { DaemonArgs } from "../shared-flags.ts";
import { checkModel, fetchCatalogue, findDaemon, isInstalled, missingProgram, type RunningDaemon } from "./target.ts";

/** What `setup` was asked to do. */
export interface SetupWish {
  readonly client: Client;
  readonly scope: Scope;
  readonly place: Place;
  readonly model: string | undefined;
  readonly isPrint: boolean;
  readonly isJson: boolean;
}

interface Prepared {
  readonly plan: SetupPlan;
  readonly target: Target;
  readonly recordFile: string;
  /** Before anything is written. */
  readonly installed: boolean;
}

/** What the tool's requests shall carry: in a project's own settings, its name. */
async function headersOf(
  host: CliHost,
  args: DaemonArgs,
  { scope, place }: SetupWish,
): Promise<Result<Target["headers"], CliProblem>> {
  if (scope !== "project") return success({});
  const { LODESTAR_PROJECT: project } = host.environment;
  const named = await projectHere(host, { ...args, project }, place.cwd);
  if (!named.ok) return named;
  return success({ "x-lodestar-project": named.value ?? projectNameOf(basename(place.cwd)) });
}

async function targetOf(
  host: CliHost,
  args: DaemonArgs,
  wish: SetupWish,
  daemon: RunningDaemon,
  since: string,
): Promise<Result<Target, CliProblem>> {
  const models = await fetchCatalogue(host, daemon.baseUrl, daemon.key);
  if (!models.ok) return models;
  const unknown = checkModel(wish.model, models.value, wish.client);
  if (unknown !== null) return failure(unknown);
  const headers = await headersOf(host, args, wish);
  if (!headers.ok) return headers;
  const { baseUrl, key } = daemon;
  const model = wish.model ?? wish.client.defaultModel(models.value);
  return success({ baseUrl, key, model, models: models.value, headers: headers.value, since });
}

async function prepare(host: CliHost, args: DaemonArgs, wish: SetupWish): Promise<Result<Prepared, CliProblem>> {
  const daemon = await findDaemon(host, args);
  if (!daemon.ok) return daemon;
  const { client, scope, place } = wish;
  const recordFile = recordPath(daemon.value.stateDir, client.id, scope, place.cwd);
  const earlier = readRecord(recordFile);
  if (!earlier.ok) return earlier;
  const since = earlier.value?.since ?? new Date(host.now()).toISOString();
  const target = await targetOf(host, args, wish, daemon.value, since);
  if (!target.ok) return target;
  const plan = planSetup(client.files(target.value, place, scope, existsSync), earlier.value);
  const installed = isInstalled(client, place, earlier.value);
  return plan.ok ? success({ plan: plan.value, target: target.value, recordFile, installed }) : plan;
}

/** A key in a diff is shown by its end only. */
function masked(line: string, key: string | null): string {
  return key === null ? line : line.replaceAll(key, `ls-…${key.slice(-4)}`);
}

function printPlan({ plan, target }: Prepared, terminal: Terminal): void {
  for (const { path, now, text } of plan.files) {
    terminal.out(`${now === null ? "new file" : now === text ? "unchanged" : "change"} ${path}`);
    for (const line of diffLines(now ?? "", text)) terminal.out(masked(line, target.key));
  }
}

function tell(wish: SetupWish, { plan, target, installed }: Prepared, isDone: boolean, terminal: Terminal): void {
  const { client, scope } = wish;
  for (const { path } of plan.files) terminal.out(path);
  const model = target.model === null ? "its own model names" : `model ${target.model}`;
  const where = `${client.name} → ${target.baseUrl}, ${model}`;
  terminal.talk(isDone ? `${where}: it was set up so already` : where);
  for (const note of client.notes(target, scope)) terminal.talk(note);
  if (!installed) {
    terminal.talk(`${missingProgram(client)}. Its settings wait for it; install it: ${client.install}`);
  }
  if (target.key !== null && plan.files.some((file) => file.text.includes(String(target.key)))) {
    terminal.talk(`The key of ${KEY_VARIABLE} was written; those files are readable by you alone.`);
  }
  const flag = scope === "project" ? " --project" : "";
  terminal.talk(
    `Try it: lodestar setup ${client.id}${flag} --check. Undo it: lodestar setup ${client.id}${flag} --undo`,
  );
}

/** Points a client at the running daemon, or shows what that would change. */
export async function runSetup(host: CliHost, args: DaemonArgs, wish: SetupWish): Promise<Outcome> {
  const { client, scope, isPrint } = wish;
  const prepared = await prepare(host, args, wish);
  if (!prepared.ok) return prepared.error;
  const { plan, target, recordFile, installed } = prepared.value;
  if (isPrint) {
    printPlan(prepared.value, host.terminal);
    return EXIT_CODES.ok;
  }
  const isDone = isSettled(plan);
  const { baseUrl, model, since } = target;
  const record = { version: 1 as const, client: client.id, scope, since, baseUrl, model };
  const failed = isDone && plan.earlier !== null ? null : carryOutSetup(plan, record, recordFile);
  if (failed !== null) return failed;
  if (wish.isJson) {
    const files = plan.files.map(({ path }) => path);
    host.terminal.out(JSON.stringify({ client: client.id, scope, baseUrl, model, changed: !isDone, installed, files }));
  } else tell(wish, prepared.value, isDone, host.terminal);
  return EXIT_CODES.ok;
}
