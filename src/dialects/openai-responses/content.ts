import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, optional, without } from "../../core/json.ts";
import type { OpaquePart, Part, Source, Warning } from "../../core/request.ts";
import { type Result, success } from "../../core/result.ts";
import { decodeAll } from "../parameter.ts";
import { invalid, only, optionalExtra, ownFields, verbatimOf } from "./fields.ts";

const BASE64_MARK = ";base64,";

/** What a model's own text carries when it comes back in the history: of no use elsewhere, so it is nobody's loss. */
const TEXT_FRAME = ["annotations", "logprobs"];

type PartDecoder = (part: JsonObject, path: string) => Result<Part, ClientError>;

/** A member of a content list that only this dialect knows. Wrapped, so that it is never taken for a whole item. */
export function opaqueContent(content: JsonValue): OpaquePart {
  return { type: "opaque", dialect: "openai-responses", json: { content } };
}

/** What {@link opaqueContent} wrapped; undefined for a whole item. */
export function unwrapContent(part: OpaquePart): JsonObject | undefined {
  if (part.dialect !== "openai-responses" || !isJsonObject(part.json) || "type" in part.json) return undefined;
  return isJsonObject(part.json.content) ? part.json.content : undefined;
}

/** A data URL as inline base64, any other URL as it is. */
function sourceOfUrl(url: string): Source {
  const mark = url.startsWith("data:") ? url.indexOf(BASE64_MARK) : -1;
  if (mark < 0) return { kind: "url", url };
  return { kind: "base64", mediaType: url.slice(5, mark), data: url.slice(mark + BASE64_MARK.length) };
}

function urlOf(source: Exclude<Source, { kind: "file-id" }>): string {
  return source.kind === "url" ? source.url : `data:${source.mediaType}${BASE64_MARK}${source.data}`;
}

/** Input and output text alike; which of the two follows from the role on the way back, but for odd ones, which say so. */
function decodeText(part: JsonObject, path: string): Result<Part, ClientError> {
  if (typeof part.text !== "string") return invalid(`${path}.text`, "a string");
  const fields = without(part, ["text", "type", ...TEXT_FRAME]);
  return success({
    type: "text",
    text: part.text,
    ...optionalExtra(fields, only(part, ["type", ...TEXT_FRAME])),
  });
}

function decodeRefusal(part: JsonObject, path: string): Result<Part, ClientError> {
  if (typeof part.refusal !== "string") return invalid(`${path}.refusal`, "a string");
  const fields = without(part, ["type", "refusal"]);
  return success({ type: "refusal", text: part.refusal, ...optionalExtra(fields) });
}

/** `detail` is kept as a field; a null beside the used source is how some clients write it. */
function decodeImage(part: JsonObject, path: string): Result<Part, ClientError> {
  const { image_url: url, file_id: id } = part;
  if (typeof url === "string") {
    return success({ type: "image", source: sourceOfUrl(url), ...sourceExtra(part, "image_url", ["file_id"]) });
  }
  if (typeof id === "string") {
    return success({ type: "image", source: { kind: "file-id", id }, ...sourceExtra(part, "file_id", ["image_url"]) });
  }
  return invalid(`${path}.image_url`, "a string (or give `file_id`)");
}

function sourceExtra(part: JsonObject, used: string, nullable: readonly string[]) {
  const empty = nullable.filter((name) => part[name] === null);
  return optionalExtra(without(part, ["type", used, ...empty]), only(part, empty));
}

const FILE_SOURCES = ["file_url", "file_data", "file_id"] as const;

/** A file by URL, by id, or inline as a data URL; anything else (plain base64, two sources) only this dialect knows. */
function decodeFile(part: JsonObject): Result<Part, ClientError> {
  const used = FILE_SOURCES.filter((name) => typeof part[name] === "string");
  const [name] = used;
  const value = name === undefined ? undefined : part[name];
  const isReadable = typeof value === "string" && (name !== "file_data" || value.startsWith("data:"));
  if (name === undefined || used.length > 1 || !isReadable) return success(opaqueContent(part));
  const source: Source = name === "file_id" ? { kind: "file-id", id: value } : sourceOfUrl(value);
  const { filename } = part;
  const isNamed = typeof filename === "string";
  const fields = without(part, ["type", name, ...(isNamed ? ["filename"] : [])]);
  return success({
    type: "file",
    source,
    ...(isNamed ? { name: filename } : {}),
    ...optionalExtra(fields, { source: name }),
  });
}

function decodeAudio(part: JsonObject): Result<Part, ClientError> {
  const audio = part.input_audio;
  const isReadable = isJsonObject(audio) && typeof audio.data === "string" && typeof audio.format === "string";
  if (!isReadable || Object.keys(audio).length > 2) return success(opaqueContent(part));
  const source: Source = { kind: "base64", mediaType: `audio/${audio.format}`, data: String(audio.data) };
  return success({ type: "audio", source, ...optionalExtra(without(part, ["type", "input_audio"])) });
}

const DECODERS: ReadonlyMap<string, PartDecoder> = new Map<string, PartDecoder>([
  ["input_text", decodeText],
  ["output_text", decodeText],
  ["text", decodeText],
  ["refusal", decodeRefusal],
  ["input_image", decodeImage],
  ["input_file", decodeFile],
  ["input_audio", decodeAudio],
]);

/** One member of a content list. A type not known here is kept whole. */
function decodePart(part: JsonValue, path: string): Result<Part, ClientError> {
  if (!isJsonObject(part)) return invalid(path, "an object with a type");
  if (typeof part.type !== "string") return invalid(`${path}.type`, "a string");
  return DECODERS.get(part.type)?.(part, path) ?? success(opaqueContent(part));
}

/** A list of content parts, or the one text that stands for it. */
export function decodeContent(
  content: JsonValue | undefined,
  path: string,
): Result<{ readonly parts: readonly Part[]; readonly shape?: "string" }, ClientError> {
  if (typeof content === "string") return success({ parts: [{ type: "text", text: content }], shape: "string" });
  if (!Array.isArray(content)) return invalid(path, "a string or a list of parts");
  const parts = decodeAll(content, (part, index) => decodePart(part, `${path}[${index}]`));
  return parts.ok ? success({ parts: parts.value }) : parts;
}

function encodeText(part: Extract<Part, { type: "text" }>, isOutput: boolean, path: string, warnings: Warning[]) {
  const frame = without(verbatimOf(part.extra), ["item"]);
  const isOwn = part.extra?.dialect === "openai-responses";
  const type = frame.type ?? (isOutput ? "output_text" : "input_text");
  const annotations = isOutput && !isOwn ? { annotations: [] } : {};
  return { ...frame, type, text: part.text, ...annotations, ...ownFields(part.extra, path, warnings) };
}

function encodeFile(part: Extract<Part, { type: "file" }>, path: string, warnings: Warning[]): JsonObject {
  const { source } = part;
  const fields = ownFields(part.extra, path, warnings);
  const base = { ...fields, type: "input_file", ...optional("filename", part.name) };
  if (source.kind === "file-id") return { ...base, file_id: source.id };
  if (source.kind === "url") return { ...base, file_url: source.url };
  const written = verbatimOf(part.extra).source;
  const name = typeof written === "string" ? written : "file_data";
  // OpenAI wants a name beside inline data.
  return { ...(written === undefined ? { filename: "file" } : {}), ...base, [name]: urlOf(source) };
}

function encodeAudio(part: Extract<Part, { type: "audio" }>, path: string, warnings: Warning[]) {
  if (part.source.kind !== "base64") {
    warnings.push({ field: path, action: "dropped", reason: "audio must be inline in openai-responses" });
    return undefined;
  }
  const format = part.source.mediaType.replace(/^audio\//, "").replace(/^mpeg$/, "mp3");
  const audio = { data: part.source.data, format };
  return { ...ownFields(part.extra, path, warnings), type: "input_audio", input_audio: audio };
}

function encodeImage(part: Extract<Part, { type: "image" }>, path: string, warnings: Warning[]): JsonObject {
  const source = part.source.kind === "file-id" ? { file_id: part.source.id } : { image_url: urlOf(part.source) };
  return {
    ...without(verbatimOf(part.extra), ["item"]),
    ...ownFields(part.extra, path, warnings),
    type: "input_image",
    ...source,
  };
}

/** One content member, of an assistant's message when `isOutput`; undefined (with a warning) for what has no place in one. */
export function encodePart(part: Part, isOutput: boolean, path: string, warnings: Warning[]): JsonObject | undefined {
  switch (part.type) {
    case "text":
      return encodeText(part, isOutput, path, warnings);
    case "refusal":
      return { ...ownFields(part.extra, path, warnings), type: "refusal", refusal: part.text };
    case "image":
      return encodeImage(part, path, warnings);
    case "file":
      return encodeFile(part, path, warnings);
    case "audio":
      return encodeAudio(part, path, warnings);
    case "opaque": {
      const content = unwrapContent(part);
      if (content === undefined)
        warnings.push({ field: path, action: "dropped", reason: `a part only ${part.dialect} knows` });
      return content;
    }
    default:
      warnings.push({ field: path, action: "dropped", reason: `${part.type} is not content in openai-responses` });
      return undefined;
  }
}

/** The members of a content list that this dialect can say. */
export function encodeParts(
  parts: readonly Part[],
  isOutput: boolean,
  path: string,
  warnings: Warning[],
): JsonObject[] {
  const content: JsonObject[] = [];
  for (const [index, part] of parts.entries()) {
    const encoded = encodePart(part, isOutput, `${path}.content[${index}]`, warnings);
    if (encoded !== undefined) content.push(encoded);
  }
  return content;
}
