import { isJsonObject, type JsonObject, optional } from "../../core/json.ts";
import type { ChatRequest, Message } from "../../core/request.ts";
import type { Encoded, EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { limitMarks } from "./cache-marks.ts";
import { traitsOf } from "./claude.ts";
import { ownFields } from "./extra.ts";
import { writeConversation } from "./messages-write.ts";
import { type WrittenFormat, writeFormat } from "./response-format.ts";
import { type WrittenThinking, writeThinking } from "./thinking.ts";
import { writeToolChoice, writeTools } from "./tools.ts";

/** Output limit where neither the client nor the model's data names one: every Claude since 3 takes it. */
const LAST_RESORT_MAX_TOKENS = 4096;

/** Anthropic requires a limit: the client's own up to the model's, else the model's own, which cuts nothing short. */
function maxTokensOf(request: ChatRequest, target: EncodeTarget, sink: WarningSink): number {
  const { maxOutputTokens: wanted } = request;
  const { maxOutputTokens: limit } = target;
  if (wanted !== undefined && limit !== undefined && wanted > limit) {
    warn(sink, "max_tokens", "changed", `clamped to ${limit}, the limit of ${target.model}`);
    return limit;
  }
  if (wanted !== undefined) return wanted;
  if (limit !== undefined) return limit;
  warn(
    sink,
    "max_tokens",
    "changed",
    `required by anthropic and unknown for ${target.model}: ${LAST_RESORT_MAX_TOKENS}`,
  );
  return LAST_RESORT_MAX_TOKENS;
}

function dropIf(isRefused: boolean, field: string, reason: string, sink: WarningSink): boolean {
  if (isRefused) warn(sink, field, "dropped", reason);
  return isRefused;
}

/** `temperature`, `top_p` and `top_k` as far as the model takes them, and takes them beside thinking. */
function writeSampling(request: ChatRequest, target: EncodeTarget, isThinking: boolean, sink: WarningSink): JsonObject {
  const { temperature, topP, topK } = request;
  const traits = traitsOf(target);
  const gone = `not at ${target.model}`;
  const beside = "not together with thinking";
  const isClamped = temperature !== undefined && temperature > 1;
  const isTemperatureOut =
    temperature === undefined ||
    dropIf(!traits.hasSampling, "temperature", gone, sink) ||
    dropIf(isThinking && temperature !== 1, "temperature", beside, sink);
  if (isClamped && !isTemperatureOut) warn(sink, "temperature", "changed", "clamped to 1, the highest in anthropic");
  const isTopPOut =
    topP === undefined ||
    dropIf(!traits.hasSampling, "top_p", gone, sink) ||
    dropIf(isThinking && topP < 0.95, "top_p", beside, sink) ||
    dropIf(!isTemperatureOut && !traits.hasBothTemperatureAndTopP, "top_p", "not together with temperature", sink);
  const isTopKOut =
    topK === undefined || dropIf(!traits.hasSampling, "top_k", gone, sink) || dropIf(isThinking, "top_k", beside, sink);
  return {
    ...(isTemperatureOut ? {} : { temperature: Math.min(temperature, 1) }),
    ...(isTopPOut ? {} : { top_p: topP }),
    ...(isTopKOut ? {} : { top_k: topK }),
  };
}

/** Anthropic refuses stop sequences without a visible character. */
function writeStop(stop: readonly string[] | undefined, sink: WarningSink): string[] | undefined {
  const kept = stop?.filter((sequence) => sequence.trim() !== "");
  if (stop !== undefined && kept?.length !== stop.length) {
    warn(sink, "stop", "dropped", "stop sequences of white space alone are refused by anthropic");
  }
  return kept === undefined || (kept.length === 0 && stop?.length !== 0) ? undefined : kept;
}

function warnUnsupported(request: ChatRequest, sink: WarningSink): void {
  if ((request.choiceCount ?? 1) > 1) warn(sink, "n", "dropped", "anthropic gives one answer a request");
  if (request.seed !== undefined) warn(sink, "seed", "dropped", "not in anthropic");
  if (request.presencePenalty !== undefined) warn(sink, "presence_penalty", "dropped", "not in anthropic");
  if (request.frequencyPenalty !== undefined) warn(sink, "frequency_penalty", "dropped", "not in anthropic");
}

/** Whether a round of tools is open whose call carries no signed thinking: with a thinking budget Anthropic would refuse it. */
function isUnsignedToolRound(messages: readonly Message[]): boolean {
  if (messages.at(-1)?.role !== "tool") return false;
  const asked = messages.findLast((message) => message.role === "assistant");
  return !asked?.parts.some((part) => part.type === "reasoning" && (part.signature ?? part.encrypted ?? "") !== "");
}

/** Thinking that the client asked for in another dialect gives way where Anthropic would refuse the request for it. */
function chooseThinking(
  request: ChatRequest,
  target: EncodeTarget,
  maxTokens: number,
  sink: WarningSink,
): WrittenThinking {
  const { reasoning, toolChoice } = request;
  const written = writeThinking(reasoning, target, maxTokens, sink);
  const isOn = written.thinking !== undefined && written.thinking.type !== "disabled";
  if (reasoning?.shape !== undefined || !isOn) return written;
  const isForced = toolChoice?.type === "required" || toolChoice?.type === "tool";
  const isBudget = written.thinking?.type === "enabled";
  if (dropIf(isForced, "reasoning", "not together with a forced tool", sink)) return {};
  if (
    dropIf(
      isBudget && isUnsignedToolRound(request.messages),
      "reasoning",
      "the open tool round has no signed thinking",
      sink,
    )
  ) {
    return {};
  }
  return written;
}

function merged(computed: JsonObject, kept: JsonObject, name: string): JsonObject {
  const rest = kept[name];
  if (Object.keys(computed).length === 0) return rest === undefined ? {} : { [name]: rest };
  return { [name]: { ...computed, ...(isJsonObject(rest) ? rest : {}) } };
}

function writeSystem(system: JsonObject[] | string | undefined, format: WrittenFormat): JsonObject {
  if (format.instruction === undefined) return system === undefined ? {} : { system };
  const before = typeof system === "string" ? [{ type: "text", text: system }] : (system ?? []);
  return { system: [...before, { type: "text", text: format.instruction }] };
}

function writeFields(
  thinking: WrittenThinking,
  format: WrittenFormat,
  request: ChatRequest,
  kept: JsonObject,
): JsonObject {
  const isOld = format.field?.name === "output_format";
  const config = {
    ...optional("effort", thinking.effort),
    ...(format.field === undefined || isOld ? {} : { format: format.field.value }),
  };
  return {
    ...kept,
    ...merged(thinking.thinking ?? {}, kept, "thinking"),
    ...merged(config, kept, "output_config"),
    ...merged(optional("user_id", request.user), kept, "metadata"),
    ...(format.field !== undefined && isOld ? { output_format: format.field.value } : {}),
  };
}

/** Writes a Messages request. What the format or the model cannot take is left out or changed, each with a warning. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const sink: WarningSink = { warnings: [] };
  warnUnsupported(request, sink);
  const maxTokens = maxTokensOf(request, target, sink);
  const thinking = chooseThinking(request, target, maxTokens, sink);
  const isThinking = thinking.thinking !== undefined && thinking.thinking.type !== "disabled";
  const format = writeFormat(request.responseFormat, target, sink);
  const conversation = writeConversation(request.messages, target, sink);
  const kept = ownFields(request.extra, sink, "");
  const tools = request.tools === undefined ? undefined : writeTools(request.tools, sink);
  const body: JsonObject = {
    model: target.model,
    max_tokens: maxTokens,
    ...writeSystem(conversation.system, format),
    messages: conversation.messages,
    ...optional("tools", tools),
    ...optional("tool_choice", writeToolChoice(request, tools !== undefined && tools.length > 0, sink)),
    ...writeSampling(request, target, isThinking, sink),
    ...optional("stop_sequences", writeStop(request.stop, sink)),
    ...writeFields(thinking, format, request, kept),
    ...(request.stream ? { stream: true } : {}),
  };
  const limited = request.origin === "anthropic" ? body : limitMarks(body, sink);
  return { body: limited, warnings: sink.warnings, ...optional("answerSchema", format.answerSchema) };
}
