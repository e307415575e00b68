import type { LayerShape, ModelShape } from "../model-shape.ts";

/** How the cache of keys and values is stored (`OLLAMA_KV_CACHE_TYPE`). */
export type CacheType = "f16" | "q8_0" | "q4_0";

/** How a model is to run. */
export interface RunWish {
  readonly contextTokens: number;
  /** Sequences at once (`OLLAMA_NUM_PARALLEL`); each has the whole context. */
  readonly parallel: number;
  readonly cacheType: CacheType;
}

/** A run as Ollama does it where nothing is set. */
export const PLAIN_RUN: Omit<RunWish, "contextTokens"> = { parallel: 1, cacheType: "f16" };

/** Tokens of a prompt that are worked on at once: Ollama's `num_batch`. */
const BATCH_TOKENS = 512;
/** Cells of a windowed cache come in groups of so many (llama.cpp, Ollama's `CachePadding`). */
const CELL_PADDING = 32;

/** Bytes of one element: blocks of 32 with their scale. Ollama reckons 1 and 0.5, leaving the scale out. */
const ELEMENT_BYTES: Readonly<Record<CacheType, number>> = { f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 };

/**
 * Architectures that Ollama runs in its own engine, by its list `OllamaEngineRequired` (0.24); all others run in llama.cpp. The
 * two count differently: the own engine measures its buffers and counts the embedding table, the other is estimated.
 */
const OWN_ENGINE = new Set(
  [
    "bert deepseek2 gemma3 gemma3n gemma4 gptoss gpt-oss llama4 mistral3 mllama nemotron_h nemotron_h_moe nomic-bert olmo3",
    "qwen25vl qwen3 qwen3moe qwen35 qwen35moe qwen3next qwen3vl qwen3vlmoe glm4moelite lfm2 lfm2moe",
  ].flatMap((line) => line.split(" ")),
);

/** Whether Ollama runs an architecture in its own engine. */
function runsInOwnEngine({ architecture }: ModelShape): boolean {
  return OWN_ENGINE.has(architecture);
}

/** How many tokens a layer keeps for all sequences together. */
function cellsOf({ windowTokens }: LayerShape, shape: ModelShape, wish: RunWish): number {
  const { contextTokens, parallel } = wish;
  const all = contextTokens * parallel;
  // llama.cpp has no saving for windows in Ollama's reckoning: it counts the whole context.
  if (windowTokens === null || windowTokens >= contextTokens || !runsInOwnEngine(shape)) return all;
  const cells = windowTokens * parallel + Math.min(BATCH_TOKENS, contextTokens);
  return Math.min(all, Math.ceil(cells / CELL_PADDING) * CELL_PADDING);
}

function layerCacheBytes(layer: LayerShape, shape: ModelShape, wish: RunWish): number {
  const elements = layer.kvHeads * (layer.keyLength + layer.valueLength);
  const kept = elements * ELEMENT_BYTES[wish.cacheType] * cellsOf(layer, shape, wish);
  return Math.ceil(kept) + layer.stateBytes * wish.parallel;
}

/** The context that is really used: no more than the model was made for (Ollama cuts `num_ctx` down to it). */
export function usedContext(shape: ModelShape, wish: RunWish): RunWish {
  const most = shape.contextTokens;
  return most !== null && most > 0 && wish.contextTokens > most ? { ...wish, contextTokens: most } : wish;
}

/** Keys and values of each layer, in bytes: exact, from the heads, their lengths and the window of that layer. */
export function cacheBytes(shape: ModelShape, wish: RunWish): readonly number[] {
  const used = usedContext(shape, wish);
  return shape.layers.map((layer) => layerCacheBytes(layer, shape, used));
}

/** Bytes that one more token of context costs, over all layers that see everything; windowed layers cost nothing more. */
export function cacheBytesPerToken(shape: ModelShape, cacheType: CacheType): number {
  const perToken = (layer: LayerShape): number => {
    const grows = layer.windowTokens === null || !runsInOwnEngine(shape);
    return grows ? layer.kvHeads * (layer.keyLength + layer.valueLength) : 0;
  };
  return shape.layers.reduce((sum, layer) => sum + perToken(layer), 0) * ELEMENT_BYTES[cacheType];
}

/** With the fast attention kernels: activations, masks and one row of logits. Held against `/api/ps` on a real Ollama. */
function measuredGraph(shape: ModelShape, { contextTokens, parallel }: RunWish): number {
  const batch = Math.min(BATCH_TOKENS, contextTokens);
  const keyLength = Math.max(0, ...shape.layers.map((layer) => layer.keyLength));
  const activations = 4 * batch * (3 * shape.feedForward + 2 * shape.embedding + shape.headCount * keyLength);
  const windows = shape.layers.find(({ windowTokens }) => windowTokens !== null)?.windowTokens ?? 0;
  const masks = 2 * batch * (contextTokens * parallel + (windows === 0 ? 0 : windows + batch));
  return activations + masks + 4 * shape.vocabulary;
}

/**
 * Ollama's own estimate of what llama.cpp needs to compute, all layers on the card (`full`) or some (`partial`). Source:
 * `GraphSize` in fs/ggml/ggml.go of 0.24, the rows of llama and qwen2; other dense families differ by little.
 */
function estimatedGraph(shape: ModelShape, { contextTokens, parallel }: RunWish): { full: number; partial: number } {
  const batch = Math.min(BATCH_TOKENS, contextTokens);
  const { embedding, vocabulary, headCount } = shape;
  const context = contextTokens * parallel;
  const logits = 4 * batch * (embedding + vocabulary);
  const wide = shape.architecture === "llama" ? 4 : 2;
  const full = Math.max(logits, 4 * batch * (1 + wide * embedding + context * (1 + headCount)));
  const [first] = shape.layers;
  const keys = (first?.keyLength ?? 0) * (first?.kvHeads ?? 0);
  const blocks = 4 * batch * (1 + 2 * embedding + context * (1 + headCount)) + 4 * context * Math.max(embedding, keys);
  return { full, partial: Math.max(logits + (embedding * vocabulary * 105) / 128, blocks) };
}

/** Memory to compute in, in bytes, where all layers are on the card and where some are not. */
export function graphBytes(shape: ModelShape, wish: RunWish): { readonly full: number; readonly partial: number } {
  const used = usedContext(shape, wish);
  if (!runsInOwnEngine(shape)) return estimatedGraph(shape, used);
  const graph = measuredGraph(shape, used);
  return { full: graph, partial: graph };
}

/** Where the bytes of a model go. */
export interface MemoryUse {
  readonly weightBytes: number;
  readonly cacheBytes: number;
  readonly graphBytes: number;
  readonly totalBytes: number;
}

/**
 * What Ollama will report as `size` in `/api/ps`. Its llama.cpp engine leaves out the embedding table, and the computing memory
 * too where no card is used.
 */
export function reportedSize(shape: ModelShape, wish: RunWish, place: "card" | "processor"): MemoryUse {
  const inLayers = shape.layers.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const isOwn = runsInOwnEngine(shape);
  const weightBytes = inLayers + shape.outputBytes + (isOwn ? shape.inputBytes + shape.otherBytes : 0);
  const cache = cacheBytes(shape, wish).reduce((sum, bytes) => sum + bytes, 0);
  const graph = isOwn || place === "card" ? graphBytes(shape, wish).full : 0;
  return { weightBytes, cacheBytes: cache, graphBytes: graph, totalBytes: weightBytes + cache + graph };
}
