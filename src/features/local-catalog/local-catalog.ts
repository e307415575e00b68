import { isCloudModel } from "../../core/cloud-model.ts";
import type { LocalEvent, LocalListView, LocalModelView, LocalProblem, ShapeView } from "../../core/local-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type OllamaState, readOllama } from "../../host/ollama.ts";
import { fetchCard, type ModelCard } from "../../host/ollama-card.ts";
import { loadRunner, unloadRunner } from "../../host/ollama-runner.ts";
import { benchModel } from "./bench.ts";
import { findBlob, freeBytesAt } from "./blob.ts";
import { type CreateWish, createModel } from "./create.ts";
import { readModelFile } from "./gguf-file.ts";
import {
  cloudProblem,
  createLocalServers,
  LOOK_MS,
  type LocalServers,
  type ModelWish,
  versionProblem,
} from "./local-servers.ts";
import { askOnce, problemOf, unreachable } from "./ollama-stream.ts";
import { pullModel } from "./pull.ts";
import { CATALOGUE_NAMES, catalogShape } from "./rows.ts";

/** What local models are managed with. */
export interface LocalCatalogParts {
  /** Ollama servers by provider id, the first one the default. */
  servers(): ReadonlyMap<string, string>;
  /** The very context and keep-alive that requests to a model are sent with, so that nothing reloads it. */
  runOf(provider: string, model: string): { readonly contextTokens: number; readonly keepAlive: string };
  /** Where models may lie on this machine. */
  readonly folders: readonly string[];
  monotonic(): number;
}

/** `warm` loads it as requests would, `pin` for good, `unload` takes it out. */
export type KeepWish = "warm" | "pin" | "unload";

/** Local models: what is there, what could be, and the few things that an administrator does with them. */
export interface LocalCatalog {
  list(): Promise<LocalListView>;
  shape(wish: ModelWish): Promise<Result<ShapeView, LocalProblem>>;
  pull(wish: ModelWish & { readonly isInsecure: boolean }, signal: AbortSignal): AsyncIterable<LocalEvent>;
  create(wish: CreateWish, signal: AbortSignal): AsyncIterable<LocalEvent>;
  bench(wish: ModelWish & { readonly runs: number }, signal: AbortSignal): AsyncIterable<LocalEvent>;
  remove(wish: ModelWish, signal: AbortSignal): Promise<Result<null, LocalProblem>>;
  keep(wish: ModelWish, how: KeepWish, signal: AbortSignal): Promise<Result<LocalModelView | null, LocalProblem>>;
}

/** Ollama keeps what it is asked to keep a negative time. */
const FOR_GOOD = "-1s";
/** Ollama answers an unload before it is done; what still runs is waited for by nobody. */
const MOST_LOOKS = 10;
const BETWEEN_LOOKS_MS = 100;

function viewOf(
  provider: string,
  state: OllamaState,
  index: number,
  card: ModelCard | null,
): readonly LocalModelView[] {
  const model = state.installed[index];
  if (model === undefined) return [];
  const loaded = state.loaded.find(({ name }) => name === model.name);
  const capabilities = card?.capabilities ?? model.capabilities;
  return [
    {
      provider,
      name: model.name,
      sizeBytes: model.sizeBytes,
      quantization: model.quantization,
      parameters: model.parameterSize,
      contextTokens: card?.contextTokens ?? model.contextTokens,
      canUseTools: capabilities?.includes("tools") ?? null,
      isCloud: isCloudModel(model.name),
      loaded:
        loaded === undefined
          ? null
          : {
              sizeBytes: loaded.sizeBytes,
              vramBytes: loaded.vramBytes,
              contextTokens: loaded.contextTokens,
              expiresAtMs: loaded.expiresAtMs,
            },
    },
  ];
}

async function lookAt(provider: string, url: string): Promise<LocalListView> {
  const state = await readOllama(url, LOOK_MS);
  if (!state.ok) return { servers: [{ provider, url, version: null, problem: state.error }], models: [] };
  const { installed, version } = state.value;
  const cards = await Promise.all(installed.map(({ name }) => fetchCard(url, name, LOOK_MS)));
  const models = cards.flatMap((card, index) => viewOf(provider, state.value, index, card.ok ? card.value : null));
  const problem = versionProblem(url, version)?.message ?? null;
  return { servers: [{ provider, url, version, problem }], models };
}

type Tools = LocalCatalogParts & { readonly at: LocalServers };

/** Ends an iteration with one failure. */
async function* failed(problem: LocalProblem): AsyncGenerator<LocalEvent> {
  yield { kind: "failed", problem };
}

async function shapeOf(
  { at, folders }: Tools,
  { model, provider }: ModelWish,
): Promise<Result<ShapeView, LocalProblem>> {
  if (isCloudModel(model)) return failure(cloudProblem(model));
  const server = at.find(provider);
  const blob = server.ok ? await at.blobOf(server.value.url, model) : await findBlob(model, null, folders);
  if (blob !== null) return readModelFile(blob, model);
  const known = catalogShape(model);
  if (known !== null) return success({ name: model, source: "catalogue", shape: known, facts: null });
  const message = `${model} is not installed where its file can be read, and not in the catalogue.${didYouMean(model, CATALOGUE_NAMES)}`;
  return failure({ code: "model_not_found", message, fix: "pull it, or name a .gguf file" });
}

async function* pull(
  { at, folders }: Tools,
  { model, provider, isInsecure }: Parameters<LocalCatalog["pull"]>[0],
  signal: AbortSignal,
): AsyncGenerator<LocalEvent> {
  const server = await at.ready(provider);
  if (!server.ok) return yield* failed(server.error);
  const { url, state } = server.value;
  const [other] = state.installed;
  const blob = other === undefined ? null : await at.blobOf(url, other.name);
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
  const freeBytes = async (): Promise<number | null> => (isHere ? freeBytesAt(blob, folders) : null);
  yield* pullModel({ baseUrl: url, model, isInsecure, freeBytes, signal });
}

async function* create({ at }: Tools, wish: CreateWish, signal: AbortSignal): AsyncGenerator<LocalEvent> {
  const found = await at.installed({ model: wish.from, provider: wish.provider });
  if (!found.ok) yield* failed(found.error);
  else yield* createModel(found.value.url, { ...wish, from: found.value.name }, signal);
}

async function* bench(
  { at, runOf, monotonic }: Tools,
  wish: Parameters<LocalCatalog["bench"]>[0],
  signal: AbortSignal,
): AsyncGenerator<LocalEvent> {
  const found = await at.onHardware(wish);
  if (!found.ok) return yield* failed(found.error);
  const { provider, url, name } = found.value;
  const blob = await at.blobOf(url, name);
  const run = runOf(provider, name);
  yield* benchModel({ baseUrl: url, model: name, runs: wish.runs, ...run, blob, signal, monotonic });
}

async function remove({ at }: Tools, wish: ModelWish, signal: AbortSignal): Promise<Result<null, LocalProblem>> {
  const found = await at.installed(wish);
  if (!found.ok) return found;
  const { url, name } = found.value;
  const line = await askOnce({ baseUrl: url, method: "DELETE", path: "/api/delete", body: { model: name }, signal });
  return line.ok ? success(null) : failure(line.problem);
}

async function keep(
  { at, runOf }: Tools,
  wish: ModelWish,
  how: KeepWish,
  signal: AbortSignal,
): Promise<Result<LocalModelView | null, LocalProblem>> {
  const found = await at.onHardware(wish);
  if (!found.ok) return found;
  const { provider, url, name } = found.value;
  const run = runOf(provider, name);
  const address = { baseUrl: url, headers: {} };
  const keepAlive = how === "pin" ? FOR_GOOD : run.keepAlive;
  const done =
    how === "unload"
      ? await unloadRunner(address, name, signal)
      : await loadRunner(address, { ...run, model: name, keepAlive }, signal);
  if (!done.ok) return failure(done.error.status === null ? unreachable(url) : problemOf(done.error.text, url));
  for (let look = 1; ; look += 1) {
    const { models } = await lookAt(provider, url);
    const loaded = models.find((model) => model.name === name && model.loaded !== null) ?? null;
    if (how !== "unload" || loaded === null || look === MOST_LOOKS) return success(loaded);
    await Bun.sleep(BETWEEN_LOOKS_MS);
  }
}

/** Manages the models of the Ollama servers in `parts`. */
export function createLocalCatalog(parts: LocalCatalogParts): LocalCatalog {
  const tools: Tools = { ...parts, at: createLocalServers(() => parts.servers(), parts.folders) };
  return {
    async list() {
      const looks = await Promise.all([...parts.servers()].map(([provider, url]) => lookAt(provider, url)));
      return { servers: looks.flatMap(({ servers }) => servers), models: looks.flatMap(({ models }) => models) };
    },
    shape: (wish) => shapeOf(tools, wish),
    pull: (wish, signal) => pull(tools, wish, signal),
    create: (wish, signal) => create(tools, wish, signal),
    bench: (wish, signal) => bench(tools, wish, signal),
    remove: (wish, signal) => remove(tools, wish, signal),
    keep: (wish, how, signal) => keep(tools, wish, how, signal),
  };
}
