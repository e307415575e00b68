import type { Dialect, ReplyStamp } from "../dialect.ts";
import { decoder, type OllamaDecoderState } from "./decoder.ts";
import { embeddings } from "./embeddings.ts";
import { type OllamaEncoderState, streamEncoder } from "./encoder.ts";
import { decodeFault, encodeFault } from "./fault.ts";
import { decodeGenerateRequest, encodeGenerateRequest } from "./generate.ts";
import { encodeLine, type Surface } from "./line.ts";
import { type OllamaRelayState, relay } from "./relay.ts";
import { decodeReply, replyEncoder, stampReply } from "./reply.ts";
import { decodeRequest, encodeRequest } from "./request.ts";

type OllamaDialect = Dialect<OllamaDecoderState, OllamaEncoderState, OllamaRelayState>;

/** A line that says nothing: clients take it as a sign of life. */
function heartbeatOf(surface: Surface) {
  return function heartbeat(stamp: ReplyStamp): string {
    return `${JSON.stringify(encodeLine(surface, stamp, {}))}\n`;
  };
}

/** Ollama's native chat, `POST /api/chat`: newline-delimited JSON, streamed unless the client says otherwise. */
export const ollama: OllamaDialect = {
  name: "ollama",
  framing: "ndjson",
  hasRunnerOptions: true,
  imageUrls: "none",
  decodeRequest,
  encodeRequest,
  decodeReply,
  encodeReply: replyEncoder("chat"),
  decodeFault,
  encodeFault,
  decoder,
  encoder: streamEncoder("chat"),
  relay,
  stampReply,
  heartbeat: heartbeatOf("chat"),
  chatPath: () => "/api/chat",
  embeddings,
};

/**
 * Ollama's native completion, `POST /api/generate`: the same servers, errors and framing as {@link ollama}, other bodies.
 */
export const ollamaGenerate: OllamaDialect = {
  ...ollama,
  decodeRequest: decodeGenerateRequest,
  encodeRequest: encodeGenerateRequest,
  encodeReply: replyEncoder("generate"),
  encoder: streamEncoder("generate"),
  heartbeat: heartbeatOf("generate"),
  chatPath: () => "/api/generate",
};
