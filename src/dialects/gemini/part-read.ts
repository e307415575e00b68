import { isJsonObject, type JsonObject, type JsonValue, objectsIn, without } from "../../core/json.ts";
import type { Part, Source, ToolResultPart } from "../../core/request.ts";
import { BadField } from "../parameter.ts";
import { extraOf, inCamelCase, stringIn } from "./fields.ts";

/** Who names the calls and results that come without an id. */
export interface CallNaming {
  readonly nameCall: (id: string | undefined, name: string) => string;
  readonly nameResult: (id: string | undefined, name: string) => string;
}

const PART_FIELDS = [
  "text",
  "thought",
  "thoughtSignature",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
];
const DATA_FIELDS = ["mimeType", "data", "fileUri", "displayName"];

function opaque(part: JsonObject): Part {
  return { type: "opaque", dialect: "gemini", json: part };
}

/** The signature of a part, kept to be written back on it. Only calls and thoughts have a place of their own for it. */
function signatureOf(part: JsonObject): { readonly thoughtSignature?: string } {
  const thoughtSignature = stringIn(part, "thoughtSignature");
  return thoughtSignature === undefined ? {} : { thoughtSignature };
}

function readText(part: JsonObject, text: string): Part {
  const signature = stringIn(part, "thoughtSignature");
  if (part.thought === true) {
    const rest = without(part, ["text", "thought", "thoughtSignature"]);
    return { type: "reasoning", text, ...(signature === undefined ? {} : { signature }), ...extraOf(rest) };
  }
  return { type: "text", text, ...extraOf(without(part, ["text", "thoughtSignature"]), signatureOf(part)) };
}

/** A part of bytes or of a file, by its media type; what is neither image nor audio is a file. */
function mediaPart(source: Source, mediaType: string, name: string | undefined, fields: object): Part {
  if (mediaType.startsWith("image/")) return { type: "image", source, ...fields };
  if (mediaType.startsWith("audio/")) return { type: "audio", source, ...fields };
  return { type: "file", source, ...(name === undefined ? {} : { name }), ...fields };
}

function readMedia(part: JsonObject, field: "inlineData" | "fileData", path: string): Part {
  const given = part[field];
  if (!isJsonObject(given)) throw new BadField(`${path}.${field}`, "must be an object");
  const media = inCamelCase(given, DATA_FIELDS);
  const isInline = field === "inlineData";
  const content = isInline ? media.data : media.fileUri;
  if (typeof content !== "string") {
    throw new BadField(`${path}.${field}.${isInline ? "data" : "fileUri"}`, "must be a string");
  }
  const mediaType = stringIn(media, "mimeType") ?? "";
  const source: Source = isInline ? { kind: "base64", mediaType, data: content } : { kind: "url", url: content };
  const name = stringIn(media, "displayName");
  const isFile = !/^(?:image|audio)\//.test(mediaType);
  const read = ["mimeType", "data", "fileUri", ...(isFile ? ["displayName"] : [])];
  const inner = without(media, read);
  const rest = without(part, [field, "thoughtSignature"]);
  const fields = extraOf(
    { ...rest, ...(Object.keys(inner).length === 0 ? {} : { [field]: inner }) },
    { ...signatureOf(part), ...(isInline || media.mimeType === undefined ? {} : { mimeType: media.mimeType }) },
  );
  return mediaPart(source, mediaType, name, fields);
}

function readCall(part: JsonObject, path: string, naming: CallNaming): Part {
  const { functionCall: call } = part;
  if (!isJsonObject(call)) throw new BadField(`${path}.functionCall`, "must be an object");
  const { args } = call;
  const name = stringIn(call, "name");
  if (name === undefined) throw new BadField(`${path}.functionCall.name`, "must be a string");
  if (args !== undefined && args !== null && !isJsonObject(args))
    throw new BadField(`${path}.functionCall.args`, "must be an object");
  const inner = without(call, ["id", "name", "args"]);
  const signature = stringIn(part, "thoughtSignature");
  const rest = without(part, ["functionCall", "thoughtSignature"]);
  return {
    type: "tool-call",
    id: naming.nameCall(stringIn(call, "id"), name),
    name,
    arguments: JSON.stringify(args ?? {}),
    ...(signature === undefined ? {} : { signature }),
    ...extraOf({ ...rest, ...(Object.keys(inner).length === 0 ? {} : { functionCall: inner }) }),
  };
}

type ResultContent = Pick<ToolResultPart, "content" | "shape" | "isError">;

/** `{output: "…"}` and `{error: "…"}` are Google's own ways to say a text; any other object is shown as JSON. */
function readResponse(response: JsonValue | undefined): ResultContent {
  if (!isJsonObject(response)) return { content: [], shape: "absent" };
  const [[key, value] = [], ...others] = Object.entries(response);
  const isPlain = others.length === 0 && typeof value === "string" && (key === "output" || key === "error");
  if (!isPlain) return { content: [{ type: "text", text: JSON.stringify(response) }] };
  return {
    content: [{ type: "text", text: value }],
    shape: "string",
    ...(key === "error" ? { isError: true } : {}),
  };
}

function isResultContent(part: Part): part is ToolResultPart["content"][number] {
  return part.type === "text" || part.type === "image" || part.type === "file" || part.type === "opaque";
}

function readResult(part: JsonObject, path: string, naming: CallNaming): Part {
  const { functionResponse: result } = part;
  if (!isJsonObject(result)) throw new BadField(`${path}.functionResponse`, "must be an object");
  const name = stringIn(result, "name") ?? "";
  const { content, ...written } = readResponse(result.response);
  const media = objectsIn(result, "parts").map((inner, index) =>
    readPart(inner, `${path}.functionResponse.parts[${index}]`, naming),
  );
  return {
    type: "tool-result",
    toolCallId: naming.nameResult(stringIn(result, "id"), name),
    ...(name === "" ? {} : { toolName: name }),
    content: [...content, ...media.filter(isResultContent)],
    ...written,
    ...extraOf(without(part, ["functionResponse"]), { functionResponse: result }),
  };
}

/** Reads one part; a kind nobody here knows is kept whole. Throws {@link BadField} where a known one is malformed. */
export function readPart(given: JsonValue, path: string, naming: CallNaming): Part {
  if (!isJsonObject(given)) throw new BadField(path, "must be an object");
  const part = inCamelCase(given, PART_FIELDS);
  if (part.functionCall !== undefined) return readCall(part, path, naming);
  if (part.functionResponse !== undefined) return readResult(part, path, naming);
  if (part.inlineData !== undefined) return readMedia(part, "inlineData", path);
  if (part.fileData !== undefined) return readMedia(part, "fileData", path);
  if (typeof part.text === "string") return readText(part, part.text);
  if (part.text !== undefined) throw new BadField(`${path}.text`, "must be a string");
  return opaque(part);
}
