import { promisify } from "node:util";
import { type ClientError, refusal } from "../core/fault.ts";
import type { JsonValue } from "../core/json.ts";
import { jsonLimitExceeded } from "../core/json-limits.ts";
import { failure, type Result, success } from "../core/result.ts";

/** A client's body: as it was sent (for passing on byte for byte) and as what it means. */
export interface ClientBody {
  readonly text: string;
  readonly json: JsonValue;
}

type Unpack = (packed: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;

/** From `node:zlib`, which is loaded with the first packed body: it takes 1 MB, and most clients never send one. */
const UNPACKERS: Readonly<Record<string, (zlib: typeof import("node:zlib")) => Unpack>> = {
  gzip: ({ gunzip }) => promisify(gunzip),
  "x-gzip": ({ gunzip }) => promisify(gunzip),
  deflate: ({ inflate }) => promisify(inflate),
  br: ({ brotliDecompress }) => promisify(brotliDecompress),
  zstd: ({ zstdDecompress }) => promisify(zstdDecompress),
};

/**
 * Reads a request's body as JSON, at most `maxBytes` of it before and after decompression. Every error says what is wrong with
 * the body: too large (413), an encoding we do not know (415), else 400. Never rejects, except when the client leaves meanwhile.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Result<ClientBody, ClientError>> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes === null) return failure(tooLarge(maxBytes));
  const unpacked = await unpack(bytes, request.headers.get("content-encoding"), maxBytes);
  return unpacked.ok ? parseBody(unpacked.value) : unpacked;
}

function tooLarge(maxBytes: number): ClientError {
  const message = `The request body is larger than ${maxBytes} bytes. Send less, or raise maxBody under "server:" in the configuration.`;
  return refusal("request_too_large", message, { status: 413, type: "request_too_large" });
}

/** The raw body; null as soon as it is known to be too large. HTTP's framing holds a client to its Content-Length. */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  const announced = request.headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(announced)) return readChunks(request.body, maxBytes);
  return Number(announced) <= maxBytes ? new Uint8Array(await request.arrayBuffer()) : null;
}

async function readChunks(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | null> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
    total += chunk.value.length;
    if (total > maxBytes) {
      await reader?.cancel();
      return null;
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

async function unpack(
  bytes: Uint8Array,
  encoding: string | null,
  maxBytes: number,
): Promise<Result<Uint8Array, ClientError>> {
  const name = (encoding ?? "identity").trim().toLowerCase();
  if (name === "identity" || name === "") return success(bytes);
  const unpacker = Object.hasOwn(UNPACKERS, name) ? UNPACKERS[name] : undefined;
  if (unpacker === undefined) {
    const message = `The Content-Encoding ${JSON.stringify(name.slice(0, 40))} is not understood. Send ${Object.keys(UNPACKERS).join(", ")}, or no encoding.`;
    return failure(refusal("unsupported_encoding", message, { status: 415 }));
  }
  try {
    const unpackWith = unpacker(await import("node:zlib"));
    return success(await unpackWith(bytes, { maxOutputLength: maxBytes }));
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError || (error instanceof Error && /ERR_BUFFER_TOO_LARGE|larger than/.test(`${error}`));
    return failure(isTooLarge ? tooLarge(maxBytes) : refusal("bad_encoding", `The request body is not valid ${name}.`));
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true });

function parseBody(bytes: Uint8Array): Result<ClientBody, ClientError> {
  if (bytes.length === 0) return failure(refusal("empty_body", "The request has no body. Send a JSON object."));
  let text: string;
  try {
    text = DECODER.decode(bytes);
  } catch {
    return failure(refusal("invalid_utf8", "The request body is not valid UTF-8. Send JSON encoded as UTF-8."));
  }
  try {
    const json: JsonValue = JSON.parse(text);
    const excess = jsonLimitExceeded(json);
    return excess === null
      ? success({ text, json })
      : failure(refusal("json_too_complex", `The request body is refused: ${excess}.`));
  } catch (error) {
    const detail =
      error instanceof Error ? error.message.replace(/^JSON Parse error: /, "").slice(0, 120) : "it cannot be read";
    return failure(refusal("invalid_json", `The request body is not valid JSON: ${detail}.`));
  }
}
