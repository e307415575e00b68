import type { JsonObject } from "../../src/core/json.ts";
import type { DialectName } from "../../src/core/request.ts";
import { DIALECTS } from "../../src/dialects/_all.ts";
import type { Dialect, EncodeTarget } from "../../src/dialects/dialect.ts";
import { sampleBodies } from "./schemas-samples.ts";

/** Every dialect. */
export const NAMES = Object.keys(DIALECTS) as readonly DialectName[];
/** So many conversations are told in each dialect. */
export const SAMPLES = 40;

/** How each dialect's own service is asked, as its declaration says. */
const TARGETS: Readonly<Record<DialectName, EncodeTarget>> = {
  "openai-chat": {
    provider: "openai",
    model: "gpt-5.4-nano",
    maxOutputTokens: 128_000,
    maxTokensField: "max_completion_tokens",
    developerRole: true,
  },
  "openai-responses": { provider: "openai", model: "gpt-5.6", maxOutputTokens: 128_000 },
  anthropic: { provider: "anthropic", model: "claude-opus-5", maxOutputTokens: 128_000 },
  gemini: { provider: "google", model: "gemini-3.1-pro-preview", maxOutputTokens: 65_536 },
  ollama: {
    provider: "ollama",
    model: "qwen2.5-coder:1.5b",
    localOptions: { num_ctx: 8_192 },
    keepAlive: "5m",
  },
};

/** A request of one dialect as it goes out in another. */
export interface Sent {
  readonly from: DialectName;
  readonly to: DialectName;
  readonly body: JsonObject;
}

function translate(from: DialectName, to: DialectName, body: JsonObject): JsonObject {
  const source: Dialect = DIALECTS[from];
  const decoded = source.decodeRequest(body, "m");
  if (!decoded.ok) throw new Error(`${from} refused its own sample: ${decoded.error.message}`);
  // As bytes of JSON: what is undefined is not sent.
  return JSON.parse(JSON.stringify(DIALECTS[to].encodeRequest(decoded.value, TARGETS[to]).body));
}

/** A body as JSON. Type and schema demand `detail` of an image, the service does not: platform.openai.com/docs/guides/images-vision has none. */
export function withDetail(body: JsonObject): string {
  return JSON.stringify(body).replaceAll('{"type":"input_image",', '{"type":"input_image","detail":"auto",');
}

/** Every sample of every dialect in every dialect. */
export const TRANSLATED: readonly Sent[] = NAMES.flatMap((from) =>
  sampleBodies(from, SAMPLES).flatMap((body) => NAMES.map((to) => ({ from, to, body: translate(from, to, body) }))),
);
