import type { ClientError } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, optional } from "../../core/json.ts";
import type { Extra, Part, Source, Warning } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { invalid } from "../parameter.ts";
import { leftover, ownFields, stringIn, withExtra } from "./fields.ts";

const BASE64_MARK = ";base64,";

/** A data URL as inline base64, any other URL as it is. */
function sourceOfUrl(url: string): Source {
  const mark = url.startsWith("data:") ? url.indexOf(BASE64_MARK) : -1;
  if (mark < 0) return { kind: "url", url };
  return { kind: "base64", mediaType: url.slice(5, mark), data: url.slice(mark + BASE64_MARK.length) };
}

function dataUrl(source: Extract<Source, { kind: "base64" }>): string {
  return `data:${source.mediaType}${BASE64_MARK}${source.data}`;
}

function nestedExtra(part: JsonObject, name: string, inner: JsonObject, known: readonly string[]) {
  const unknown = leftover(inner, new Set(known));
  const nested = Object.keys(unknown).length === 0 ? {} : { [name]: unknown };
  return withExtra({ ...leftover(part, new Set(["type", name])), ...nested });
}

type PartDecoder = (part: JsonObject, path: string) => Result<Part, ClientError>;

function opaque(json: JsonValue): Result<Part, ClientError> {
  return success({ type: "opaque", dialect: "openai-chat", json });
}

/** Content parts of this dialect by their `type`. A type not listed here is kept whole as an opaque part. */
const PART_DECODERS: Readonly<Record<string, PartDecoder>> = {
  text(part, path) {
    if (typeof part.text !== "string") return failure(invalid(`${path}.text`, "a string"));
    return success({ type: "text", text: part.text, ...withExtra(leftover(part, new Set(["type", "text"]))) });
  },
  refusal(part, path) {
    if (typeof part.refusal !== "string") return failure(invalid(`${path}.refusal`, "a string"));
    return success({ type: "refusal", text: part.refusal, ...withExtra(leftover(part, new Set(["type", "refusal"]))) });
  },
  image_url(part, path) {
    const image = objectIn(part, "image_url");
    if (typeof image.url !== "string") return failure(invalid(`${path}.image_url.url`, "a string"));
    return success({
      type: "image",
      source: sourceOfUrl(image.url),
      ...nestedExtra(part, "image_url", image, ["url"]),
    });
  },
  input_audio(part, path) {
    const audio = objectIn(part, "input_audio");
    const { data, format } = audio;
    if (typeof data !== "string") return failure(invalid(`${path}.input_audio.data`, "a string"));
    if (typeof format !== "string") return failure(invalid(`${path}.input_audio.format`, "a string"));
    return success({
      type: "audio",
      source: { kind: "base64", mediaType: `audio/${format}`, data },
      ...nestedExtra(part, "input_audio", audio, ["data", "format"]),
    });
  },
  file(part) {
    const file = objectIn(part, "file");
    const id = stringIn(file, "file_id");
    const data = stringIn(file, "file_data");
    const isUrl = data !== undefined && /^(?:data:|https?:)/.test(data);
    if ((id === undefined) === (data === undefined) || (data !== undefined && !isUrl)) return opaque(part);
    const source: Source = data === undefined ? { kind: "file-id", id: id ?? "" } : sourceOfUrl(data);
    const name = stringIn(file, "filename");
    return success({
      type: "file",
      source,
      ...(name === undefined ? {} : { name }),
      ...nestedExtra(part, "file", file, ["file_id", "file_data", ...(name === undefined ? [] : ["filename"])]),
    });
  },
};

/** One member of a content list. */
export function decodePart(part: JsonValue, path: string): Result<Part, ClientError> {
  if (!isJsonObject(part)) return failure(invalid(path, "an object with a type"));
  if (typeof part.type !== "string") return failure(invalid(`${path}.type`, "a string"));
  const decode = Object.hasOwn(PART_DECODERS, part.type) ? PART_DECODERS[part.type] : undefined;
  return decode === undefined ? opaque(part) : decode(part, path);
}

function member(type: string, inner: JsonObject, extra: Extra | undefined, path: string, warnings: Warning[]) {
  const fields = ownFields(extra, path, warnings);
  return { ...fields, type, [type]: { ...objectIn(fields, type), ...inner } };
}

function dropped(path: string, reason: string, warnings: Warning[]): undefined {
  warnings.push({ field: path, action: "dropped", reason });
  return undefined;
}

/** One content member, or undefined (with a warning) for what this dialect cannot say inside content. */
export function encodePart(part: Part, path: string, warnings: Warning[]): JsonObject | undefined {
  switch (part.type) {
    case "text":
      return { ...ownFields(part.extra, path, warnings), type: "text", text: part.text };
    case "refusal":
      return { ...ownFields(part.extra, path, warnings), type: "refusal", refusal: part.text };
    case "image": {
      if (part.source.kind === "file-id") return dropped(path, "images by file id are not in openai-chat", warnings);
      const url = part.source.kind === "url" ? part.source.url : dataUrl(part.source);
      return member("image_url", { url }, part.extra, path, warnings);
    }
    case "audio": {
      if (part.source.kind !== "base64") return dropped(path, "audio must be inline in openai-chat", warnings);
      const format = part.source.mediaType.replace(/^audio\//, "").replace(/^mpeg$/, "mp3");
      return member("input_audio", { data: part.source.data, format }, part.extra, path, warnings);
    }
    case "file": {
      const { source } = part;
      const inner: JsonObject =
        source.kind === "file-id"
          ? { file_id: source.id }
          : { file_data: source.kind === "url" ? source.url : dataUrl(source) };
      return member("file", { ...inner, ...optional("filename", part.name) }, part.extra, path, warnings);
    }
    case "opaque":
      if (part.dialect === "openai-chat" && isJsonObject(part.json)) return part.json;
      return dropped(path, `a part only ${part.dialect} knows`, warnings);
    case "reasoning":
    case "tool-call":
    case "tool-result":
      return dropped(path, `${part.type} is not content in openai-chat`, warnings);
  }
}
