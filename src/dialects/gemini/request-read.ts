import { type ClientError, refusal } from "../../core/fault.ts";
import { type JsonObject, without } from "../../core/json.ts";
import type { ChatRequest } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { BadField } from "../parameter.ts";
import { readContents, readSystem } from "./contents-read.ts";
import { extraOf, inCamelCase, stringIn } from "./fields.ts";
import { readGeneration } from "./generation-read.ts";
import { readToolConfig, readTools } from "./tools.ts";

const FIELDS = [
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "safetySettings",
  "cachedContent",
  "serviceTier",
];
const READ_FIELDS = FIELDS.slice(0, 6);

/** The model of a request: from the URL's path, else from the body; `models/` in front of it says nothing. */
export function modelOf(body: JsonObject, pathModel: string | undefined): string {
  const named = pathModel ?? stringIn(body, "model") ?? "";
  const model = named.startsWith("models/") ? named.slice("models/".length) : named;
  if (model === "")
    throw new BadField("model", "is required: it stands in the path, /v1beta/models/MODEL:generateContent");
  return model;
}

function isGiven<Value>(value: Value | undefined | null): value is Value {
  return value !== undefined && value !== null;
}

function read(given: JsonObject, pathModel: string | undefined): ChatRequest {
  const body = inCamelCase(given, FIELDS);
  const { systemInstruction: system, tools, toolConfig } = body;
  const generation = readGeneration(body.generationConfig);
  const config = isGiven(toolConfig) ? readToolConfig(toolConfig) : { rest: {} };
  const rest = {
    ...without(body, READ_FIELDS),
    ...(Object.keys(generation.rest).length === 0 ? {} : { generationConfig: generation.rest }),
    ...(Object.keys(config.rest).length === 0 ? {} : { toolConfig: config.rest }),
  };
  return {
    origin: "gemini",
    model: modelOf(body, pathModel),
    messages: [...(isGiven(system) ? [readSystem(system)] : []), ...readContents(body.contents)],
    ...(isGiven(tools) ? { tools: readTools(tools) } : {}),
    ...("choice" in config && config.choice !== undefined ? { toolChoice: config.choice } : {}),
    ...generation.known,
    stream: false,
    ...extraOf(rest, generation.verbatim),
  };
}

/**
 * Reads a `generateContent` request. The model comes from the path; whether to stream is said by the path too, so that
 * `stream` is false here and set by who read the path. Members may be in camelCase or snake_case. Unknown ones go to `extra`.
 */
export function decodeRequest(body: JsonObject, pathModel?: string): Result<ChatRequest, ClientError> {
  return reading(() => read(body, pathModel));
}

/** What a reader returns, or the 400 that names the parameter it found malformed. */
export function reading<Value>(reader: () => Value): Result<Value, ClientError> {
  try {
    return success(reader());
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return failure(refusal("invalid_request", error.message, { param: error.param }));
  }
}
