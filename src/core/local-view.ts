import type { GgufFacts } from "./gguf/shape.ts";
import type { ModelShape } from "./model-shape.ts";

/** A model that lies on the disk of a local engine, as `local list` shows it. */
export interface LocalModelView {
  readonly provider: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly quantization: string | null;
  readonly parameters: string | null;
  /** The longest context that it was made for. */
  readonly contextTokens: number | null;
  readonly canUseTools: boolean | null;
  /** It runs in somebody's cloud through this engine: not local, and not free. */
  readonly isCloud: boolean;
  /** It stays in memory until it is unloaded, and comes back where another model took its place. */
  readonly isPinned: boolean;
  /** Null while it is not in memory. */
  readonly loaded: {
    readonly sizeBytes: number;
    readonly vramBytes: number;
    readonly contextTokens: number | null;
    /** Unix ms; null where the engine does not say. */
    readonly expiresAtMs: number | null;
  } | null;
}

/** A year ahead is for good, as Ollama writes it. */
const FOR_GOOD_MS = 365 * 24 * 3_600_000;

/** Whether a model that goes at `expiresAtMs` (Unix ms; null where nobody knows) is kept for good. */
export function isForGood(expiresAtMs: number | null, now: number): boolean {
  return expiresAtMs !== null && expiresAtMs - now > FOR_GOOD_MS;
}

/** `GET /v1/local`. */
export interface LocalListView {
  readonly servers: readonly {
    readonly provider: string;
    readonly url: string;
    readonly version: string | null;
    /** Why it cannot be used, if so. */
    readonly problem: string | null;
  }[];
  readonly models: readonly LocalModelView[];
}

/** One row of `GET /v1/local/catalog`. */
export interface CatalogRowView {
  readonly name: string;
  readonly family: string;
  readonly parameters: string;
  readonly quantization: string;
  readonly licence: string;
  readonly template: string;
  readonly tasks: readonly string[];
  readonly strengths: string;
  /** Weights as they are downloaded. */
  readonly downloadBytes: number;
  readonly contextTokens: number;
  readonly kv: { readonly heads: number; readonly length: number; readonly bytesPerToken: number };
  /** A prompt for filling in the middle, `{before}` and `{after}` in their places; null where it cannot. */
  readonly infill: string | null;
  /** The largest context at which it is wholly on the card that was asked about; null where it does not fit, or none was named. */
  readonly fitsAtContext: number | null;
  readonly isInstalled: boolean;
}

/** `GET /v1/local/catalog`. */
export interface CatalogView {
  /** When the rows were last held against their sources. */
  readonly date: string;
  readonly vramBytes: number | null;
  readonly models: readonly CatalogRowView[];
}

/** `GET /v1/local/shape`: what a plan needs of one model, and where it was found. */
export interface ShapeView {
  readonly name: string;
  readonly source: "file" | "catalogue";
  readonly shape: ModelShape;
  /** Null where no file was read. */
  readonly facts: GgufFacts | null;
}

/** Something that went wrong with local models, for people. */
export interface LocalProblem {
  readonly code:
    | "no_local_engine"
    | "ollama_unreachable"
    | "ollama_too_old"
    | "ollama_refused"
    | "model_not_found"
    | "model_not_in_library"
    | "model_not_local"
    | "bad_gguf"
    | "disk_full"
    | "cancelled";
  readonly message: string;
  readonly fix: string | null;
}

/** What a bench measured, each of `runs` times. Speeds are tokens a second. */
export interface BenchView {
  readonly model: string;
  readonly contextTokens: number;
  readonly runs: number;
  readonly promptTokens: number;
  /** From disk, the file dropped from the page cache before; null where that cannot be done here. */
  readonly coldLoadMs: BenchFigure | null;
  readonly warmLoadMs: BenchFigure;
  readonly prefill: BenchFigure;
  readonly decode: BenchFigure;
}

/** A median between the least and the most of `n` measurements. */
export interface BenchFigure {
  readonly n: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** One line of an answer that takes long: what is being done, how far it is, and how it ended. */
export type LocalEvent =
  | { readonly kind: "step"; readonly text: string }
  | { readonly kind: "progress"; readonly completedBytes: number; readonly totalBytes: number }
  | { readonly kind: "bench"; readonly bench: BenchView }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly problem: LocalProblem };
