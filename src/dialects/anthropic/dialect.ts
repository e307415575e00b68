import type { Dialect } from "../dialect.ts";
import { tokenCount } from "./count-tokens.ts";
import { type DecoderState, decoder } from "./decoder.ts";
import { encoder } from "./encoder.ts";
import type { EncoderState } from "./encoder-block.ts";
import { decodeFault, encodeFault } from "./fault.ts";
import { type RelayState, relay } from "./relay.ts";
import { decodeReply, encodeReply, stampReply } from "./reply.ts";
import { decodeRequest } from "./request-read.ts";
import { encodeRequest } from "./request-write.ts";

/** Anthropic Messages: https://platform.claude.com/docs/en/api/messages and, for its events, …/docs/en/build-with-claude/streaming. */
export const anthropic: Dialect<DecoderState, EncoderState, RelayState> = {
  name: "anthropic",
  framing: "sse",
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
  heartbeat: () => 'event: ping\ndata: {"type":"ping"}\n\n',
  chatPath: () => "/messages",
  tokenCount,
};
