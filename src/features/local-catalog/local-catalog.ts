import { isCloudModel } from "../../core/cloud-model.ts";
import type { LocalEvent, LocalListView, LocalModelView, LocalProblem, ShapeView } from "../../core/local-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { isLoopbackHost } from "../../host/ip-address.ts";
import { fetchCard, type ModelCard } from "../../host/ollama/card.ts";
import { type OllamaState, readOllama } from "../../host/ollama/ollama.ts";
import { loadRunner } from "../../host/ollama/runner.ts";
import { benchModel } from "./bench.ts";
import { findBlob, freeBytesAt } from "./blob.ts";
import { type CreateWish, createModel } from "./create.ts";
import { readModelFile } from "./gguf-file.ts";
import {
  cloudProblem,
  createLocalServers,
  LOOK_MS,
  type LocalServer,
  type LocalServers,
  type ModelWish,
  versionProblem,
} from "./local-servers.ts";
import { askOnce, refusalProblem } from "./ollama-stream.ts";
import { pullModel } from "./pull.ts";
import { CATALOGUE_NAMES, catalogShape } from "./rows.ts";

/** A place at an engine: no request for another model comes between. Released once. */
export interface EnginePlace {
  /** What the model is loaded with: any other context would make the engine load it again. */
  readonly contextTokens: number;
  release(): void;
}

/** What local models are managed with. */
export interface LocalCatalogParts {
  /** Ollama servers by provider id, the first one the default. */
  servers(): ReadonlyMap<string, string>;
  /** Waits for a place among the requests; the model is in memory then. */
  enter(server: LocalServer, model: string, signal: AbortSignal): Promise<Result<EnginePlace, LocalProblem>>;
  /** Gives a model's memory back as soon as its requests are done. */
  release(server: LocalServer, model: string): void;
  /** How long requests have a server keep a model. */
  keepAliveOf(provider: string, model: string): string;
  /** Which models stay until they are unloaded. */
  readonly pins: {
    has(provider: string, model: string): boolean;
    add(provider: string, model: string): void;
    remove(provider: string, model: string): void;
  };
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

/** Ollama answers an unload before it is done; what still runs is waited for by nobody. */
const MOST_LOOKS = 10;
const BETWEEN_LOOKS_MS = 100;

function viewOf(
  provider: string,
  model: OllamaState["installed"][number],
  card: ModelCard | null,
  loaded: OllamaState["loaded"][number] | undefined,
  isPinned: boolean,
): LocalModelView {
  const { name, sizeBytes, quantization, parameterSize } = model;
  const capabilities = card?.capabilities ?? model.capabilities;
  return {
    ...{ provider, name, sizeBytes, quantization, parameters: parameterSize },
    contextTokens: card?.contextTokens ?? model.contextTokens,
    canUseTools: capabilities?.includes("tools") ?? null,
    isCloud: isCloudModel(name),
    isPinned,
    loaded: loaded === undefined ? null : loadedView(loaded),
  };
}

function loadedView(loaded: OllamaState["loaded"][number]): LocalModelView["loaded"] {
  const { sizeBytes, vramBytes, contextTokens, expiresAtMs } = loaded;
  return { sizeBytes, vramBytes, contextTokens, expiresAtMs };
}

async function lookAt(provider: string, url: string, pins: LocalCatalogParts["pins"]): Promise<LocalListView> {
  const state = await readOllama(url, LOOK_MS);
  if (!state.ok) return { servers: [{ provider, url, version: null, problem: state.error }], models: [] };
  const { installed, loaded, version } = state.value;
  const look = async (model: OllamaState["installed"][number]): Promise<LocalModelView> => {
    const { name } = model;
    const card = await fetchCard(url, name, LOOK_MS);
    const inMemory = loaded.find((one) => one.name === name);
    return viewOf(provider, model, card.ok ? card.value : null, inMemory, pins.has(provider, name));
  };
  const models = await Promise.all(installed.map(look));
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
  const isHere = isLoopbackHost(new URL(url).hostname);
  const freeBytes = async (): Promise<number | null> => (isHere ? freeBytesAt(blob, folders) : null);
  yield* pullModel({ baseUrl: url, model, isInsecure, freeBytes, signal });
}

async function* create({ at }: Tools, wish: CreateWish, signal: AbortSignal): AsyncGenerator<LocalEvent> {
  const found = await at.installed({ model: wish.from, provider: wish.provider });
  if (!found.ok) yield* failed(found.error);
  else yield* createModel(found.value.url, { ...wish, from: found.value.name }, signal);
}

async function* bench(
  { at, enter, keepAliveOf, monotonic }: Tools,
  wish: Parameters<LocalCatalog["bench"]>[0],
  signal: AbortSignal,
): AsyncGenerator<LocalEvent> {
  const found = await at.onHardware(wish);
  if (!found.ok) return yield* failed(found.error);
  const { provider, url, name } = found.value;
  const blob = await at.blobOf(url, name);
  const place = await enter(found.value, name, signal);
  if (!place.ok) return yield* failed(place.error);
  const run = { contextTokens: place.value.contextTokens, keepAlive: keepAliveOf(provider, name) };
  try {
    yield* benchModel({ baseUrl: url, model: name, runs: wish.runs, ...run, blob, signal, monotonic });
  } finally {
    place.value.release();
  }
}

async function remove({ at }: Tools, wish: ModelWish, signal: AbortSignal): Promise<Result<null, LocalProblem>> {
  const found = await at.installed(wish);
  if (!found.ok) return found;
  const { url, name } = found.value;
  const line = await askOnce({ baseUrl: url, method: "DELETE", path: "/api/delete", body: { model: name }, signal });
  return line.ok ? success(null) : failure(line.problem);
}

/** Asks once more within a place of the queue: what is in memory already is kept longer too. */
async function load(
  { enter, keepAliveOf }: Tools,
  server: LocalServer & { readonly name: string },
  signal: AbortSignal,
): Promise<Result<null, LocalProblem>> {
  const { provider, url, name: model } = server;
  const place = await enter(server, model, signal);
  if (!place.ok) return place;
  const run = { model, contextTokens: place.value.contextTokens, keepAlive: keepAliveOf(provider, model) };
  const done = await loadRunner({ baseUrl: url, headers: {} }, run, signal);
  place.value.release();
  return done.ok ? success(null) : failure(refusalProblem(done.error, url));
}

async function keep(
  tools: Tools,
  wish: ModelWish,
  how: KeepWish,
  signal: AbortSignal,
): Promise<Result<LocalModelView | null, LocalProblem>> {
  const { at, pins, release } = tools;
  const found = await at.onHardware(wish);
  if (!found.ok) return found;
  const { provider, url, name } = found.value;
  const wasPinned = pins.has(provider, name);
  if (how === "pin") pins.add(provider, name);
  if (how === "unload") {
    pins.remove(provider, name);
    release(found.value, name);
  } else {
    const done = await load(tools, found.value, signal);
    if (!done.ok && !wasPinned) pins.remove(provider, name);
    if (!done.ok) return done;
  }
  for (let look = 1; ; look += 1) {
    const { models } = await lookAt(provider, url, pins);
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
      const looks = await Promise.all([...parts.servers()].map(([provider, url]) => lookAt(provider, url, parts.pins)));
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
