import type { Dialect } from "../dialect.ts";
import { decodeFault } from "../openai-chat/fault.ts";
import { type DecoderState, decoder } from "./decoder.ts";
import { encoder } from "./encoder.ts";
import type { EncoderState } from "./encoder-item.ts";
import { encodeFault } from "./fault.ts";
import { type RelayState, relay } from "./relay.ts";
import { decodeReply, encodeReply, stampReply } from "./reply.ts";
import { decodeRequest } from "./request-read.ts";
import { encodeRequest } from "./request-write.ts";
import { echoOf } from "./resource.ts";

/** OpenAI's Responses API: what Codex, OpenAI's SDKs and its agents speak, and OpenAI, Azure, xAI and OpenRouter serve. */
export const openaiResponses: Dialect<DecoderState, EncoderState, RelayState> = {
  name: "openai-responses",
  framing: "sse",
  kept: {
    conversation: "Send the whole conversation as `input`, or go on from an answer by `previous_response_id`.",
    prompt: "Send the text of the prompt as `instructions` and `input`.",
  },
  decodeRequest: (body) => decodeRequest(body),
  encodeRequest,
  decodeReply,
  encodeReply,
  decodeFault,
  encodeFault,
  decoder,
  encoder,
  relay,
  echoOf,
  stampReply,
  heartbeat: () => ": waiting\n\n",
  chatPath: () => "/responses",
};
