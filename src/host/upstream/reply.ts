import type { Fault } from "../../core/fault.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { faultOfAbort, faultOfBody } from "./fault.ts";
import type { UpstreamReply } from "./upstream.ts";

/** What a reply needs of its call: `place` is the origin for messages, `release` lets the caller's signal go. */
export interface OpenCall {
  readonly controller: AbortController;
  readonly place: string;
  readonly release: () => void;
}

/** The reply of a response whose headers have come. */
export function replyOf(response: Response, { controller, place, release }: OpenCall): UpstreamReply {
  const faultOf = (error: unknown): Fault =>
    controller.signal.aborted ? faultOfAbort(controller.signal) : faultOfBody(error, place);
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    // The reader is Bun's own; bun-types gives getReader() the type of node:stream/web, which lacks `readMany`.
    reader: () => bodyOf(response).getReader() as ReadableStreamDefaultReader<Uint8Array>,
    text: async (maxBytes, touched = () => undefined) => {
      try {
        return await readText(response, maxBytes, place, touched);
      } catch (error) {
        return failure(faultOf(error));
      } finally {
        release();
      }
    },
    cancel: () => {
      release();
      controller.abort({ kind: "client-left", message: "The answer is no longer wanted." } satisfies Fault);
    },
    faultOf,
  };
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  return response.body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
}

/** Replies announced to be this short are awaited whole: reading chunk by chunk costs as much as the call itself. */
const SHORT_BYTES = 64 * 1024;

/** HTTP's framing holds a server to its Content-Length; what is compressed may unpack to any size. */
function isShort({ headers }: Response, maxBytes: number): boolean {
  if (headers.get("content-encoding") !== null) return false;
  const announced = headers.get("content-length") ?? "";
  return /^\d{1,9}$/.test(announced) && Number(announced) <= Math.min(maxBytes, SHORT_BYTES);
}

async function readText(
  response: Response,
  maxBytes: number,
  place: string,
  touched: () => void,
): Promise<Result<string, Fault>> {
  if (isShort(response, maxBytes)) return decode(await response.bytes(), place);
  const chunks: Uint8Array[] = [];
  const reader = bodyOf(response).getReader();
  let total = 0;
  for (let chunk = await reader.read(); chunk.value !== undefined; chunk = await reader.read()) {
    touched();
    total += chunk.value.length;
    if (total > maxBytes) {
      await reader.cancel();
      return failure({ kind: "garbage", message: `${place} sent more than ${maxBytes} bytes.` });
    }
    chunks.push(chunk.value);
  }
  return decode(Buffer.concat(chunks), place);
}

function decode(bytes: Uint8Array, place: string): Result<string, Fault> {
  try {
    return success(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return failure({ kind: "garbage", message: `${place} sent text that is not UTF-8.` });
  }
}
