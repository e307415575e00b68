import { type JsonObject, objectIn, optional } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat } from "../../core/request.ts";
import type { EncodeTarget } from "../dialect.ts";
import { type WarningSink, warn } from "../extra.ts";
import { verbatimOf } from "./fields.ts";
import { toOpenApi } from "./schema.ts";
import { writeThinking } from "./thinking.ts";

/** More are refused. */
const MOST_STOPS = 5;

/** The highest temperature that is taken. */
const MOST_TEMPERATURE = 2;

function writeFormat(format: ResponseFormat | undefined): JsonObject {
  if (format === undefined) return {};
  if (format.type === "text") return { responseMimeType: "text/plain" };
  if (format.type === "json") return { responseMimeType: "application/json" };
  const own = verbatimOf(format.extra);
  if (Object.keys(own).length > 0) return { responseMimeType: "application/json", ...own };
  const openApi = toOpenApi(format.schema);
  const schema = openApi === undefined ? { responseJsonSchema: format.schema } : { responseSchema: openApi };
  return { responseMimeType: "application/json", ...schema };
}

/** Gemini refuses more than five stop sequences, and empty ones. */
function writeStop(request: ChatRequest, isOwn: boolean, sink: WarningSink): string[] | undefined {
  const { stop } = request;
  if (stop === undefined) return undefined;
  if (isOwn) return [...stop];
  const kept = stop.filter((sequence) => sequence !== "").slice(0, MOST_STOPS);
  if (kept.length < stop.length) warn(sink, "stop", "changed", `gemini takes ${MOST_STOPS}, and none that is empty`);
  return kept.length === 0 ? undefined : kept;
}

function writeTemperature({ temperature }: ChatRequest, isOwn: boolean, sink: WarningSink): number | undefined {
  if (isOwn || temperature === undefined || temperature <= MOST_TEMPERATURE) return temperature;
  warn(sink, "temperature", "changed", `clamped to ${MOST_TEMPERATURE}, the highest in gemini`);
  return MOST_TEMPERATURE;
}

function writeLimit(request: ChatRequest, target: EncodeTarget, sink: WarningSink): number | undefined {
  const { maxOutputTokens: wanted } = request;
  const { maxOutputTokens: limit } = target;
  if (wanted === undefined || limit === undefined || wanted <= limit) return wanted;
  warn(sink, "max_tokens", "changed", `clamped to ${limit}, the limit of ${target.model}`);
  return limit;
}

/** Writes `generationConfig` with what this dialect kept of it; undefined when there is nothing to say. */
export function writeGeneration(
  request: ChatRequest,
  target: EncodeTarget,
  kept: JsonObject,
  isOwn: boolean,
  sink: WarningSink,
): JsonObject | undefined {
  const { thinkingConfig: own } = verbatimOf(request.extra);
  const thinking =
    own === undefined || request.reasoning === undefined ? writeThinking(request.reasoning, target, sink) : own;
  const config: JsonObject = {
    ...optional("temperature", writeTemperature(request, isOwn, sink)),
    ...optional("topP", request.topP),
    ...optional("topK", request.topK),
    ...optional("seed", request.seed),
    ...optional("presencePenalty", request.presencePenalty),
    ...optional("frequencyPenalty", request.frequencyPenalty),
    ...optional("maxOutputTokens", writeLimit(request, target, sink)),
    ...optional("candidateCount", request.choiceCount),
    ...optional("stopSequences", writeStop(request, isOwn, sink)),
    ...writeFormat(request.responseFormat),
    ...optional("thinkingConfig", thinking),
    ...objectIn(kept, "generationConfig"),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}
