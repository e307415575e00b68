import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { Source } from "../../core/request.ts";

function hasOnly(object: JsonObject, names: readonly string[]): boolean {
  return Object.keys(object).every((name) => names.includes(name));
}

function textToBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

function base64ToText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readText(source: JsonObject): Source | undefined {
  const { data } = source;
  if (typeof data !== "string" || !data.isWellFormed() || source.media_type !== "text/plain") return undefined;
  return { kind: "base64", mediaType: "text/plain", data: textToBase64(data) };
}

/** Reads the `source` of an image or document; undefined when it says something the model cannot hold, so that the block stays whole. */
export function readSource(source: JsonValue | undefined): Source | undefined {
  if (!isJsonObject(source)) return undefined;
  const { type, data, media_type: mediaType, url, file_id: id } = source;
  if (type === "base64" && typeof data === "string" && typeof mediaType === "string") {
    const isPlain = hasOnly(source, ["type", "data", "media_type"]) && mediaType !== "text/plain";
    return isPlain ? { kind: "base64", mediaType, data } : undefined;
  }
  if (type === "url" && typeof url === "string" && hasOnly(source, ["type", "url"])) return { kind: "url", url };
  if (type === "file" && typeof id === "string" && hasOnly(source, ["type", "file_id"])) return { kind: "file-id", id };
  if (type === "text" && hasOnly(source, ["type", "data", "media_type"])) return readText(source);
  return undefined;
}

/** Writes a source; base64 of plain text becomes a text source, since Anthropic takes base64 for PDFs and images only. */
export function writeSource(source: Source): JsonObject {
  if (source.kind === "url") return { type: "url", url: source.url };
  if (source.kind === "file-id") return { type: "file", file_id: source.id };
  const text = source.mediaType.startsWith("text/") ? base64ToText(source.data) : undefined;
  if (text !== undefined) return { type: "text", media_type: "text/plain", data: text };
  return { type: "base64", media_type: source.mediaType, data: source.data };
}
