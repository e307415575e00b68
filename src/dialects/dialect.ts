import type { ClientError, Fault } from "../core/fault.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { EmbeddingReply, Reply, StreamPart } from "../core/reply.ts";
import type { ChatRequest, DialectName, EmbeddingRequest, Warning } from "../core/request.ts";
import type { Result } from "../core/result.ts";
import type { CostStamp } from "../core/stamp.ts";
import type { Usage } from "../core/usage.ts";

/**
 * How a stream's events stand on the wire: `text/event-stream`, newline-delimited JSON, or one JSON array that grows by an
 * element for each event (Gemini without `alt=sse`).
 */
export type Framing = "sse" | "ndjson" | "json-array";

/** One event of a stream as it stands on the wire: an SSE event, a line of NDJSON or an element of an array (then without a name). */
export interface WireEvent {
  readonly event?: string;
  readonly data: string;
}

/** Turns the events of one stream into its wire text, in order. */
export interface StreamWriter {
  /** `raw` is the event's own wire text where it passes unchanged; a framing in which the place matters writes it anew. */
  write(event: WireEvent, raw?: string): string;
  /** What closes the stream. Nothing may be written after it. */
  end(): string;
}

/** What an encoder must know of the target it writes for. */
export interface EncodeTarget {
  readonly provider: string;
  /** The model's name at that provider. */
  readonly model: string;
  /** The model's own output limit, where known: Anthropic requires one in every request. */
  readonly maxOutputTokens?: number;
  /** Field in which this provider's assistant messages carry reasoning, for chat dialects; absent: none is sent back. */
  readonly reasoningField?: "reasoning_content" | "reasoning";
  /** Name of the output limit in chat dialects; `max_completion_tokens` for OpenAI's newer models. Default `max_tokens`. */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens";
  /** Chat: the role `developer` is understood; absent: it is written as `system`, which every server takes. */
  readonly developerRole?: boolean;
  /** Chat: tool ids must be nine letters or digits (Mistral); others are mapped, the same id always alike. */
  readonly toolIds?: "alphanumeric-9";
  /** Chat: a JSON schema as the format is refused, while `json_object` is taken, where false. Default true. */
  readonly jsonSchema?: boolean;
  /** Ollama: the runner options of ours that must never vary for a model, lest it be reloaded. */
  readonly localOptions?: JsonObject;
  readonly keepAlive?: string | number;
}

/** A request in a dialect, and what it could not say. */
export interface Encoded {
  readonly body: JsonObject;
  readonly warnings: readonly Warning[];
  /** The JSON schema of the answer, where the target is told it in words and nothing there enforces it. */
  readonly answerSchema?: JsonObject;
}

/** What an answer is stamped with on its way to the client. */
export interface ReplyStamp {
  /** The name the client asked for: what `model` says. */
  readonly requestedModel: string;
  /** Ids where the upstream gave none, and the request id in error events. */
  readonly requestId: string;
  readonly nowMs: number;
  /** OpenAI chat: whether the client asked for a usage chunk. */
  readonly streamUsage: boolean;
  /** What the reply repeats of the request, in dialects that do so; made by {@link Dialect.echoOf}. */
  readonly echo?: JsonObject;
}

/** A stream codec as a reducer. State is opaque to the caller and never mutated after it is returned. */
export interface StreamDecoder<State> {
  initial(): State;
  step(state: State, event: WireEvent): readonly [State, readonly StreamPart[]];
  /** The upstream closed: the held-back `finish`, or an `error` of kind `truncated` when the stream had not ended. */
  end(state: State): readonly StreamPart[];
}

/** The other way round. A `finish` part comes with the cost of the answer; `error` ends the stream in the dialect's own way. */
export interface StreamEncoder<State> {
  initial(stamp: ReplyStamp): State;
  step(state: State, part: StreamPart, cost?: CostStamp): readonly [State, readonly WireEvent[]];
}

/**
 * The same dialect in and out: decides, event by event, what reaches the client, so that every event but the usage-bearing
 * one stays byte for byte. An event returned *by identity* is written with its original bytes. `cost` is given in the very
 * step whose event completed the answer (the decoder emitted `finish`); until then the relay holds back what must carry it.
 */
export interface StreamRelay<State> {
  initial(stamp: ReplyStamp): State;
  step(state: State, event: WireEvent, cost?: CostStamp): readonly [State, readonly WireEvent[]];
  /** The upstream closed; `cost` is given when the answer was complete but no event completed it. */
  end(state: State, cost?: CostStamp): readonly WireEvent[];
  /** The stream broke: its error event, where that must follow on what was relayed. Absent: the encoder's own will do. */
  fail?(state: State, fault: Fault): readonly WireEvent[];
}

/** The reply's headers, by lower-case name. */
export type HeaderLookup = (name: string) => string | null;

/**
 * One wire format, both ways. All members are pure. `decodeRequest` is lenient about unknown fields (they are kept in `extra`)
 * and strict about types it must understand: its error names the parameter.
 */
export interface Dialect<DecoderState = unknown, EncoderState = unknown, RelayState = unknown> {
  /**
   * Variants of a dialect (Ollama's `/api/generate`, Gemini's stream as one array) share its name: they are other paths to the
   * same servers, so that a client of a variant is relayed to any endpoint of that name in the client's own variant.
   */
  readonly name: DialectName;
  readonly framing: Framing;
  /** The URL names the model and the body does not (Gemini): a body that goes out unchanged needs no new name in it. */
  readonly hasModelInPath?: boolean;
  /** Streams state their usage only where the request asks for it (`streamUsage`). */
  readonly hasStreamUsageFlag?: boolean;
  /** Requests carry options of the engine itself, which must be ours: a client's body never goes out unchanged. */
  readonly hasRunnerOptions?: boolean;
  /** Images by URL: `own` are understood for files that this dialect's own clients have uploaded, `none` are not. Absent: any. */
  readonly imageUrls?: "own" | "none";
  /**
   * Members that stand for a part of the conversation which the service keeps, with what to send instead. A target that has
   * to go without one would answer another question, so that it is refused and not told as dropped.
   */
  readonly kept?: Readonly<Record<string, string>>;
  /**
   * `pathModel` where the URL names the model. There the URL decides about streaming too: the request comes back with
   * `stream: false`, and whoever read the URL sets it.
   */
  decodeRequest(body: JsonObject, pathModel?: string): Result<ChatRequest, ClientError>;
  encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded;
  decodeReply(body: JsonValue): Result<Reply, Fault>;
  encodeReply(reply: Reply, stamp: ReplyStamp, cost: CostStamp): JsonObject;
  /** Reads an error reply of an upstream. `body` is its text, capped by the caller. */
  decodeFault(status: number, header: HeaderLookup, body: string): Fault;
  /** The error envelope of this dialect. */
  encodeFault(error: ClientError, requestId: string): JsonObject;
  readonly decoder: StreamDecoder<DecoderState>;
  readonly encoder: StreamEncoder<EncoderState>;
  readonly relay: StreamRelay<RelayState>;
  /** What a reply to this request repeats of it; absent where replies repeat nothing. */
  echoOf?(body: JsonObject): JsonObject;
  /** The model name and the usage with its cost put into a whole reply of this same dialect; the rest stays as it came. */
  stampReply(body: JsonObject, stamp: ReplyStamp, usage: Usage, cost: CostStamp): JsonObject;
  /** Wire text that keeps an idle client waiting and is not content, e.g. an SSE comment. */
  heartbeat(stamp: ReplyStamp): string;
  /** Path of the call below the provider's base URL, e.g. `/chat/completions`. */
  chatPath(model: string, isStream: boolean): string;
  /** Embeddings, where the dialect has them. */
  readonly embeddings?: EmbeddingsCodec;
  /** Counting a request's input tokens without running it, where the dialect has a call for it. */
  readonly tokenCount?: TokenCountCodec;
}

/** The token-counting half of a dialect. Counts are of input tokens. */
export interface TokenCountCodec {
  /** Path of the call below the provider's base URL. */
  path(model: string): string;
  /** `pathModel` where the URL names the model. */
  decodeRequest(body: JsonObject, pathModel?: string): Result<ChatRequest, ClientError>;
  encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded;
  decodeReply(body: JsonValue): Result<number, Fault>;
  encodeReply(inputTokens: number): JsonObject;
}

/** The embeddings half of a dialect. */
export interface EmbeddingsCodec {
  /** Path of the call below the provider's base URL; a function where it names the model. */
  readonly path: string | ((model: string) => string);
  /** `pathModel` where the URL names the model. */
  decodeRequest(body: JsonObject, pathModel?: string): Result<EmbeddingRequest, ClientError>;
  encodeRequest(request: EmbeddingRequest, target: EncodeTarget): Encoded;
  decodeReply(body: JsonValue): Result<EmbeddingReply, Fault>;
  encodeReply(reply: EmbeddingReply, request: EmbeddingRequest, stamp: ReplyStamp, cost: CostStamp): JsonObject;
}
