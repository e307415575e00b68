import type { ImagePart } from "../../core/request.ts";

/** First base64 characters of the formats that vision models take (the file's magic bytes). */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
  ["Qk0", "image/bmp"],
];

/** An entry of `images`, whose format only its bytes tell (PNG where they do not). A `data:` URL is taken too. */
export function decodeImage(entry: string): ImagePart {
  const url = /^data:([^;,]+);base64,/.exec(entry);
  if (url !== null) {
    const mediaType = url[1] ?? "image/png";
    return { type: "image", source: { kind: "base64", mediaType, data: entry.slice(url[0].length) } };
  }
  const mediaType = SIGNATURES.find(([start]) => entry.startsWith(start))?.[1] ?? "image/png";
  return { type: "image", source: { kind: "base64", mediaType, data: entry } };
}
