import type { LocalFigureStore, LocalFigures } from "../stores/ports.ts";
import type { SlotOutcome } from "./scheduler.ts";

/** A model at a server, with the context that it is loaded with. */
export interface LoadedAs {
  readonly provider: string;
  readonly model: string;
  readonly contextTokens: number;
}

/** What local models cost in time, learned from what they took; the latest counts most. */
export interface CostModel {
  /** What a request is expected to take once it begins. Milliseconds. */
  serviceMs(loaded: LoadedAs, promptTokens: number, outputTokens: number): number;
  /** What a load is expected to take: warm where the model's file was read since the machine last had to. */
  loadMs(loaded: LoadedAs): number;
  /** Tokens that a model makes of one that was estimated. */
  tokenRatio(provider: string, model: string): number;
  /** A load that was measured; tells whether it counts as a cold one. */
  noteLoad(loaded: LoadedAs, tookMs: number): "cold" | "warm";
  noteRun(loaded: LoadedAs, outcome: SlotOutcome, estimatedPromptTokens: number): void;
  /** The model that a server answered with last, from this process or an earlier one. */
  lastUsed(provider: string): LoadedAs | null;
  /** The model's file is in memory now: the next load is a warm one. */
  noteRead(provider: string, model: string): void;
}

/** Share of the newest measurement in what is remembered. */
const WEIGHT = 0.3;
/** Until something was measured: a 3B model on a small card. */
const UNKNOWN = { loadMs: 3_000, promptPerSecond: 300, outputPerSecond: 30 };
/** Shorter prompts say more of the template around them than of the tokenizer. */
const LEAST_TOKENS = 200;
const RATIO_BOUNDS = { least: 0.5, most: 3 };
/** A figure is written at most so often: it is worth little. */
const SAVE_EVERY_MS = 30_000;

function mixed(known: number | null, measured: number): number {
  return known === null ? measured : known + WEIGHT * (measured - known);
}

function rateOf(tokens: number | null, tookMs: number | null): number | null {
  return tokens === null || tookMs === null || tokens < 1 || tookMs <= 0 ? null : (tokens * 1000) / tookMs;
}

/** How many tokens a model made of one estimated; null where a prompt is too short to tell. */
function ratioOf(promptTokens: number | null, estimated: number): number | null {
  if (promptTokens === null || Math.min(promptTokens, estimated) < LEAST_TOKENS) return null;
  return Math.min(RATIO_BOUNDS.most, Math.max(RATIO_BOUNDS.least, promptTokens / estimated));
}

/** What one more run makes of the figures; what it did not tell stays. */
function afterRun(known: LocalFigures, outcome: SlotOutcome, estimated: number): Partial<LocalFigures> {
  const { promptTokens, promptMs, outputTokens, outputMs } = outcome;
  const mix = (before: number | null, measured: number | null): number | null =>
    measured === null ? before : mixed(before, measured);
  return {
    promptPerSecond: mix(known.promptPerSecond, rateOf(promptTokens, promptMs)),
    outputPerSecond: mix(known.outputPerSecond, rateOf(outputTokens, outputMs)),
    tokenRatio: mix(known.tokenRatio, ratioOf(promptTokens, estimated)),
  };
}

function empty({ provider, model, contextTokens }: LoadedAs): LocalFigures {
  return {
    provider,
    model,
    contextTokens,
    coldLoadMs: null,
    warmLoadMs: null,
    promptPerSecond: null,
    outputPerSecond: null,
    tokenRatio: null,
    usedAt: 0,
  };
}

/** Learns on top of what a store remembers; null keeps it for this process only. `now` is Unix ms. */
export function createCostModel(store: LocalFigureStore | null, now: () => number): CostModel {
  const figures = new Map<string, LocalFigures>();
  const savedAt = new Map<string, number>();
  const read = new Set<string>();
  const keyOf = ({ provider, model, contextTokens }: LoadedAs): string => `${provider} ${model} ${contextTokens}`;
  for (const known of store?.list() ?? []) figures.set(keyOf(known), known);

  function change(loaded: LoadedAs, alter: (known: LocalFigures) => Partial<LocalFigures>): void {
    const key = keyOf(loaded);
    const known = figures.get(key) ?? empty(loaded);
    const next = { ...known, ...alter(known), usedAt: now() };
    figures.set(key, next);
    if (now() - (savedAt.get(key) ?? 0) < SAVE_EVERY_MS) return;
    if (store?.save(next) === true) savedAt.set(key, now());
  }

  /** The figures of these very options, then those of the same model with others. */
  function first(loaded: LoadedAs, pick: (known: LocalFigures) => number | null): number | null {
    const exact = figures.get(keyOf(loaded));
    const own = exact === undefined ? null : pick(exact);
    if (own !== null) return own;
    for (const known of figures.values()) {
      const found = known.provider === loaded.provider && known.model === loaded.model ? pick(known) : null;
      if (found !== null) return found;
    }
    return null;
  }

  function loadMs(loaded: LoadedAs): number {
    const isWarm = read.has(`${loaded.provider} ${loaded.model}`);
    const cold = first(loaded, ({ coldLoadMs }) => coldLoadMs);
    const warm = first(loaded, ({ warmLoadMs }) => warmLoadMs);
    return (isWarm ? (warm ?? cold) : (cold ?? warm)) ?? UNKNOWN.loadMs;
  }

  return {
    serviceMs(loaded, promptTokens, outputTokens) {
      const prompt = first(loaded, ({ promptPerSecond }) => promptPerSecond) ?? UNKNOWN.promptPerSecond;
      const output = first(loaded, ({ outputPerSecond }) => outputPerSecond) ?? UNKNOWN.outputPerSecond;
      return (promptTokens / prompt + outputTokens / output) * 1000;
    },
    loadMs,
    tokenRatio: (provider, model) => first({ provider, model, contextTokens: 0 }, ({ tokenRatio }) => tokenRatio) ?? 1,
    noteLoad(loaded, tookMs) {
      const name = `${loaded.provider} ${loaded.model}`;
      const kind = read.has(name) ? "warm" : "cold";
      read.add(name);
      change(loaded, ({ coldLoadMs, warmLoadMs }) =>
        kind === "warm" ? { warmLoadMs: mixed(warmLoadMs, tookMs) } : { coldLoadMs: mixed(coldLoadMs, tookMs) },
      );
      return kind;
    },
    noteRun: (loaded, outcome, estimated) => change(loaded, (known) => afterRun(known, outcome, estimated)),
    lastUsed(provider) {
      const own = [...figures.values()].filter((known) => known.provider === provider && known.usedAt > 0);
      return own.reduce<LocalFigures | null>(
        (best, known) => (best === null || known.usedAt > best.usedAt ? known : best),
        null,
      );
    },
    noteRead: (provider, model) => void read.add(`${provider} ${model}`),
  };
}
