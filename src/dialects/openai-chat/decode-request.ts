import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, objectIn } from "../../core/json.ts";
import type { ChatRequest, ResponseFormat } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { isEffort } from "../effort.ts";
import { decodeAll, invalid, readScalars, type Scalar } from "../parameter.ts";
import { decodeMessage } from "./decode-message.ts";
import { leftover, stringIn, withExtra } from "./fields.ts";
import { decodeTool, decodeToolChoice } from "./tools.ts";

/** Members that are one number, string or flag on both sides. `max_completion_tokens` stands last: it wins over `max_tokens`. */
export const SCALARS: readonly Scalar[] = [
  { wire: "temperature", name: "temperature", type: "number" },
  { wire: "top_p", name: "topP", type: "number" },
  { wire: "top_k", name: "topK", type: "number" },
  { wire: "seed", name: "seed", type: "number" },
  { wire: "presence_penalty", name: "presencePenalty", type: "number" },
  { wire: "frequency_penalty", name: "frequencyPenalty", type: "number" },
  { wire: "n", name: "choiceCount", type: "number" },
  { wire: "user", name: "user", type: "string" },
  { wire: "parallel_tool_calls", name: "parallelToolCalls", type: "boolean" },
  { wire: "max_tokens", name: "maxOutputTokens", type: "number" },
  { wire: "max_completion_tokens", name: "maxOutputTokens", type: "number" },
];

const SCALAR_NAMES = SCALARS.map((scalar) => scalar.wire);

/** Members that are understood in every form they may have. */
const ALWAYS_USED: ReadonlySet<string> = new Set([
  ...SCALAR_NAMES,
  ...["model", "messages", "tools", "tool_choice", "stop", "stream", "stream_options"],
]);

/** What a few members of the body say; `used` is the one that was understood in the form it has, beside {@link ALWAYS_USED}. */
interface Reading {
  readonly fields: Partial<ChatRequest>;
  readonly used?: string;
}

const NOTHING: Reading = { fields: {} };

type Reader = (body: JsonObject) => Result<Reading, ClientError>;

function readNumbersAndWords(body: JsonObject): Result<Reading, ClientError> {
  const fields = readScalars(body, SCALARS);
  return fields.ok ? success({ fields: fields.value }) : fields;
}

function readMessages(body: JsonObject): Result<Reading, ClientError> {
  if (!Array.isArray(body.messages)) return failure(invalid("messages", "a list of messages"));
  const messages = decodeAll(body.messages, (message, index) => decodeMessage(message, `messages[${index}]`));
  return messages.ok ? success({ fields: { messages: messages.value } }) : messages;
}

function readTools(body: JsonObject): Result<Reading, ClientError> {
  const choice = body.tool_choice;
  const toolChoice = choice === undefined || choice === null ? {} : { toolChoice: decodeToolChoice(choice) };
  if (body.tools === undefined || body.tools === null) return success({ fields: toolChoice });
  if (!Array.isArray(body.tools)) return failure(invalid("tools", "a list of tools"));
  const tools = decodeAll(body.tools, (tool, index) => decodeTool(tool, `tools[${index}]`));
  return tools.ok ? success({ fields: { tools: tools.value, ...toolChoice } }) : tools;
}

function readStop(body: JsonObject): Result<Reading, ClientError> {
  const { stop } = body;
  if (stop === undefined || stop === null) return success(NOTHING);
  if (typeof stop === "string") return success({ fields: { stop: [stop], stopShape: "string" } });
  const words = Array.isArray(stop) ? stop.filter((word) => typeof word === "string") : undefined;
  if (words === undefined || !Array.isArray(stop) || words.length < stop.length) {
    return failure(invalid("stop", "a string or a list of strings"));
  }
  return success({ fields: { stop: words } });
}

function decodeJsonSchema(format: JsonObject): ResponseFormat | undefined {
  const body = objectIn(format, "json_schema");
  if (!isJsonObject(body.schema)) return undefined;
  const name = stringIn(body, "name");
  const known = ["schema", ...(name === undefined ? [] : ["name"])];
  if (typeof body.strict === "boolean") known.push("strict");
  const unknown = leftover(body, new Set(known));
  return {
    type: "json-schema",
    schema: body.schema,
    ...(name === undefined ? {} : { name }),
    ...(typeof body.strict === "boolean" ? { strict: body.strict } : {}),
    ...withExtra({
      ...leftover(format, new Set(["type", "json_schema"])),
      ...(Object.keys(unknown).length === 0 ? {} : { json_schema: unknown }),
    }),
  };
}

/** Formats with members or types that the model has no name for stay whole among the extra fields. */
function readFormat(body: JsonObject): Result<Reading, ClientError> {
  const format = body.response_format;
  if (format === undefined) return success(NOTHING);
  const used = "response_format";
  if (format === null) return success({ fields: {}, used });
  if (!isJsonObject(format)) return failure(invalid("response_format", "an object with a type"));
  const isBare = Object.keys(format).length === 1;
  if (format.type === "text" && isBare) return success({ fields: { responseFormat: { type: "text" } }, used });
  if (format.type === "json_object" && isBare) return success({ fields: { responseFormat: { type: "json" } }, used });
  const schema = format.type === "json_schema" ? decodeJsonSchema(format) : undefined;
  return success(schema === undefined ? NOTHING : { fields: { responseFormat: schema }, used });
}

function readEffort(body: JsonObject): Result<Reading, ClientError> {
  const effort = body.reasoning_effort;
  const used = "reasoning_effort";
  if (effort === null) return success({ fields: {}, used });
  return success(isEffort(effort) ? { fields: { reasoning: { effort } }, used } : NOTHING);
}

function readStream(body: JsonObject): Result<Reading, ClientError> {
  const { stream } = body;
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return failure(invalid("stream", "a boolean"));
  }
  const flag = objectIn(body, "stream_options").include_usage;
  const streamUsage = typeof flag === "boolean" ? { streamUsage: flag } : {};
  return success({ fields: { stream: stream === true, ...streamUsage } });
}

function readModel(body: JsonObject): Result<Reading, ClientError> {
  if (typeof body.model !== "string" || body.model === "") {
    return failure(invalid("model", "the name of a model, such as provider/model or an alias"));
  }
  return success({ fields: { model: body.model } });
}

const READERS: readonly Reader[] = [
  readModel,
  readMessages,
  readNumbersAndWords,
  readTools,
  readStop,
  readFormat,
  readEffort,
  readStream,
];

const USAGE_FLAG: ReadonlySet<string> = new Set(["include_usage"]);
const NO_NAMES: ReadonlySet<string> = new Set();

/** What is left of `stream_options` beside the usage flag. */
function otherStreamOptions(body: JsonObject): JsonObject {
  const options = body.stream_options;
  if (!isJsonObject(options)) return {};
  const rest = leftover(options, typeof options.include_usage === "boolean" ? USAGE_FLAG : NO_NAMES);
  return Object.keys(rest).length === 0 ? {} : { stream_options: rest };
}

/**
 * A body of `POST /chat/completions`. Members without a name in the model are kept in `extra`; a member of the wrong type
 * is an error that names it. `null` for a known member means the same as leaving it out.
 */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  const request: ChatRequest = { origin: "openai-chat", model: "", messages: [], stream: false };
  const used: string[] = [];
  for (const read of READERS) {
    const reading = read(body);
    if (!reading.ok) return reading;
    Object.assign(request, reading.value.fields);
    if (reading.value.used !== undefined) used.push(reading.value.used);
  }
  const rest = leftover(body, { has: (name) => ALWAYS_USED.has(name) || used.includes(name) });
  return success(Object.assign(request, withExtra(Object.assign(rest, otherStreamOptions(body)))));
}
