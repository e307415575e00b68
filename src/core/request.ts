import type { JsonObject, JsonValue } from "./json.ts";

/** The five wire dialects. A dialect is how bytes look on the wire, not who answers. */
export type DialectName = "openai-chat" | "openai-responses" | "anthropic" | "gemini" | "ollama";

/**
 * Wire fields that the model has no name for, kept so that nothing is dropped. The encoder of the same dialect
 * writes them back; any other encoder reports each as a {@link Warning}.
 */
export interface Extra {
  readonly dialect: DialectName;
  readonly fields: JsonObject;
  /**
   * What was understood, or means nothing elsewhere (ids and statuses of items, empty places), as it was written: the encoder
   * of the same dialect writes it back alike, and no other reports it.
   */
  readonly verbatim?: JsonObject;
}

/** Something a target cannot honour; shown to the client in `x-lodestar-params`, or a 400 in strict mode. */
export interface Warning {
  /** Path of the field as the client wrote it, e.g. `logit_bias` or `messages[2].content[0].cache_control`. */
  readonly field: string;
  readonly action: "dropped" | "changed";
  /** Why, in a few words, e.g. `not in anthropic` or `clamped to 1`. */
  readonly reason: string;
}

/** Bytes inside a request: inline as base64, by URL, or by a provider's own file id. */
export type Source =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "file-id"; readonly id: string };

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly extra?: Extra;
}

export interface ImagePart {
  readonly type: "image";
  readonly source: Source;
  readonly extra?: Extra;
}

/** A document such as a PDF. */
export interface FilePart {
  readonly type: "file";
  readonly source: Source;
  readonly name?: string;
  readonly extra?: Extra;
}

export interface AudioPart {
  readonly type: "audio";
  readonly source: Source;
  readonly extra?: Extra;
}

/**
 * What the model thought. `signature` and `encrypted` were minted by one provider and are only valid there;
 * `text` is empty when the provider returned nothing readable.
 */
export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly signature?: string;
  readonly encrypted?: string;
  readonly extra?: Extra;
}

/** A call the model asks for. `arguments` is JSON text (what it says may be invalid) for functions, free text for custom tools. */
export interface ToolCallPart {
  readonly type: "tool-call";
  /** Always set: minted deterministically where the dialect has no ids. */
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** Opaque token that must return on this very part (Gemini's `thoughtSignature`). */
  readonly signature?: string;
  readonly extra?: Extra;
}

export interface ToolResultPart {
  readonly type: "tool-result";
  readonly toolCallId: string;
  /** Set where the dialect names the tool in its result (Ollama `tool_name`, Gemini). */
  readonly toolName?: string;
  readonly content: readonly (TextPart | ImagePart | FilePart | OpaquePart)[];
  readonly isError?: boolean;
  /** As on {@link Message.shape}: how `content` was written. */
  readonly shape?: "string" | "absent";
  readonly extra?: Extra;
}

/** A refusal the model spoke as such (OpenAI `refusal`). */
export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
  readonly extra?: Extra;
}

/** A part only its own dialect knows, whole. Other encoders drop it with a warning. */
export interface OpaquePart {
  readonly type: "opaque";
  readonly dialect: DialectName;
  readonly json: JsonValue;
}

export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | OpaquePart;

export interface Message {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly parts: readonly Part[];
  /** `top` for a system prompt that stood outside the message list (Anthropic `system`, Gemini `systemInstruction`). */
  readonly placement?: "top";
  /**
   * How `content` was written where it was not a list of parts, so that the same dialect writes it back alike. `joined`: it
   * stood in one turn with the message before it (Gemini, whose turns may hold results of tools and text).
   */
  readonly shape?: "string" | "null" | "absent" | "joined";
  readonly extra?: Extra;
}

export interface FunctionTool {
  readonly type: "function";
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: JsonObject;
  readonly extra?: Extra;
}

/** A tool type only one dialect knows (web search, computer use, grammar tools…). */
export interface OpaqueTool {
  readonly type: "opaque";
  readonly dialect: DialectName;
  readonly json: JsonValue;
}

export type Tool = FunctionTool | OpaqueTool;

export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "tool"; readonly name: string }
  | { readonly type: "opaque"; readonly dialect: DialectName; readonly json: JsonValue };

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly name?: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
      /** As on {@link Message.shape}: Anthropic's older field `output_format` was used, not `output_config.format`. */
      readonly shape?: "output_format";
      readonly extra?: Extra;
    };

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** One request to a chat model, whatever dialect it came in. */
export interface ChatRequest {
  /** The dialect it came in, so that an encoder knows whether the shapes it finds are its own. */
  readonly origin?: DialectName;
  /** The model as the client named it; the encoder writes the target's own name instead. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** `false` forbids more than one tool call a turn. */
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly stop?: readonly string[];
  /** As on {@link Message.shape}: `stop` was one string, not a list. */
  readonly stopShape?: "string";
  readonly maxOutputTokens?: number;
  readonly reasoning?: {
    readonly effort?: ReasoningEffort;
    readonly budgetTokens?: number;
    readonly summary?: string;
    /** As on {@link Message.shape}: which of Anthropic's ways was used (`thinking.type`, or `absent` where only an effort was named). */
    readonly shape?: "enabled" | "adaptive" | "disabled" | "absent";
  };
  /** How many answers are wanted (OpenAI `n`); absent means one. */
  readonly choiceCount?: number;
  /** The client's label of its end user. */
  readonly user?: string;
  readonly stream: boolean;
  /** OpenAI chat: the client asked for a usage chunk (`stream_options.include_usage`). */
  readonly streamUsage?: boolean;
  readonly extra?: Extra;
}

/** One request for embeddings. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly (string | readonly number[])[];
  /** The input was one string, not a list: the same dialect writes it back alike. */
  readonly isSingle: boolean;
  readonly dimensions?: number;
  readonly encoding?: "float" | "base64";
  readonly extra?: Extra;
}
