import type { CacheWish } from "../core/cache-policy.ts";
import type { ClientError, Fault, FaultKind } from "../core/fault.ts";
import type { JsonObject } from "../core/json.ts";
import type { KeyLimits } from "../core/key-limits.ts";
import type { PlannedTarget } from "../core/plan.ts";
import type { ChatRequest, EmbeddingRequest, Warning } from "../core/request.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Ruled } from "./ruled.ts";

/** Who asks, as far as the gateway knows. */
export interface Caller {
  /** Id of the client key; null on keyless loopback. */
  readonly keyId: string | null;
  readonly project: string | null;
  readonly session: string | null;
  /** The client program, from its user agent, e.g. `claude-cli/2.1`. */
  readonly client: string | null;
  /** The client's own labels for its spending. */
  readonly tag: string | null;
  readonly file: string | null;
  /** Patterns of models the key may use; empty means all. */
  readonly allowedModels: readonly string[];
  /** What the key may use. */
  readonly limits: KeyLimits;
  /** The client's own credential as it came, for providers with `auth: client` only. Never logged. */
  readonly credential: { readonly header: string; readonly value: string } | null;
}

/** What all calls have in common. */
export interface Call {
  readonly requestId: string;
  readonly caller: Caller;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  readonly dialect: Dialect;
  /** Request headers a provider of the same dialect should see (`anthropic-beta`, `anthropic-version`), lower case. */
  readonly passHeaders: Readonly<Record<string, string>>;
  /** Refuse with 400 what a target cannot honour, instead of dropping it with a warning. */
  readonly isStrict: boolean;
  /** The client asked for `lodestar_metadata`. */
  readonly wantsMetadata: boolean;
  /** The class of task, where the client says it (`bug_fix`…): `auto` then follows the chain of that name. */
  readonly task: string | null;
  /** Nobody waits for the answer: local engines answer others first. */
  readonly isBatch?: boolean;
  /** `shadow`: the router only writes down what it would have chosen; absent: as configured. */
  readonly routeWish?: "shadow";
  /** A header of the request by its name in lower case, for rules; absent: there are none. */
  readonly header?: (name: string) => string | null;
  /** What routing rules changed and say of the cache; absent: nothing. */
  readonly ruled?: Ruled;
  /** What the client wants of the response cache; absent: as configured. */
  readonly cacheWish?: CacheWish;
  /** Monotonic ms at which the request arrived. */
  readonly arrivedAt: number;
  /** What is being tried right now; written by the attempt loop, read by whoever keeps the client waiting. */
  readonly progress: { target: PlannedTarget | null };
}

export interface ChatCall extends Call {
  readonly request: ChatRequest;
  /** The body as it came: text for the byte-for-byte path, JSON already parsed. */
  readonly body: { readonly text: string; readonly json: JsonObject };
  /** What the client itself sent, where `body` says more (earlier turns were put in front of it). */
  readonly sent?: JsonObject;
  /** `body` holds what no provider takes as it is (reasoning marked as another dialect's): it is never passed on unchanged. */
  readonly mustRewrite?: boolean;
}

export interface EmbeddingCall extends Call {
  readonly request: EmbeddingRequest;
}

/** A request for images: OpenAI's alone have it. */
export interface ImageCall extends Call {
  readonly request: { readonly model: string };
  readonly body: { readonly text: string; readonly json: JsonObject };
}

export interface CountCall extends Call {
  readonly request: ChatRequest;
  readonly body: { readonly text: string; readonly json: JsonObject };
}

/** One attempt as `lodestar_metadata` and `x-lodestar-attempts` tell it. */
export interface AttemptRecord {
  readonly target: string;
  readonly account: string;
  readonly reason: string;
  readonly outcome: "answered" | FaultKind;
  readonly message: string | null;
  readonly durationMs: number;
}

/** A won attempt: a whole body, or a stream that has begun. */
export interface Won {
  readonly warnings: readonly Warning[];
  readonly body: string | ReadableStream<Uint8Array>;
  /** Resolves when a streamed body is over, however it ended. */
  readonly ended?: Promise<void>;
  /** Headers of this answer alone, e.g. its cost. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time (ms) spent waiting for upstreams until the answer was certain. */
  readonly waitedMs: number;
}

/** What a call comes to. Headers are complete but for content type and length. */
export type Answer =
  | { readonly kind: "reply"; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | {
      readonly kind: "stream";
      readonly headers: Readonly<Record<string, string>>;
      readonly body: ReadableStream<Uint8Array>;
      /** Resolves when the body is over, however it ended. */
      readonly ended: Promise<void>;
    }
  | {
      readonly kind: "error";
      readonly headers: Readonly<Record<string, string>>;
      readonly error: ClientError;
      readonly fault: Fault;
    };
