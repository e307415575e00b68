import type { Script } from "./script.ts";

/** Counts that every answer of the fake upstream states. */
const STATED_USAGE = { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 };

/** The model that answers: dated, as providers do, so that a gateway which promises the asked-for name has to change it. */
const MODEL = "gpt-4o-mini-2024-07-18";
const ENVELOPE = { id: "chatcmpl-BenchmarkBenchmarkBenchmark", created: 1_760_000_000, model: MODEL };
const BULK_PIECE_BYTES = 64 * 1024;

function chunkOf(choice: object | null, usage: object | null): string {
  const choices = choice === null ? [] : [{ index: 0, ...choice, logprobs: null }];
  return `data: ${JSON.stringify({
    ...ENVELOPE,
    object: "chat.completion.chunk",
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
    choices,
    usage,
  })}\n\n`;
}

function textChunk(text: string): string {
  return chunkOf({ delta: { content: text }, finish_reason: null }, null);
}

/** One piece of a body with `Transfer-Encoding: chunked` (RFC 9112 section 7.1). */
function framed(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";
const OPENING = framed(chunkOf({ delta: { role: "assistant", content: "" }, finish_reason: null }, null));
const TEXT_PIECE = Buffer.from(framed(textChunk("token")));
const FIRST_PIECE = Buffer.from(STREAM_HEAD + OPENING + framed(textChunk("token")));
const BULK_PIECE = Buffer.from(framed(textChunk("token ".repeat(BULK_PIECE_BYTES / 6))));
const LAST_PIECE = Buffer.from(
  `${framed(chunkOf({ delta: {}, finish_reason: "stop" }, null) + chunkOf(null, STATED_USAGE))}${framed("data: [DONE]\n\n")}0\r\n\r\n`,
);

const JSON_BODY = JSON.stringify({
  ...ENVELOPE,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "A short answer, as benchmarks like them.",
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: {
    ...STATED_USAGE,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
  service_tier: "default",
  system_fingerprint: "fp_0123456789",
});
const JSON_REPLY = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${JSON_BODY.length}\r\n\r\n${JSON_BODY}`,
);

/** A whole reply with any JSON body, for the upstream's own word to the benchmark. */
export function jsonReply(value: unknown): Buffer {
  const body = JSON.stringify(value);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The bytes of an answer in the pieces in which they are written, headers included; nothing for one that hangs. */
export function* piecesOf(script: Script): Generator<Buffer, void> {
  if (script.kind === "hang") return;
  if (script.kind === "json") {
    yield JSON_REPLY;
    return;
  }
  yield FIRST_PIECE;
  const piece = script.kind === "sse" ? TEXT_PIECE : BULK_PIECE;
  const count = script.kind === "sse" ? script.events - 1 : Math.ceil((script.mebibytes * 2 ** 20) / BULK_PIECE.length);
  for (let sent = 0; sent < count; sent++) yield piece;
  yield LAST_PIECE;
}
