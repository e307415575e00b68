/** One layer as memory sees it. */
export interface LayerShape {
  readonly weightBytes: number;
  /** 0: it keeps no keys and values of its own (recurrent, or it shares another layer's). */
  readonly kvHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
  /** It looks back this many tokens; null where it sees the whole context. */
  readonly windowTokens: number | null;
  /** What a layer without attention keeps for each sequence. */
  readonly stateBytes: number;
}

/** What decides how much memory a model takes, from the header of its file or from the catalogue. */
export interface ModelShape {
  /** As GGUF names it: `llama`, `qwen2`, `gemma3`… */
  readonly architecture: string;
  readonly quantization: string | null;
  /** The longest context that it was made for; null where it is not said. */
  readonly contextTokens: number | null;
  readonly layers: readonly LayerShape[];
  /** The embedding table, which stays in main memory. */
  readonly inputBytes: number;
  /** The last projection and its norm; a tied one is the embedding table again. */
  readonly outputBytes: number;
  readonly isOutputTied: boolean;
  /** What is no layer, input or output: a vision tower, tables for rotation. */
  readonly otherBytes: number;
  readonly headCount: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  /** Null for a dense model. */
  readonly experts: number | null;
}
