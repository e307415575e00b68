import { tensorTypeOf } from "../gguf/types.ts";
import type { LayerShape, ModelShape } from "../model-shape.ts";

/** The quantizations that a blueprint can be worked out for. */
export type BlueprintQuant = "Q4_K_M" | "Q4_0" | "Q8_0";

/** The dimensions of a dense model, as its `config.json` has them. */
export interface Blueprint {
  /** As GGUF names it. */
  readonly architecture: string;
  readonly quantization: BlueprintQuant;
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headLength: number;
  readonly vocabulary: number;
  readonly contextTokens: number;
  /** The last projection is the embedding table. */
  readonly isTied: boolean;
  /** The file holds that table a second time all the same. */
  readonly isStoredTwice?: boolean;
  /** Some layers look back only this many tokens: all but every n-th. */
  readonly window?: { readonly tokens: number; readonly globalEvery: number };
  /** A vision tower beside the text model, in bytes. */
  readonly visionBytes?: number;
}

const F32 = 0;
const Q4_0 = 2;
const Q5_0 = 6;
const Q8_0 = 8;
const Q4_K = 12;
const Q6_K = 14;

/** Which layers get six bits in `Q4_K_M`: the first eighth, the last eighth, and every third between. Source: llama.cpp's quantizer. */
function hasMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** Rows that do not go into blocks of 256 take the next larger type with blocks of 32. Source: the same. */
function typeFor(wanted: number, rowElements: number): number {
  if (rowElements % 256 === 0 || (wanted !== Q4_K && wanted !== Q6_K)) return wanted;
  return wanted === Q4_K ? Q5_0 : Q8_0;
}

function matrixBytes(rowElements: number, rows: number, wanted: number): number {
  const type = tensorTypeOf(typeFor(wanted, rowElements));
  if (type === null) return 0;
  return Math.ceil(rowElements / type.blockElements) * type.blockBytes * rows;
}

/** The small vectors of a layer, kept in full: norms, and the biases that only some families have. */
function vectorBytes({ architecture, embedding, heads, kvHeads, headLength }: Blueprint): number {
  const biases = architecture === "qwen2" ? (heads + 2 * kvHeads) * headLength : 0;
  const headNorms = architecture === "qwen3" || architecture === "gemma3" ? 2 * headLength : 0;
  const norms = architecture === "gemma3" || architecture === "gemma2" ? 4 : 2;
  return matrixBytes(norms * embedding + biases + headNorms, 1, F32);
}

function layerBytes(blueprint: Blueprint, layer: number): number {
  const { quantization, embedding, feedForward, heads, kvHeads, headLength, layers } = blueprint;
  const plain = quantization === "Q4_K_M" ? Q4_K : quantization === "Q4_0" ? Q4_0 : Q8_0;
  const careful = quantization === "Q4_K_M" && hasMoreBits(layer, layers) ? Q6_K : plain;
  const keys = kvHeads * headLength;
  return (
    matrixBytes(embedding, heads * headLength + keys, plain) +
    matrixBytes(embedding, keys, careful) +
    matrixBytes(heads * headLength, embedding, plain) +
    matrixBytes(embedding, 2 * feedForward, plain) +
    matrixBytes(feedForward, embedding, careful) +
    vectorBytes(blueprint)
  );
}

/**
 * The shape of a model that is not on this machine, from its published dimensions: every tensor's bytes as llama.cpp's
 * quantizer would write them. Dense models with a gated feed-forward only.
 */
export function shapeOfBlueprint(blueprint: Blueprint): ModelShape {
  const { quantization, embedding, vocabulary, isTied, kvHeads, headLength, window } = blueprint;
  const plain = quantization === "Q4_K_M" ? Q4_K : quantization === "Q4_0" ? Q4_0 : Q8_0;
  const last = quantization === "Q8_0" ? Q8_0 : Q6_K;
  const inputBytes = matrixBytes(embedding, vocabulary, isTied ? last : plain);
  const layers = Array.from({ length: blueprint.layers }, (_, layer): LayerShape => {
    const isWindowed = window !== undefined && (layer + 1) % window.globalEvery !== 0;
    return {
      weightBytes: layerBytes(blueprint, layer),
      kvHeads,
      keyLength: headLength,
      valueLength: headLength,
      windowTokens: isWindowed ? window.tokens : null,
      stateBytes: 0,
    };
  });
  return {
    architecture: blueprint.architecture,
    quantization,
    contextTokens: blueprint.contextTokens,
    layers,
    inputBytes,
    outputBytes: (isTied ? inputBytes : matrixBytes(embedding, vocabulary, last)) + matrixBytes(embedding, 1, F32),
    isOutputTied: isTied && blueprint.isStoredTwice !== true,
    otherBytes: blueprint.visionBytes ?? 0,
    headCount: blueprint.heads,
    embedding,
    feedForward: blueprint.feedForward,
    vocabulary,
    experts: null,
  };
}

/** The bytes of a model's weights as they lie in its file, a tied table once. */
export function fileBytesOf(shape: ModelShape): number {
  const inLayers = shape.layers.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const output = shape.isOutputTied ? 0 : shape.outputBytes;
  return inLayers + shape.inputBytes + output + shape.otherBytes;
}
