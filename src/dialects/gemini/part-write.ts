import { isJsonObject, type JsonObject, objectIn, optional, parseJson, without } from "../../core/json.ts";
import type {
  AudioPart,
  FilePart,
  ImagePart,
  Part,
  ReasoningPart,
  Source,
  ToolCallPart,
  ToolResultPart,
} from "../../core/request.ts";
import { type WarningSink, warn } from "../extra.ts";
import { ownFields, verbatimOf } from "./fields.ts";
import { isWireSignature } from "./signature.ts";
import { isMintedId } from "./tool-id.ts";

/** What decides how parts are written. */
export interface PartContext {
  readonly sink: WarningSink;
  /** The message came in this dialect, or is an answer to a client of it: thoughts, and names of inline files, may be written. */
  readonly isOwn: boolean;
  /** Results may hold images and files; else these follow as parts of their own. */
  readonly hasResultParts: boolean;
  /** Names of the calls by id: a result must name its function, which other dialects do not. */
  readonly callNames: ReadonlyMap<string, string>;
}

/** Media types by the ending of a URL, since a file without one is refused. */
const TYPE_BY_ENDING: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  pdf: "application/pdf",
  mp4: "video/mp4",
  mp3: "audio/mp3",
  wav: "audio/wav",
  txt: "text/plain",
};

function mediaTypeOf(url: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1];
  return ending === undefined ? undefined : TYPE_BY_ENDING[ending.toLowerCase()];
}

/** Text that is no JSON object is kept under a name of its own, so that nothing is lost. */
function argumentsToArgs(text: string): JsonObject {
  if (text.trim() === "") return {};
  const parsed = parseJson(text);
  return isJsonObject(parsed) ? parsed : { raw_arguments: text };
}

/** A function call as the format has it; ids minted here are left out again. */
export function writeCall(call: Pick<ToolCallPart, "id" | "name" | "arguments" | "signature">): JsonObject {
  return {
    functionCall: {
      ...(isMintedId(call.id) || call.id === "" ? {} : { id: call.id }),
      name: call.name,
      args: argumentsToArgs(call.arguments),
    },
    ...(isWireSignature(call.signature) ? { thoughtSignature: call.signature } : {}),
  };
}

function writeToolCall(part: ToolCallPart, { sink }: PartContext, path: string): JsonObject {
  const fields = ownFields(part.extra, sink, path);
  const { functionCall, ...members } = writeCall(part);
  if (part.signature !== undefined && members.thoughtSignature === undefined)
    warn(sink, `${path}.signature`, "dropped", "no base64, which a thought signature must be");
  const call = { ...(isJsonObject(functionCall) ? functionCall : {}), ...objectIn(fields, "functionCall") };
  return { ...without(fields, ["functionCall"]), functionCall: call, ...members };
}

function writeReasoning(part: ReasoningPart, context: PartContext, path: string): JsonObject | undefined {
  const { sink, isOwn } = context;
  if (!isOwn || part.encrypted !== undefined) {
    warn(sink, path, "dropped", "thinking of another provider");
    return undefined;
  }
  return {
    text: part.text,
    thought: true,
    ...(isWireSignature(part.signature) ? { thoughtSignature: part.signature } : {}),
    ...ownFields(part.extra, sink, path),
  };
}

/** A media type that its own client left out stays out; for other clients' URLs it is guessed from the ending. */
function writeSource(source: Source, mimeType: JsonObject, isOwn: boolean): JsonObject | undefined {
  if (source.kind === "base64") return { inlineData: { mimeType: source.mediaType, data: source.data } };
  if (source.kind !== "url") return undefined;
  const guessed = isOwn ? {} : optional("mimeType", mediaTypeOf(source.url));
  return { fileData: { ...guessed, ...mimeType, fileUri: source.url } };
}

function writeMedia(
  part: ImagePart | FilePart | AudioPart,
  { sink, isOwn }: PartContext,
  path: string,
): JsonObject | undefined {
  const fields = ownFields(part.extra, sink, path);
  const { mimeType, ...verbatim } = verbatimOf(part.extra);
  const written = writeSource(part.source, optional("mimeType", mimeType), isOwn);
  if (written === undefined) {
    warn(sink, path, "dropped", "a file id of another provider");
    return undefined;
  }
  const field = "inlineData" in written ? "inlineData" : "fileData";
  const name = part.type === "file" && (isOwn || field === "fileData") ? optional("displayName", part.name) : {};
  return {
    ...without(fields, [field]),
    ...verbatim,
    [field]: { ...objectIn(written, field), ...name, ...objectIn(fields, field) },
  };
}

/** The `response` object: a result that is a JSON object as it is, else its text as `output`, or as `error`. */
function responseOf(part: ToolResultPart): JsonObject {
  const text = part.content.flatMap((inner) => (inner.type === "text" ? [inner.text] : [])).join("\n");
  const parsed = part.isError === true ? undefined : parseJson(text);
  if (isJsonObject(parsed)) return parsed;
  return part.isError === true ? { error: text } : { output: text };
}

function isMedia(part: Part): part is ImagePart | FilePart {
  return part.type === "image" || part.type === "file";
}

/** A result, and behind it what the model cannot take inside one. */
function writeToolResult(part: ToolResultPart, context: PartContext, path: string): readonly JsonObject[] {
  const fields = ownFields(part.extra, context.sink, path);
  const { functionResponse: own } = verbatimOf(part.extra);
  if (own !== undefined) return [{ ...fields, functionResponse: own }];
  const media = part.content
    .filter(isMedia)
    .map((inner, index) => writeMedia(inner, context, `${path}.content[${index}]`))
    .filter((inner) => inner !== undefined);
  const isInside = context.hasResultParts && media.length > 0;
  const name = part.toolName ?? context.callNames.get(part.toolCallId) ?? part.toolCallId;
  const result = {
    ...(isMintedId(part.toolCallId) ? {} : { id: part.toolCallId }),
    name,
    response: responseOf(part),
    ...(isInside ? { parts: media } : {}),
  };
  return [{ ...fields, functionResponse: result }, ...(isInside ? [] : media)];
}

/** Writes one part; none (with a warning) where the format has no place for it, several where a result holds images. */
export function writePart(part: Part, context: PartContext, path: string): readonly JsonObject[] {
  const { sink } = context;
  const one = (written: JsonObject | undefined): readonly JsonObject[] => (written === undefined ? [] : [written]);
  switch (part.type) {
    case "text":
      return [{ text: part.text, ...verbatimOf(part.extra), ...ownFields(part.extra, sink, path) }];
    case "refusal":
      return [{ text: part.text }];
    case "image":
    case "file":
    case "audio":
      return one(writeMedia(part, context, path));
    case "reasoning":
      return one(writeReasoning(part, context, path));
    case "tool-call":
      return [writeToolCall(part, context, path)];
    case "tool-result":
      return writeToolResult(part, context, path);
    case "opaque":
      if (part.dialect === "gemini" && isJsonObject(part.json)) return [part.json];
      warn(sink, path, "dropped", `a ${part.dialect} part, not in gemini`);
      return [];
  }
}
