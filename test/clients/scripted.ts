import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import type { Behaviour } from "../support/fake-upstream.ts";

/** The dialects that the scripted provider speaks. */
export type UpstreamDialect = "openai-chat" | "openai-responses" | "anthropic" | "gemini";

/** A call of one of the client's own tools. `input` is a text where the tool takes free text (Codex's grammar tools). */
export interface ScriptedCall {
  readonly name: string;
  readonly input: JsonObject | string;
}

/** What the scripted model says. */
export interface Say {
  readonly text?: string;
  readonly call?: ScriptedCall;
  /** The stream breaks off: in the middle of the text, or when the call is told but the answer not ended. */
  readonly isCut?: boolean;
}

const USAGE = { input: 120, output: 12 };

function sse(events: readonly JsonObject[], isNamed: boolean): readonly string[] {
  return events.map((event) => `${isNamed ? `event: ${String(event.type)}\n` : ""}data: ${JSON.stringify(event)}\n\n`);
}

function argumentsOf(call: ScriptedCall): JsonObject {
  return typeof call.input === "string" ? { input: call.input } : call.input;
}

/** The text in two pieces, so that a cut falls between them. */
function piecesOf(text: string): readonly string[] {
  const half = Math.ceil(text.length / 2);
  return [text.slice(0, half), text.slice(half)];
}

function chatMessage({ text, call }: Say, id: string): JsonObject {
  const written = call && { name: call.name, arguments: JSON.stringify(argumentsOf(call)) };
  return {
    role: "assistant",
    content: text ?? null,
    ...(written === undefined ? {} : { tool_calls: [{ index: 0, id, type: "function", function: written }] }),
  };
}

const CHAT_USAGE = {
  prompt_tokens: USAGE.input,
  completion_tokens: USAGE.output,
  total_tokens: USAGE.input + USAGE.output,
};

function chatWhole(say: Say, id: string): JsonObject {
  const finish = say.call === undefined ? "stop" : "tool_calls";
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: chatMessage(say, id), finish_reason: finish }],
    usage: CHAT_USAGE,
  };
}

function chatStream(say: Say, id: string): readonly string[] {
  const chunk = (delta: JsonObject, finish: string | null): JsonObject => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const message = chatMessage(say, id);
  const contents = piecesOf(say.text ?? "").map((content) => chunk({ content }, null));
  const calls = message.tool_calls === undefined ? [] : [chunk({ tool_calls: message.tool_calls }, null)];
  const { choices: _, ...envelope } = chunk({}, null);
  const events = [
    chunk({ role: "assistant", content: "" }, null),
    ...(say.text === undefined ? [] : contents),
    ...calls,
    chunk({}, say.call === undefined ? "stop" : "tool_calls"),
    { ...envelope, choices: [], usage: CHAT_USAGE },
  ];
  return [...sse(events, false), "data: [DONE]\n\n"];
}

function anthropicBlock({ text, call }: Say, id: string): JsonObject {
  return call === undefined
    ? { type: "text", text: text ?? "" }
    : { type: "tool_use", id, name: call.name, input: argumentsOf(call) };
}

function anthropicWhole(say: Say, id: string): JsonObject {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [anthropicBlock(say, id)],
    stop_reason: say.call === undefined ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: { input_tokens: USAGE.input, output_tokens: USAGE.output },
  };
}

function anthropicStream(say: Say, id: string): readonly string[] {
  const message = anthropicWhole(say, id);
  const block = anthropicBlock(say, id);
  const isCall = say.call !== undefined;
  const deltas = isCall
    ? [{ type: "input_json_delta", partial_json: JSON.stringify(block.input) }]
    : piecesOf(say.text ?? "").map((text) => ({ type: "text_delta", text }));
  const events: readonly JsonObject[] = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { ...block, ...(isCall ? { input: {} } : { text: "" }) } },
    ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: isCall ? "tool_use" : "end_turn", stop_sequence: null },
      usage: { output_tokens: USAGE.output },
    },
    { type: "message_stop" },
  ];
  return sse(events, true);
}

function responsesItem({ text, call }: Say, id: string): JsonObject {
  if (call === undefined) {
    const content = [{ type: "output_text", text: text ?? "", annotations: [], logprobs: [] }];
    return { id: "msg_1", type: "message", status: "completed", role: "assistant", content };
  }
  const { name, input } = call;
  return typeof input === "string"
    ? { id: `ctc_${id}`, type: "custom_tool_call", status: "completed", call_id: id, name, input }
    : {
        id: `fc_${id}`,
        type: "function_call",
        status: "completed",
        call_id: id,
        name,
        arguments: JSON.stringify(input),
      };
}

function responsesWhole(say: Say, id: string): JsonObject {
  return {
    id: "resp_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model: "m",
    output: [responsesItem(say, id)],
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: {
      input_tokens: USAGE.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: USAGE.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: USAGE.input + USAGE.output,
    },
  };
}

function responsesDeltas(say: Say, item: JsonObject): readonly JsonObject[] {
  const at = { item_id: item.id ?? null, output_index: 0 };
  const { call } = say;
  if (call !== undefined) {
    const [type, text] =
      typeof call.input === "string"
        ? (["response.custom_tool_call_input", call.input] as const)
        : (["response.function_call_arguments", JSON.stringify(call.input)] as const);
    const done: JsonObject = typeof call.input === "string" ? { input: text } : { arguments: text };
    return [
      { type: `${type}.delta`, ...at, delta: text },
      { type: `${type}.done`, ...at, ...done },
    ];
  }
  const text = say.text ?? "";
  const part = { type: "output_text", text, annotations: [] };
  const place = { ...at, content_index: 0 };
  return [
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    ...piecesOf(text).map((delta) => ({ type: "response.output_text.delta", ...place, delta, logprobs: [] })),
    { type: "response.output_text.done", ...place, text, logprobs: [] },
    { type: "response.content_part.done", ...place, part },
  ];
}

function responsesStream(say: Say, id: string): readonly string[] {
  const response = responsesWhole(say, id);
  const item = responsesItem(say, id);
  const empty: JsonObject =
    item.type === "message" ? { content: [] } : typeof say.call?.input === "string" ? { input: "" } : { arguments: "" };
  const open: JsonObject = { ...response, status: "in_progress", output: [], usage: null };
  const events: readonly JsonObject[] = [
    { type: "response.created", response: open },
    { type: "response.in_progress", response: open },
    { type: "response.output_item.added", output_index: 0, item: { ...item, ...empty, status: "in_progress" } },
    ...responsesDeltas(say, item),
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response },
  ];
  return sse(
    events.map((event, sequence_number) => ({ ...event, sequence_number })),
    true,
  );
}

function geminiEvent(parts: readonly JsonObject[], isLast: boolean): JsonObject {
  return {
    candidates: [
      { content: { role: "model", parts: [...parts] }, index: 0, ...(isLast ? { finishReason: "STOP" } : {}) },
    ],
    usageMetadata: {
      promptTokenCount: USAGE.input,
      candidatesTokenCount: USAGE.output,
      totalTokenCount: USAGE.input + USAGE.output,
    },
    modelVersion: "m",
    responseId: "r1",
  };
}

function geminiPart({ text, call }: Say): JsonObject {
  return call === undefined
    ? { text: text ?? "" }
    : { functionCall: { name: call.name, args: argumentsOf(call) }, thoughtSignature: "c2lnbmF0dXJl" };
}

function geminiStream(say: Say): readonly string[] {
  if (say.call !== undefined) return sse([geminiEvent([geminiPart(say)], true)], false);
  const pieces = piecesOf(say.text ?? "");
  return sse(
    pieces.map((text, index) => geminiEvent([{ text }], index === pieces.length - 1)),
    false,
  );
}

const WHOLE: Readonly<Record<UpstreamDialect, (say: Say, id: string) => JsonObject>> = {
  "openai-chat": chatWhole,
  "openai-responses": responsesWhole,
  anthropic: anthropicWhole,
  gemini: (say) => geminiEvent([geminiPart(say)], true),
};

const STREAM: Readonly<Record<UpstreamDialect, (say: Say, id: string) => readonly string[]>> = {
  "openai-chat": chatStream,
  "openai-responses": responsesStream,
  anthropic: anthropicStream,
  gemini: geminiStream,
};

/** How many events of a stream come before it breaks off: in the middle of a text, after a call's arguments. */
const BEFORE_THE_CUT: Readonly<Record<UpstreamDialect, { readonly text: number; readonly call: number }>> = {
  "openai-chat": { text: 2, call: 2 },
  "openai-responses": { text: 5, call: 4 },
  anthropic: { text: 3, call: 3 },
  gemini: { text: 1, call: 0 },
};

/** What the scripted provider answers; `id` names the call, where the dialect has ids. */
export function behaviourOf(dialect: UpstreamDialect, say: Say, isStream: boolean, id: string): Behaviour {
  if (!isStream) return { kind: "json", body: WHOLE[dialect](say, id) };
  const chunks = STREAM[dialect](say, id);
  if (say.isCut !== true) return { kind: "stream", chunks };
  const before = BEFORE_THE_CUT[dialect][say.call === undefined ? "text" : "call"];
  return { kind: "stream", chunks: chunks.slice(0, before), ending: "cut" };
}

/** The refusal of an OpenAI-compatible provider whose account has nothing left. */
export function quotaRefusal(message: string): Behaviour {
  const error = { message, type: "insufficient_quota", param: null, code: "insufficient_quota" };
  return { kind: "json", status: 429, body: { error } };
}

function namesIn(tools: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool) => {
    if (typeof tool !== "object" || tool === null || Array.isArray(tool)) return [];
    if (Array.isArray(tool.functionDeclarations)) return namesIn(tool.functionDeclarations);
    if (Array.isArray(tool.tools)) return namesIn(tool.tools);
    const holder = tool.function ?? tool;
    const name = typeof holder === "object" && holder !== null && !Array.isArray(holder) ? holder.name : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

/** The names of the tools that a request offers, in any of the dialects. */
export function toolNames(body: JsonObject): readonly string[] {
  return namesIn(body.tools);
}
