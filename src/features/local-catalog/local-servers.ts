import { isCloudModel } from "../../core/cloud-model.ts";
import type { LocalProblem } from "../../core/local-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { fetchCard } from "../../host/ollama/card.ts";
import { type OllamaState, readOllama } from "../../host/ollama/ollama.ts";
import { findBlob } from "./blob.ts";
import { unreachable } from "./ollama-stream.ts";

/** A model at one of the servers. */
export interface ModelWish {
  readonly model: string;
  /** Null: the first server. */
  readonly provider: string | null;
}

/** An Ollama server. */
export interface LocalServer {
  readonly provider: string;
  /** Without a slash at its end. */
  readonly url: string;
}

/** Finds servers and what is installed there. A problem is for people. */
export interface LocalServers {
  find(provider: string | null): Result<LocalServer, LocalProblem>;
  /** The server, after a look at whether it is there and new enough. */
  ready(provider: string | null): Promise<Result<LocalServer & { readonly state: OllamaState }, LocalProblem>>;
  /** The server, with the model installed there by its whole name. */
  installed(wish: ModelWish): Promise<Result<LocalServer & { readonly name: string }, LocalProblem>>;
  /** The same for one that takes memory here: none that runs in a cloud. */
  onHardware(wish: ModelWish): Promise<Result<LocalServer & { readonly name: string }, LocalProblem>>;
  /** The readable file of a model; null where it cannot be read from here. */
  blobOf(url: string, name: string): Promise<string | null>;
}

/** How long a server may take to say what it has. Milliseconds. */
export const LOOK_MS = 3_000;
/** Before this, the API could not make a model from another, nor tell what a model can. */
const OLDEST: readonly number[] = [0, 6, 4];

/** Built from sources it says 0.0.0. */
const UNNUMBERED = /^v?0\.0\.0(?!\d)/;

/** Whether a version, such as `0.12.3` or `v0.12.3-rc1`, lies before one of three numbers; false for what is no version. */
export function isOlderVersion(version: string, least: readonly number[]): boolean {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const index = least.findIndex((number, at) => parts[at] !== number);
  return (parts[index] ?? Number.POSITIVE_INFINITY) < (least[index] ?? 0);
}

/** Why a server's version will not do; null where it will. */
export function versionProblem(url: string, version: string): LocalProblem | null {
  if (UNNUMBERED.test(version) || !isOlderVersion(version, OLDEST)) return null;
  const message = `the Ollama at ${url} is ${version}; ${OLDEST.join(".")} is the oldest that this works with`;
  return { code: "ollama_too_old", message, fix: "update it: https://ollama.com/download" };
}

/** What is said of a model that is somewhere else. */
export function cloudProblem(model: string): LocalProblem {
  const message = `${model} runs in Ollama's cloud: it takes no memory here, and it is not free`;
  return { code: "model_not_local", message, fix: "`lodestar local list` shows the local ones" };
}

/** Finds among `servers` (provider to URL, the first one the default); models may lie in `folders` of this machine. */
export function createLocalServers(
  servers: () => ReadonlyMap<string, string>,
  folders: readonly string[],
): LocalServers {
  function find(provider: string | null): Result<LocalServer, LocalProblem> {
    const names = [...servers().keys()];
    const wanted = provider ?? names[0] ?? "";
    const url = servers().get(wanted);
    if (url !== undefined) return success({ provider: wanted, url: url.replace(/\/+$/, "") });
    const none = "no Ollama is configured";
    const message = provider === null ? none : `"${provider}" is no Ollama server here.${didYouMean(provider, names)}`;
    return failure({ code: "no_local_engine", message, fix: "docs/local-models.md shows how to name one" });
  }

  const ready: LocalServers["ready"] = async (provider) => {
    const server = find(provider);
    if (!server.ok) return server;
    const { url } = server.value;
    const state = await readOllama(url, LOOK_MS);
    if (!state.ok) return failure(unreachable(url));
    const problem = versionProblem(url, state.value.version);
    return problem === null ? success({ ...server.value, state: state.value }) : failure(problem);
  };

  const installed: LocalServers["installed"] = async ({ model, provider }) => {
    const found = await ready(provider);
    if (!found.ok) return found;
    const { url, state } = found.value;
    const known = state.installed.find(({ name }) => name === model || name === `${model}:latest`);
    if (known !== undefined) return success({ provider: found.value.provider, url, name: known.name });
    const names = state.installed.map(({ name }) => name);
    const message = `${model} is not installed at ${url}.${didYouMean(model, names)}`;
    return failure({ code: "model_not_found", message, fix: `lodestar local pull ${model}` });
  };

  return {
    find,
    ready,
    installed,
    onHardware: async (wish) => (isCloudModel(wish.model) ? failure(cloudProblem(wish.model)) : installed(wish)),
    async blobOf(url, name) {
      const card = await fetchCard(url, name, LOOK_MS);
      const modelfile = card.ok && typeof card.value.body.modelfile === "string" ? card.value.body.modelfile : null;
      return findBlob(name, modelfile, folders);
    },
  };
}
