/** Where requests go and what they hold. All requests of a job are the same but for the mark. */
export interface Destination {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON body; `{mark}` in it becomes the mark of the request. */
  readonly body: string;
}

/** How the requests of a job come. */
export type Manner =
  /** So many connections, each sends its next request when it has its answer. */
  | { readonly kind: "closed"; readonly connections: number; readonly durationMs: number }
  /** So many requests a second whether answered or not, each on a connection that is free. */
  | { readonly kind: "open"; readonly perSecond: number; readonly durationMs: number }
  /** So many streams at once, kept open until standard input ends. */
  | { readonly kind: "hold"; readonly connections: number }
  /** The same, read at a snail's pace. */
  | { readonly kind: "slow"; readonly connections: number; readonly bytesPerSecond: number }
  /** So many requests one after the other, each left by its client after `afterMs`, or (null) at the first content. */
  | { readonly kind: "leave"; readonly requests: number; readonly afterMs: number | null; readonly prefix: string };

/** What a load generator is asked to do. */
export interface Job {
  readonly destination: Destination;
  readonly manner: Manner;
}

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** When a client left. Unix milliseconds. */
export interface Leaving {
  readonly mark: string;
  readonly at: number;
}

/** What came of a job. */
export interface LoadResult {
  readonly sent: number;
  /** Answered whole with 200. */
  readonly answered: number;
  /** What the first failure looked like, for a person. */
  readonly firstFailure: string | null;
  readonly durationMs: number;
  readonly latency: Percentiles;
  readonly firstToken: Percentiles;
  readonly leavings: readonly Leaving[];
}
