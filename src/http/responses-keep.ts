import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import { createStreamSplitter } from "../dialects/framing.ts";
import type { Answer } from "../gateway/call.ts";

/** Told of the response resource of an answer, as the client gets it, before the client can have read it to its end. */
export type Keep = (resource: JsonObject) => void;

const TERMINAL = ["response.completed", "response.incomplete", "response.failed"];

/** The resource of a terminal event among the whole events in a piece of a stream. */
function resourceIn(text: string): JsonObject | null {
  for (const { event } of createStreamSplitter("sse").push(new TextEncoder().encode(text)).frames) {
    const json = parseJson(event.data);
    const isTerminal = isJsonObject(json) && typeof json.type === "string" && TERMINAL.includes(json.type);
    if (isTerminal && isJsonObject(json.response)) return json.response;
  }
  return null;
}

/** The same bytes at the reader's own speed. Pieces hold whole events, and most of them need no look inside. */
function watched(body: ReadableStream<Uint8Array>, keep: Keep): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value === undefined) {
        controller.close();
        return;
      }
      const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      if (TERMINAL.some((type) => piece.includes(type))) {
        const resource = resourceIn(piece.toString("utf8"));
        if (resource !== null) keep(resource);
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** An answer of the Responses dialect whose resource is told to `keep` on its way to the client, whole or streamed. */
export function keeping(answer: Answer, keep: Keep): Answer {
  if (answer.kind === "error") return answer;
  if (answer.kind === "stream") return { ...answer, body: watched(answer.body, keep) };
  const resource = parseJson(answer.body);
  if (isJsonObject(resource)) keep(resource);
  return answer;
}
