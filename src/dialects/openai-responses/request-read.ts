import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, without } from "../../core/json.ts";
import type { ChatRequest, Message, ResponseFormat } from "../../core/request.ts";
import { type Result, success } from "../../core/result.ts";
import { isEffort } from "../effort.ts";
import { readScalars, type Scalar } from "../parameter.ts";
import { invalid, optionalExtra } from "./fields.ts";
import { decodeItems } from "./item-read.ts";
import { additionalTools } from "./namespace.ts";
import { decodeToolChoice, decodeTools } from "./tools.ts";

/** Members that are one number, string or flag on both sides. */
export const SCALARS: readonly Scalar[] = [
  { wire: "temperature", name: "temperature", type: "number" },
  { wire: "top_p", name: "topP", type: "number" },
  { wire: "user", name: "user", type: "string" },
  { wire: "parallel_tool_calls", name: "parallelToolCalls", type: "boolean" },
  { wire: "max_output_tokens", name: "maxOutputTokens", type: "number" },
  { wire: "stream", name: "stream", type: "boolean" },
];

/** What a request without a model asks for: some clients send none and leave the choice to the server. */
const DEFAULT_MODEL = "auto";

/** What a few members of the body say, and what is left of the members that were read: for `extra`. */
interface Reading {
  readonly fields: Partial<ChatRequest>;
  readonly used: readonly string[];
  readonly rest?: JsonObject;
}

const NOTHING: Reading = { fields: {}, used: [] };

type Reader = (body: JsonObject) => Result<Reading, ClientError>;

function readModel({ model }: JsonObject): Result<Reading, ClientError> {
  if (model === undefined || model === null || model === "")
    return success({ fields: { model: DEFAULT_MODEL }, used: ["model"] });
  if (typeof model !== "string") return invalid("model", "the name of a model, such as provider/model or an alias");
  return success({ fields: { model }, used: ["model"] });
}

function readNumbersAndWords(body: JsonObject): Result<Reading, ClientError> {
  const fields = readScalars(body, SCALARS);
  return fields.ok ? success({ fields: fields.value, used: SCALARS.map(({ wire }) => wire) }) : fields;
}

/** `instructions` stand at the top; `input` is one text of the user, or items. Absent where a stored prompt stands in for it. */
function readInput({ instructions, input }: JsonObject): Result<Reading, ClientError> {
  const isText = typeof instructions === "string";
  const top: readonly Message[] = isText
    ? [{ role: "system", placement: "top", shape: "string", parts: [{ type: "text", text: instructions }] }]
    : [];
  const used = ["input", ...(isText || instructions === null ? ["instructions"] : [])];
  if (input === undefined || input === null) return success({ fields: { messages: top }, used });
  if (typeof input === "string") {
    const message: Message = {
      role: "user",
      parts: [{ type: "text", text: input }],
      ...optionalExtra({}, { input: "" }),
    };
    return success({ fields: { messages: [...top, message] }, used });
  }
  if (!Array.isArray(input)) return invalid("input", "a string or a list of items");
  const messages = decodeItems(input);
  return messages.ok ? success({ fields: { messages: [...top, ...messages.value] }, used }) : messages;
}

function readTools(body: JsonObject): Result<Reading, ClientError> {
  const { tools, tool_choice: choice, input } = body;
  const additional = additionalTools(input);
  const toolChoice = choice === undefined || choice === null ? {} : { toolChoice: decodeToolChoice(choice) };
  const used = ["tools", "tool_choice"];
  const isAbsent = tools === undefined || tools === null;
  if (isAbsent && additional.length === 0) return success({ fields: toolChoice, used });
  if (!isAbsent && !Array.isArray(tools)) return invalid("tools", "a list of tools");
  const decoded = decodeTools(isAbsent ? [] : tools, additional);
  return decoded.ok ? success({ fields: { tools: decoded.value, ...toolChoice }, used }) : decoded;
}

function decodeFormat(format: JsonObject): ResponseFormat | undefined {
  const isBare = Object.keys(format).length === 1;
  if (format.type === "text" && isBare) return { type: "text" };
  if (format.type === "json_object" && isBare) return { type: "json" };
  const { name, schema, strict } = format;
  if (format.type !== "json_schema" || !isJsonObject(schema)) return undefined;
  const known = [
    "type",
    "schema",
    ...(typeof name === "string" ? ["name"] : []),
    ...(typeof strict === "boolean" ? ["strict"] : []),
  ];
  return {
    type: "json-schema",
    schema,
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof strict === "boolean" ? { strict } : {}),
    ...optionalExtra(without(format, known)),
  };
}

function restOf(name: string, rest: JsonObject): JsonObject {
  return Object.keys(rest).length === 0 ? {} : { [name]: rest };
}

/** `text`: the format; its verbosity, and formats that the model has no name for, stay among the extra fields. */
function readText({ text }: JsonObject): Result<Reading, ClientError> {
  if (text === undefined) return success(NOTHING);
  if (text === null) return success({ fields: {}, used: ["text"] });
  if (!isJsonObject(text)) return invalid("text", "an object");
  const format = isJsonObject(text.format) ? decodeFormat(text.format) : undefined;
  const rest = format === undefined ? text : without(text, ["format"]);
  const fields = format === undefined ? {} : { responseFormat: format };
  return success({ fields, used: ["text"], rest: restOf("text", rest) });
}

function readReasoning({ reasoning }: JsonObject): Result<Reading, ClientError> {
  if (reasoning === undefined) return success(NOTHING);
  if (reasoning === null) return success({ fields: {}, used: ["reasoning"] });
  if (!isJsonObject(reasoning)) return invalid("reasoning", "an object such as {effort, summary}");
  const { effort, summary } = reasoning;
  const known = {
    ...(isEffort(effort) ? { effort } : {}),
    ...(typeof summary === "string" ? { summary } : {}),
  };
  const empty = ["effort", "summary"].filter((name) => reasoning[name] === null);
  const rest = without(reasoning, [...Object.keys(known), ...empty]);
  const fields = Object.keys(known).length === 0 ? {} : { reasoning: known };
  return success({ fields, used: ["reasoning"], rest: restOf("reasoning", rest) });
}

const READERS: readonly Reader[] = [readModel, readInput, readNumbersAndWords, readTools, readText, readReasoning];

/**
 * A body of `POST /responses`. Members without a name in the model (`store`, `include`, `previous_response_id`, `metadata`…)
 * are kept in `extra`; a member of the wrong type is an error that names it. `null` means the same as leaving a member out.
 */
export function decodeRequest(body: JsonObject): Result<ChatRequest, ClientError> {
  let fields: Partial<ChatRequest> = {};
  let rest: JsonObject = {};
  const used = new Set<string>();
  for (const read of READERS) {
    const reading = read(body);
    if (!reading.ok) return reading;
    fields = { ...fields, ...reading.value.fields };
    rest = { ...rest, ...reading.value.rest };
    for (const name of reading.value.used) used.add(name);
  }
  return success({
    origin: "openai-responses",
    model: DEFAULT_MODEL,
    messages: [],
    stream: false,
    ...fields,
    ...optionalExtra({ ...without(body, [...used]), ...rest }),
  });
}
