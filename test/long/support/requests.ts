import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import { damageOften } from "./bytes.ts";
import type { Chance } from "./chance.ts";
import { mutateJson } from "./json.ts";

/** A dialect's own way to tell an error. */
export type Envelope = "openai" | "anthropic" | "ollama" | "gemini";

/** One request to throw at the gateway. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
  /** The envelope its errors must have; null where the path itself was damaged. */
  readonly envelope: Envelope | null;
  /** It was made to name the provider whose faults are scripted. */
  readonly isScripted: boolean;
}

interface Shape {
  readonly path: string;
  readonly envelope: Envelope;
  readonly method?: "GET";
  readonly bodies: readonly JsonObject[];
}

const TOOL_SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const CHAT: readonly JsonObject[] = [
  { model: "M", messages: [{ role: "user", content: "hello" }] },
  {
    model: "M",
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 20,
    temperature: 0.2,
    stop: ["x"],
    messages: [
      { role: "system", content: "be short" },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Brno"}' } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ],
    tools: [{ type: "function", function: { name: "weather", description: "d", parameters: TOOL_SCHEMA } }],
    tool_choice: "auto",
    response_format: { type: "json_schema", json_schema: { name: "n", schema: TOOL_SCHEMA } },
    logit_bias: { "50256": -100 },
    metadata: { a: "b" },
  },
];

const MESSAGES: readonly JsonObject[] = [
  { model: "M", max_tokens: 20, messages: [{ role: "user", content: "hello" }] },
  {
    model: "M",
    stream: true,
    max_tokens: 2_000,
    thinking: { type: "enabled", budget_tokens: 1_024 },
    system: [{ type: "text", text: "be short", cache_control: { type: "ephemeral" } }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "c2ln" },
          { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Brno" } },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "sunny" }] },
    ],
    tools: [{ name: "weather", description: "d", input_schema: TOOL_SCHEMA }],
    tool_choice: { type: "auto" },
    metadata: { user_id: "u" },
  },
];

const OLLAMA: readonly JsonObject[] = [
  { model: "M", messages: [{ role: "user", content: "hello" }] },
  {
    model: "M",
    stream: false,
    think: true,
    format: TOOL_SCHEMA,
    options: { temperature: 0, num_predict: 20, stop: ["x"], num_ctx: 2_048 },
    keep_alive: "5m",
    messages: [
      { role: "user", content: "look", images: [PNG] },
      { role: "assistant", content: "", tool_calls: [{ function: { name: "weather", arguments: { city: "Brno" } } }] },
      { role: "tool", content: "sunny", tool_name: "weather" },
    ],
    tools: [{ type: "function", function: { name: "weather", description: "d", parameters: TOOL_SCHEMA } }],
  },
];

const RESPONSES: readonly JsonObject[] = [
  { model: "M", input: "hello", store: false },
  {
    model: "M",
    stream: true,
    instructions: "be short",
    max_output_tokens: 20,
    reasoning: { effort: "low", summary: "auto" },
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: `data:image/png;base64,${PNG}` },
        ],
      },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Brno"}' },
      { type: "function_call_output", call_id: "call_1", output: "sunny" },
    ],
    tools: [{ type: "function", name: "weather", parameters: TOOL_SCHEMA, strict: true }],
    text: { format: { type: "json_schema", name: "n", schema: TOOL_SCHEMA } },
  },
];

const GEMINI: readonly JsonObject[] = [
  { contents: [{ role: "user", parts: [{ text: "hello" }] }], content: { parts: [{ text: "hello" }] } },
  {
    systemInstruction: { parts: [{ text: "be short" }] },
    contents: [
      { role: "user", parts: [{ text: "look" }, { inlineData: { mimeType: "image/png", data: PNG } }] },
      {
        role: "model",
        parts: [{ functionCall: { name: "weather", args: { city: "Brno" } }, thoughtSignature: "c2ln" }],
      },
      { role: "user", parts: [{ functionResponse: { name: "weather", response: { result: "sunny" } } }] },
    ],
    tools: [{ functionDeclarations: [{ name: "weather", parameters: TOOL_SCHEMA }] }],
    generationConfig: {
      maxOutputTokens: 20,
      temperature: 0,
      responseMimeType: "application/json",
      responseSchema: TOOL_SCHEMA,
    },
    safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
  },
];

const ASKING: readonly Shape[] = [
  { path: "/v1/chat/completions", envelope: "openai", bodies: CHAT },
  { path: "/v1/messages", envelope: "anthropic", bodies: MESSAGES },
  { path: "/v1/messages/count_tokens", envelope: "anthropic", bodies: MESSAGES },
  { path: "/api/chat", envelope: "ollama", bodies: OLLAMA },
  {
    path: "/api/generate",
    envelope: "ollama",
    bodies: [{ model: "M", prompt: "hello", suffix: "bye", system: "s", stream: false, options: { seed: 1 } }],
  },
  { path: "/v1/embeddings", envelope: "openai", bodies: [{ model: "M", input: ["a", "b"], dimensions: 8 }] },
  { path: "/api/embed", envelope: "ollama", bodies: [{ model: "M", input: "a", truncate: true }] },
  { path: "/api/show", envelope: "ollama", bodies: [{ model: "M" }] },
  { path: "/v1/responses", envelope: "openai", bodies: RESPONSES },
  ...["generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent", "countTokens", "embedContent"].map(
    (call): Shape => ({ path: `/v1beta/models/chat/m:${call}`, envelope: "gemini", bodies: GEMINI }),
  ),
];

const LOOKING: readonly Shape[] = [
  ...["/v1beta/models", "/v1beta/models/chat/m"].map(
    (path): Shape => ({ path, envelope: "gemini", method: "GET", bodies: [] }),
  ),
  ...[
    "/v1/models",
    "/v1/models/chat/m",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/input_items",
    "/v1/generation?id=req_none",
    "/v1/key",
    "/livez",
    "/readyz",
    "/",
  ].map((path): Shape => ({ path, envelope: "openai", method: "GET", bodies: [] })),
  ...["/api/tags", "/api/ps", "/api/version", "/api/hello"].map(
    (path): Shape => ({ path, envelope: "ollama", method: "GET", bodies: [] }),
  ),
];

/** Providers that answer, in each dialect, and one whose faults are scripted. */
const MODELS = ["chat/m", "claude/m", "llama/m", "either", "auto"];
const FAULTY_MODELS = ["faulty/500", "faulty/503", "faulty/400", "faulty/html", "faulty/cut"];

const ODD_PATHS = [
  "%zz",
  "%00",
  "%2e%2e",
  "..",
  "/",
  "//",
  "é",
  "%ff",
  "?key=a",
  "#x",
  "\\",
  "/v1",
  ";a=b",
  "a".repeat(300),
  "?",
  "%",
];
const METHODS = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ["host", ["127.0.0.1:4000", "localhost", "evil.example", "127.0.0.1:99999", "[::1]:4000", "a b", "", "x@y", "é"]],
  ["origin", ["null", "http://evil.example", "http://127.0.0.1:4000", "chrome-extension://x", "'\"<>"]],
  ["content-type", ["text/plain", "application/json; charset=utf-16", "multipart/form-data", ""]],
  ["content-encoding", ["gzip", "br", "zstd", "deflate", "identity", "gzip, br", "x", "constructor"]],
  ["content-length", ["0", "5", "99999999", "999999999999999999", "-1", "abc", "1e3"]],
  ["authorization", ["Bearer ", "Bearer ls-x", "Basic abc", "bearer é", `Bearer ${"k".repeat(9_000)}`]],
  ["x-api-key", ["", "sk-1", "ls-1"]],
  ["accept", ["text/event-stream", "*/*", "x"]],
  ["access-control-request-method", ["POST"]],
  ["x-lodestar-strict", ["1", "true", "maybe"]],
  ["x-lodestar-metadata", ["1"]],
  ["x-lodestar-project", ["p", "é".repeat(200), "a\tb"]],
  ["x-session-id", ["s", "\u00ff".repeat(500)]],
  ["anthropic-version", ["2023-06-01", "x"]],
  ["anthropic-beta", ["a,b", "é"]],
  ["user-agent", ["", "claude-cli/2.1", "z".repeat(3_000)]],
  ["x-padding", ["p".repeat(70_000)]],
];

function named(body: JsonObject, model: string): JsonObject {
  return { ...body, model };
}

function bodyBytes(shape: Shape, model: string, chance: Chance): Uint8Array {
  let value: JsonValue = named(chance.pick(shape.bodies), model);
  for (let left = chance.below(3); left > 0; left -= 1) value = mutateJson(value, chance);
  let text = JSON.stringify(value);
  if (chance.is(0.03)) text = text.replace(/\d+/, "1e999");
  if (chance.is(0.01)) text = `${"[".repeat(chance.below(100_000))}${text}`;
  if (chance.is(0.03)) text = text.replace("{", '{"model":"chat/m","model":"claude/m",');
  const bytes = new TextEncoder().encode(text);
  return chance.is(0.2) ? damageOften(bytes, 3, chance) : bytes;
}

function packed(bytes: Uint8Array, chance: Chance): { bytes: Uint8Array; encoding: string } {
  const copy = Uint8Array.from(bytes);
  const whole = chance.is(0.5) ? Bun.gzipSync(copy) : Bun.zstdCompressSync(copy);
  const encoding = whole[0] === 0x1f ? "gzip" : "zstd";
  return { bytes: chance.is(0.5) ? whole : damageOften(whole, 2, chance), encoding };
}

function oddHeaders(chance: Chance): readonly (readonly [string, string])[] {
  return Array.from({ length: chance.below(3) }, () => {
    const [name, values] = chance.pick(HEADERS);
    return [name, chance.pick(values)];
  });
}

function oddPath(path: string, chance: Chance): string {
  const at = chance.below(path.length + 1);
  const piece = chance.pick(ODD_PATHS);
  return chance.is(0.5) ? path.slice(0, at) + piece + path.slice(at) : path.slice(0, at) + piece;
}

/** Makes one request from chance: mostly a known one with something wrong in it. */
export function makeRequest(chance: Chance): HostileRequest {
  const shape = chance.pick(chance.is(0.85) ? ASKING : LOOKING);
  const isScripted = shape.bodies.length > 0 && chance.is(0.05);
  const model = isScripted ? chance.pick(FAULTY_MODELS) : chance.pick(MODELS);
  const hasOddPath = chance.is(0.1);
  const ownPath = shape.path.replace("/chat/m:", `/${model}:`);
  const path = hasOddPath ? oddPath(ownPath, chance) : ownPath;
  const method = chance.is(0.05) ? chance.pick(METHODS) : (shape.method ?? "POST");
  const canHaveBody = shape.bodies.length > 0 && method !== "GET" && method !== "HEAD";
  const plain = canHaveBody ? bodyBytes(shape, model, chance) : null;
  const zipped = plain !== null && chance.is(0.05) ? packed(plain, chance) : null;
  const headers = [
    ...(zipped === null ? [] : [["content-encoding", zipped.encoding] as const]),
    ...(chance.is(0.2) ? oddHeaders(chance) : []),
  ];
  // Three dialects have a catalogue there, and Gemini has its calls.
  const isForEither =
    shape.path.startsWith("/v1/models") && (method !== "GET" || headers.some(([name]) => name === "anthropic-version"));
  const envelope = hasOddPath || isForEither ? null : shape.envelope;
  return {
    method,
    path: path.startsWith("/") ? path : `/${path}`,
    headers,
    body: zipped?.bytes ?? plain,
    envelope,
    isScripted,
  };
}
