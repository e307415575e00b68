import type { LayerShape, ModelShape } from "../model-shape.ts";
import { failure, type Result, success } from "../result.ts";
import type { GgufFault } from "./cursor.ts";
import type { GgufHeader, GgufTensor } from "./gguf.ts";
import type { GgufMetadata, GgufValue } from "./metadata.ts";
import { fileTypeName } from "./types.ts";

function numberOf(metadata: GgufMetadata, key: string): number | null {
  const value = metadata.get(key);
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function textOf(metadata: GgufMetadata, key: string): string | null {
  const value = metadata.get(key);
  return typeof value === "string" ? value : null;
}

function listOf(value: GgufValue | undefined): readonly GgufValue[] | null {
  return typeof value === "object" ? value.values : null;
}

/** One number for every layer, from one value for all or a list with one each. */
function perLayer(metadata: GgufMetadata, key: string, otherwise: number): (layer: number) => number {
  const value = metadata.get(key);
  const list = listOf(value);
  if (list === null) return () => (typeof value === "number" ? value : otherwise);
  return (layer) => {
    const one = list[layer];
    return typeof one === "number" ? one : otherwise;
  };
}

/** Every n-th layer of these sees everything, where the file has no pattern. Sources: each family's report and llama.cpp's loader. */
const GLOBAL_EVERY: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  "gpt-oss": 2,
  gptoss: 2,
  cohere2: 4,
  olmo3: 4,
};

/** Which layers look back only a window: told by a list, by a period, or known of the architecture. */
function windowedLayers(metadata: GgufMetadata, architecture: string): (layer: number) => boolean {
  const pattern = metadata.get(`${architecture}.attention.sliding_window_pattern`);
  const list = listOf(pattern);
  if (list !== null) return (layer) => list[layer] === true || list[layer] === 1;
  const every = typeof pattern === "number" && pattern > 1 ? pattern : GLOBAL_EVERY[architecture];
  return every === undefined ? () => false : (layer) => (layer + 1) % every !== 0;
}

/** What a layer without attention keeps for each sequence, in bytes of 4 each. Source: Mamba's convolution and state, as llama.cpp sizes them. */
function recurrentBytes(metadata: GgufMetadata, architecture: string): number {
  const read = (name: string): number => numberOf(metadata, `${architecture}.ssm.${name}`) ?? 0;
  const inner = read("inner_size");
  const convolution = Math.max(0, read("conv_kernel") - 1) * (inner + 2 * read("group_count") * read("state_size"));
  return 4 * (convolution + inner * read("state_size"));
}

interface Heads {
  readonly count: number;
  readonly embedding: number;
}

/** The key and value lengths of a layer: told, or the embedding shared out among the heads. */
function lengthsOf(metadata: GgufMetadata, architecture: string, heads: Heads) {
  const shared = heads.count === 0 ? 0 : Math.floor(heads.embedding / heads.count);
  const read = (name: string): number | null => numberOf(metadata, `${architecture}.attention.${name}`);
  const keyLength = read("key_length") ?? shared;
  const valueLength = read("value_length") ?? shared;
  return (isWindowed: boolean) =>
    isWindowed
      ? {
          keyLength: read("key_length_swa") ?? keyLength,
          valueLength: read("value_length_swa") ?? valueLength,
        }
      : { keyLength, valueLength };
}

/** Weight bytes by group: `blk.N`, or the first word of a name. */
function groupBytes(tensors: readonly GgufTensor[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const { name, bytes } of tensors) {
    const [first = "", second = ""] = name.split(".");
    const group = first === "blk" ? `blk.${second}` : first;
    groups.set(group, (groups.get(group) ?? 0) + bytes);
  }
  return groups;
}

function layersOf(
  metadata: GgufMetadata,
  architecture: string,
  blockCount: number,
  weights: ReadonlyMap<string, number>,
) {
  const key = (name: string): string => `${architecture}.${name}`;
  const heads = perLayer(metadata, key("attention.head_count"), 0);
  const headCount = Math.max(0, ...Array.from({ length: blockCount }, (_, layer) => heads(layer)));
  const kvHeads = perLayer(metadata, key("attention.head_count_kv"), headCount);
  const embedding = numberOf(metadata, key("embedding_length")) ?? 0;
  const lengths = lengthsOf(metadata, architecture, { count: headCount, embedding });
  const isWindowed = windowedLayers(metadata, architecture);
  const window = numberOf(metadata, key("attention.sliding_window"));
  const recurrent = recurrentBytes(metadata, architecture);
  const fullEvery = numberOf(metadata, key("full_attention_interval"));
  const sharing = numberOf(metadata, key("attention.shared_kv_layers")) ?? 0;
  const layers: LayerShape[] = Array.from({ length: blockCount }, (_, layer) => {
    const hasAttention = kvHeads(layer) > 0 && (fullEvery === null || (layer + 1) % fullEvery === 0);
    const looksBack = isWindowed(layer) && window !== null && window > 0;
    return {
      weightBytes: weights.get(`blk.${layer}`) ?? 0,
      kvHeads: hasAttention && layer < blockCount - sharing ? kvHeads(layer) : 0,
      ...lengths(looksBack),
      windowTokens: looksBack ? window : null,
      stateBytes: hasAttention ? 0 : recurrent,
    };
  });
  return { layers, headCount, embedding };
}

function vocabularyOf(metadata: GgufMetadata, architecture: string): number {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  return typeof tokens === "object" ? tokens.count : (numberOf(metadata, `${architecture}.vocab_size`) ?? 0);
}

function widestFeedForward(metadata: GgufMetadata, architecture: string, blockCount: number): number {
  const ofExpert = numberOf(metadata, `${architecture}.expert_feed_forward_length`) ?? 0;
  const width = perLayer(metadata, `${architecture}.feed_forward_length`, ofExpert);
  return Math.max(0, ...Array.from({ length: blockCount }, (_, layer) => width(layer)));
}

function missing(key: string): Result<never, GgufFault> {
  return failure({ kind: "missing-key", offset: 0, message: `the metadata has no usable "${key}"` });
}

/**
 * What a memory plan needs of a model, from its header. Weights are exact: the bytes of the tensors themselves.
 * Weights that are no layer (`token_embd`, `output`, a vision tower) are told apart, since engines place them differently.
 */
export function shapeOfGguf({ metadata, tensors }: GgufHeader): Result<ModelShape, GgufFault> {
  const architecture = textOf(metadata, "general.architecture");
  if (architecture === null) return missing("general.architecture");
  const blockCount = numberOf(metadata, `${architecture}.block_count`);
  if (blockCount === null || blockCount < 1 || blockCount > 4_096) return missing(`${architecture}.block_count`);
  const weights = groupBytes(tensors);
  const { layers, headCount, embedding } = layersOf(metadata, architecture, blockCount, weights);
  const inputBytes = weights.get("token_embd") ?? 0;
  const outputNormBytes = weights.get("output_norm") ?? 0;
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const inLayers = layers.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const ownOutput = weights.get("output") ?? null;
  const ofFile = numberOf(metadata, "general.file_type");
  return success({
    architecture,
    quantization: ofFile === null ? null : fileTypeName(ofFile),
    contextTokens: numberOf(metadata, `${architecture}.context_length`),
    layers,
    inputBytes,
    outputBytes: (ownOutput ?? inputBytes) + outputNormBytes,
    isOutputTied: ownOutput === null,
    otherBytes: total - inLayers - inputBytes - (ownOutput ?? 0) - outputNormBytes,
    headCount,
    embedding,
    feedForward: widestFeedForward(metadata, architecture, blockCount),
    vocabulary: vocabularyOf(metadata, architecture),
    experts: numberOf(metadata, `${architecture}.expert_count`),
  });
}

/** What a person wants to know of a file beside its memory. */
export interface GgufFacts {
  readonly name: string | null;
  readonly hasChatTemplate: boolean;
  /** It has tokens for filling in the middle. */
  readonly canInfill: boolean;
  readonly ropeBase: number | null;
  readonly isLittleEndian: boolean;
  readonly version: number;
}

/** Reads them. Source of the keys: docs/gguf.md, and `tokenizer.ggml.*` of llama.cpp's converter. */
export function factsOfGguf({ metadata, isLittleEndian, version }: GgufHeader): GgufFacts {
  const architecture = textOf(metadata, "general.architecture") ?? "";
  const infill = ["fim_mid_token_id", "middle_token_id"];
  return {
    name: textOf(metadata, "general.name"),
    hasChatTemplate: metadata.has("tokenizer.chat_template"),
    canInfill: infill.some((key) => metadata.has(`tokenizer.ggml.${key}`)),
    ropeBase: numberOf(metadata, `${architecture}.rope.freq_base`),
    isLittleEndian,
    version,
  };
}
