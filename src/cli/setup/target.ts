import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { parseJson } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type CatalogueModel, readCatalogue } from "../../features/clients/catalogue.ts";
import type { Client, Place, Scope } from "../../features/clients/client.ts";
import { CLIENTS } from "../../features/clients/clients.ts";
import type { SetupRecord } from "../../features/clients/record.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import type { Environment } from "../../terminal/terminal.ts";
import { noUseForTools } from "../box.ts";
import type { CliHost } from "../command.ts";
import { locate, notRunning, openApi } from "../connection.ts";
import type { DaemonArgs } from "../shared-flags.ts";

/** Finds a client by what the user typed. */
export function findClient(word: string): Result<Client, CliProblem> {
  const found = CLIENTS.find(({ id, program }) => id === word || program === word);
  if (found !== undefined) return success(found);
  const names = CLIENTS.map(({ id }) => id);
  const message = `"${word}" is no client that Lodestar knows.${didYouMean(word, names)}`;
  const fix = `known: ${names.join(", ")}. Any other: eval "$(lodestar env)"`;
  return failure(usageProblem("unknown_client", message, fix));
}

/** Where the files of this user and this folder are. */
export function placeOf(environment: Environment, folder: string | undefined): Place {
  const home = environment.HOME ?? environment.USERPROFILE ?? homedir();
  return { home, cwd: resolve(folder ?? "."), environment, platform: process.platform };
}

/** The program of a client on the user's PATH, or null. */
export function programOf(client: Client, environment: Environment): string | null {
  return Bun.which(client.program, { PATH: environment.PATH ?? "" });
}

/** Whether a client's program is on the PATH, or the folder that only exists where it is used is there: not by `setup` itself. */
export function isInstalled(client: Client, place: Place, record: SetupRecord | null): boolean {
  if (programOf(client, place.environment) !== null) return true;
  const trace = client.trace(place);
  const isOwn = (record?.files ?? []).some(({ folders }) => folders.includes(trace));
  return existsSync(trace) && !isOwn;
}

/** That a client's program was looked for and not found. */
export function missingProgram(client: Client): string {
  return `${client.name} is not installed: there is no \`${client.program}\` on the PATH`;
}

/** The scope that two flags choose, if the client has it. */
export function scopeOf(
  client: Client,
  args: { readonly global: boolean; readonly project: boolean },
): Result<Scope, CliProblem> {
  if (args.global && args.project) {
    return failure(usageProblem("conflicting_flags", "--global and --project exclude one another"));
  }
  const scope: Scope = args.project ? "project" : "global";
  if (client.scopes.includes(scope)) return success(scope);
  const message = `${client.name} takes no provider from a project's own files`;
  return failure(usageProblem("client_has_no_project_scope", message, `lodestar setup ${client.id}, for all projects`));
}

/** A base URL as clients extend it: without `/v1` and slashes at its end. */
function trimmed(url: string): string {
  return url.replace(/\/+$/, "").replace(/\/v1$/, "");
}

/** The daemon that a client shall be pointed at. */
export interface RunningDaemon {
  readonly stateDir: string;
  readonly baseUrl: string;
  /** The client key of the environment. */
  readonly key: string | null;
}

/** Finds the running daemon; that there is none is a problem. */
export async function findDaemon(host: CliHost, args: DaemonArgs): Promise<Result<RunningDaemon, CliProblem>> {
  const location = await locate(host, args);
  if (!location.ok) return location;
  const { stateDir, ready } = location.value;
  const url = args.url ?? ready?.apiUrl;
  if (url === undefined) return failure(notRunning(stateDir));
  const problem = noUseForTools(url);
  if (problem !== null) return failure(problem);
  return success({ stateDir, baseUrl: trimmed(url), key: host.environment.LODESTAR_API_KEY ?? null });
}

function needsKey(where: string): CliProblem {
  return {
    code: "key_needed",
    message: `${where} asks for a client key`,
    fix: "make one: lodestar keys create NAME; then: export LODESTAR_API_KEY=…",
    exitCode: EXIT_CODES.auth,
  };
}

/** The models that a daemon offers, with prices and limits. `key` is the credential, null for none. */
export async function fetchCatalogue(
  host: CliHost,
  baseUrl: string,
  key: string | null,
): Promise<Result<readonly CatalogueModel[], CliProblem>> {
  const environment = { ...host.environment, LODESTAR_API_KEY: key ?? undefined };
  const connection = await openApi({ ...host, environment }, { url: baseUrl });
  if (!connection.ok) return connection;
  const answer = await connection.value.send("/v1/models");
  if (!answer.ok) return answer;
  if (answer.value.status === 401) return failure(needsKey(baseUrl));
  const models = readCatalogue(parseJson(await answer.value.text()));
  if (models.length > 0) return success(models);
  const message = `${baseUrl}/v1/models answered ${answer.value.status} without any model`;
  return failure(failureProblem("no_models", message, "lodestar models shows what is offered; is this a Lodestar?"));
}

/**
 * Checks a model's name against what is offered and what the client itself understands; a name with a provider goes as it
 * is, since any of its models can be asked.
 */
export function checkModel(
  model: string | undefined,
  models: readonly CatalogueModel[],
  client: Client,
): CliProblem | null {
  if (model !== undefined && client.ownNames?.includes(model) === true) {
    const message = `${client.name} takes "${model}" for a choice of its own and never sends that name`;
    return usageProblem("model_name_taken", message, "give an alias that leads there: aliases in the configuration");
  }
  if (model === undefined || model.includes("/") || models.some(({ id }) => id === model)) return null;
  const names = models.map(({ id }) => id);
  const message = `no model is called "${model}" here.${didYouMean(model, names)}`;
  return usageProblem("unknown_model", message, "lodestar models lists them");
}
