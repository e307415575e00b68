import type { Dialect } from "../dialect.ts";
import { decodeRequest } from "./decode-request.ts";
import { type DecoderState, decoder } from "./decoder.ts";
import { embeddings } from "./embeddings.ts";
import { encodeRequest } from "./encode-request.ts";
import { type EncoderState, encoder } from "./encoder.ts";
import { decodeFault, encodeFault } from "./fault.ts";
import { type RelayState, relay } from "./relay.ts";
import { decodeReply, encodeReply, stampReply } from "./reply.ts";

/** OpenAI's chat completions, and the many servers that speak it in their own ways. */
export const openaiChat: Dialect<DecoderState, EncoderState, RelayState> = {
  name: "openai-chat",
  framing: "sse",
  hasStreamUsageFlag: true,
  decodeRequest: (body) => decodeRequest(body),
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
  chatPath: () => "/chat/completions",
  embeddings,
};
