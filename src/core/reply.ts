import type { Fault } from "./fault.ts";
import type { JsonValue } from "./json.ts";
import type { DialectName, Extra, Part } from "./request.ts";
import type { Usage } from "./usage.ts";

/** Why a model stopped: one word for all dialects, and the provider's own word. */
export interface FinishReason {
  readonly unified: "stop" | "length" | "tool-calls" | "content-filter" | "refusal" | "pause" | "other";
  /** The provider's word; null where it gave none. For a stop sequence the encoder may find it in `stopSequence`. */
  readonly raw: string | null;
  readonly stopSequence?: string;
}

/** One whole answer. Further answers to the same request (OpenAI `n`) are in `alternatives`. */
export interface Reply {
  readonly id: string;
  /** The model as the provider names it in its reply. */
  readonly model: string;
  readonly createdAtSeconds?: number;
  readonly parts: readonly Part[];
  readonly finish: FinishReason;
  readonly alternatives?: readonly { readonly parts: readonly Part[]; readonly finish: FinishReason }[];
  /** Absent when the provider sent none: then it is counted or estimated, and flagged. */
  readonly usage?: Usage;
  readonly extra?: Extra;
}

/**
 * One step of a streamed answer. Blocks are numbered from 0 in the order they start; every `*-delta` and `*-end`
 * names a block that has started. A decoder ends every stream with exactly one `finish` or one `error`, as its
 * last part: `finish` is held back until the usage that belongs to it has been seen or the upstream has ended.
 */
export type StreamPart =
  | { readonly type: "start"; readonly id: string; readonly model: string; readonly createdAtSeconds?: number }
  | { readonly type: "text-start"; readonly block: number }
  | { readonly type: "text-delta"; readonly block: number; readonly text: string }
  | { readonly type: "text-end"; readonly block: number }
  | { readonly type: "reasoning-start"; readonly block: number }
  | { readonly type: "reasoning-delta"; readonly block: number; readonly text: string }
  | { readonly type: "reasoning-end"; readonly block: number; readonly signature?: string; readonly encrypted?: string }
  | {
      readonly type: "tool-call-start";
      readonly block: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: string;
    }
  | { readonly type: "tool-call-delta"; readonly block: number; readonly arguments: string }
  | { readonly type: "tool-call-end"; readonly block: number }
  | { readonly type: "refusal-delta"; readonly text: string }
  /** An event only its own dialect knows (citations, server tools); other encoders skip it. */
  | { readonly type: "opaque"; readonly dialect: DialectName; readonly json: JsonValue }
  /** Counts so far (Anthropic `message_start`); the `finish` part's usage is the whole and overrides it. */
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly finish: FinishReason; readonly usage?: Usage }
  | { readonly type: "error"; readonly fault: Fault };

/** Whether a part is content in the sense of fallback: once one reached the client, no other target may answer. */
export function isContent(part: StreamPart): boolean {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
    case "tool-call-delta":
    case "refusal-delta":
      return true;
    case "tool-call-start":
    case "opaque":
      return true;
    default:
      return false;
  }
}

/** One whole answer to an {@link import("./request.ts").EmbeddingRequest}. */
export interface EmbeddingReply {
  readonly model: string;
  /** In the order of the inputs: numbers, or base64 of little-endian float32 as OpenAI sends it on request. */
  readonly vectors: readonly (readonly number[] | string)[];
  readonly usage?: Usage;
}
