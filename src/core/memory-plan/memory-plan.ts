import type { ModelShape } from "../model-shape.ts";
import { cacheBytes, graphBytes, type MemoryUse, type RunWish, reportedSize, usedContext } from "./size.ts";

/** A model that a plan is about. */
export interface PlannedModel {
  readonly name: string;
  readonly shape: ModelShape;
}

/** How one model would stand on a card that is otherwise empty. */
export interface Placement {
  readonly name: string;
  /** As asked for, or less where the model was made for less. */
  readonly contextTokens: number;
  readonly use: MemoryUse;
  /** Layers on the card, the last projection counted as one. */
  readonly layersOnCard: number;
  readonly layersInAll: number;
  readonly cardBytes: number;
  readonly fits: "whole" | "partly" | "not";
}

/** Whether two models can stand on the card at once, at one context each. */
export interface Pairing {
  readonly names: readonly [string, string];
  readonly cardBytes: number;
  readonly isPossible: boolean;
}

/** The answer of {@link planMemory}. */
export interface MemoryPlan {
  readonly cardBytes: number;
  /** What Ollama keeps free for the driver's context of each model. */
  readonly reservedBytes: number;
  readonly placements: readonly Placement[];
  readonly pairs: readonly Pairing[];
}

const MIB = 1024 * 1024;

/** What Ollama sets aside on a CUDA card for each model's context: `MinimumMemory` in ml/device.go (0.24). */
export const CONTEXT_OVERHEAD_BYTES = 457 * MIB;

/**
 * Of what is free, a further model may be predicted to take this much before Ollama evicts one to make room: the rule of its
 * newer scheduler, which the plan keeps for every version.
 */
const ADMISSION_SHARE = 0.8;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The bytes of a whole model on the card: the embedding table stays in main memory. */
function wholeOnCard(shape: ModelShape, wish: RunWish): number {
  const weights = sum(shape.layers.map(({ weightBytes }) => weightBytes));
  return weights + shape.outputBytes + shape.otherBytes + sum(cacheBytes(shape, wish)) + graphBytes(shape, wish).full;
}

/** As many of the last layers as fit beside the computing memory; the output stays behind. */
function partOnCard(shape: ModelShape, wish: RunWish, room: number): { layers: number; bytes: number } {
  const cache = cacheBytes(shape, wish);
  let bytes = graphBytes(shape, wish).partial + shape.otherBytes;
  let layers = 0;
  for (const [index, { weightBytes }] of [...shape.layers.entries()].reverse()) {
    const more = weightBytes + (cache[index] ?? 0);
    if (bytes + more > room) break;
    bytes += more;
    layers += 1;
  }
  return layers === 0 ? { layers: 0, bytes: 0 } : { layers, bytes };
}

/** Places one model where `freeBytes` of a card are free. */
export function placeModel({ name, shape }: PlannedModel, freeBytes: number, wish: RunWish): Placement {
  const used = usedContext(shape, wish);
  const room = Math.max(0, freeBytes - CONTEXT_OVERHEAD_BYTES);
  const layersInAll = shape.layers.length + 1;
  const whole = wholeOnCard(shape, used);
  const base = { name, contextTokens: used.contextTokens, use: reportedSize(shape, used, "card"), layersInAll };
  if (whole <= room) return { ...base, layersOnCard: layersInAll, cardBytes: whole, fits: "whole" };
  const part = partOnCard(shape, used, room);
  return { ...base, layersOnCard: part.layers, cardBytes: part.bytes, fits: part.layers > 0 ? "partly" : "not" };
}

/** The largest of `contexts` (rising) at which the model is wholly on the card; null where none is. */
export function largestContext(model: PlannedModel, vramBytes: number, contexts: readonly number[]): number | null {
  const most = model.shape.contextTokens ?? Number.POSITIVE_INFINITY;
  const plain = { parallel: 1, cacheType: "f16" } as const;
  const fitting = contexts
    .filter((contextTokens, index) => contextTokens <= most || index === 0)
    .filter((contextTokens) => placeModel(model, vramBytes, { ...plain, contextTokens }).fits === "whole");
  const best = fitting.at(-1);
  return best === undefined ? null : Math.min(best, most);
}

/** The second model is let in beside the first when it fits in 80 % of what that one leaves free, whichever comes first. */
function canJoin(first: Placement, second: Placement, vramBytes: number): boolean {
  const free = vramBytes - first.cardBytes - CONTEXT_OVERHEAD_BYTES;
  return second.cardBytes <= Math.min(free * ADMISSION_SHARE, free - CONTEXT_OVERHEAD_BYTES);
}

function pairUp(placements: readonly Placement[], vramBytes: number): readonly Pairing[] {
  return placements.flatMap((first, index) =>
    placements
      .slice(index + 1)
      .filter(({ name }) => name !== first.name)
      .map((second) => ({
        names: [first.name, second.name] as const,
        cardBytes: first.cardBytes + second.cardBytes + 2 * CONTEXT_OVERHEAD_BYTES,
        isPossible:
          first.fits === "whole" &&
          second.fits === "whole" &&
          canJoin(first, second, vramBytes) &&
          canJoin(second, first, vramBytes),
      })),
  );
}

/**
 * What fits on a card, at which context, and which two models can stand there together. Every context is a run of its own in
 * `placements`; pairs are reckoned at the first. The card is taken as empty but for what is planned.
 */
export function planMemory(
  models: readonly PlannedModel[],
  vramBytes: number,
  contexts: readonly number[],
  run: Omit<RunWish, "contextTokens">,
): MemoryPlan {
  const at = (contextTokens: number): readonly Placement[] =>
    models.map((model) => placeModel(model, vramBytes, { ...run, contextTokens }));
  // Beyond what a model was made for, it is the same run again.
  const isSame = (one: Placement, other: Placement): boolean =>
    one.name === other.name && one.contextTokens === other.contextTokens && one.use.totalBytes === other.use.totalBytes;
  const isNew = (placement: Placement, index: number, all: readonly Placement[]): boolean =>
    all.findIndex((other) => isSame(other, placement)) === index;
  const [first] = contexts;
  return {
    cardBytes: vramBytes,
    reservedBytes: CONTEXT_OVERHEAD_BYTES,
    placements: contexts.flatMap(at).filter(isNew),
    pairs: first === undefined ? [] : pairUp(at(first), vramBytes),
  };
}
