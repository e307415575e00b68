import type { Dialect } from "../dialect.ts";
import { tokenCount } from "./count-tokens.ts";
import { type DecoderState, decoder } from "./decoder.ts";
import { embeddings } from "./embeddings.ts";
import { type EncoderState, encoder } from "./encoder.ts";
import { decodeFault, encodeFault } from "./fault.ts";
import { type RelayState, relay } from "./relay.ts";
import { decodeReply, encodeReply, stampReply } from "./reply.ts";
import { decodeRequest } from "./request-read.ts";
import { encodeRequest } from "./request-write.ts";

type GeminiDialect = Dialect<DecoderState, EncoderState, RelayState>;

/** Gemini's `generateContent` and `streamGenerateContent?alt=sse`: https://ai.google.dev/api/generate-content. */
export const gemini: GeminiDialect = {
  name: "gemini",
  framing: "sse",
  hasModelInPath: true,
  imageUrls: "own",
  kept: { cachedContent: "Send the contents themselves, without `cachedContent`." },
  decodeRequest,
  encodeRequest,
  decodeReply,
  encodeReply,
  decodeFault,
  encodeFault,
  decoder,
  encoder,
  relay,
  stampReply,
  heartbeat: () => ": waiting\n\n",
  chatPath: (model, isStream) =>
    isStream ? `/models/${model}:streamGenerateContent?alt=sse` : `/models/${model}:generateContent`,
  embeddings,
  tokenCount,
};

/** `streamGenerateContent` without `alt=sse`: the same events as one JSON array, to the client and from a Gemini upstream. */
export const geminiArray: GeminiDialect = {
  ...gemini,
  framing: "json-array",
  heartbeat: () => "\n",
  chatPath: (model, isStream) => `/models/${model}:${isStream ? "streamGenerateContent" : "generateContent"}`,
};
