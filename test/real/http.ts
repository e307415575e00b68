import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

/** POSTs a JSON body. */
export function post(
  baseUrl: string,
  path: string,
  body: unknown,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${baseUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...options.headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** The body as a JSON object; throws where it is none. */
export async function objectOf(response: Response): Promise<JsonObject> {
  const text = await response.text();
  const json = parseJson(text);
  if (!isJsonObject(json)) throw new Error(`not a JSON object (status ${response.status}): ${text.slice(0, 300)}`);
  return json;
}

/** How a dialect asks for chat, and what its streams and errors look like. */
export interface ChatWire {
  readonly path: string;
  /** A request of one user message. */
  request(model: string, content: string, isStream: boolean, maxTokens: number): JsonObject;
  /** The answer's text in a whole reply. */
  textOf(reply: JsonObject): string;
  /** The answer's text in a stream. */
  streamText(wire: string): string;
  /** Whether the stream ends as a whole answer does. */
  isWhole(wire: string): boolean;
  /** The error that a stream ends with, or null. */
  streamError(wire: string): string | null;
  /** The cost that a whole reply tells. */
  costOf(reply: JsonObject): unknown;
}

function eventsOf(wire: string): readonly JsonObject[] {
  return wire.split("\n").flatMap((line) => {
    const json = parseJson(line.startsWith("data: ") ? line.slice("data: ".length) : line);
    return isJsonObject(json) ? [json] : [];
  });
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, step) => (found as Record<string | number, unknown> | undefined)?.[step], value);
}

function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

function errorIn(wire: string, ...path: readonly string[]): string | null {
  const found = eventsOf(wire)
    .map((event) => at(event, ...path))
    .find((error) => typeof error === "string");
  return typeof found === "string" ? found : null;
}

const OPENAI: ChatWire = {
  path: "/v1/chat/completions",
  request: (model, content, stream, max_tokens) => ({
    model,
    stream,
    max_tokens,
    messages: [{ role: "user", content }],
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  }),
  textOf: (reply) => textAt(reply, "choices", 0, "message", "content"),
  streamText: (wire) =>
    eventsOf(wire)
      .map((event) => textAt(event, "choices", 0, "delta", "content"))
      .join(""),
  isWhole: (wire) => wire.trimEnd().endsWith("data: [DONE]") && /"finish_reason":"(stop|length)"/.test(wire),
  streamError: (wire) => errorIn(wire, "error", "message"),
  costOf: (reply) => at(reply, "usage", "cost"),
};

const ANTHROPIC: ChatWire = {
  path: "/v1/messages",
  request: (model, content, stream, max_tokens) => ({
    model,
    stream,
    max_tokens,
    messages: [{ role: "user", content }],
  }),
  textOf: (reply) => textAt(reply, "content", 0, "text"),
  streamText: (wire) =>
    eventsOf(wire)
      .map((event) => textAt(event, "delta", "text"))
      .join(""),
  isWhole: (wire) => wire.includes("event: message_stop") && !wire.includes("event: error"),
  streamError: (wire) => (wire.includes("event: error") ? errorIn(wire, "error", "message") : null),
  costOf: (reply) => at(reply, "usage", "cost"),
};

const OLLAMA: ChatWire = {
  path: "/api/chat",
  request: (model, content, stream, num_predict) => ({
    model,
    stream,
    options: { num_predict },
    messages: [{ role: "user", content }],
  }),
  textOf: (reply) => textAt(reply, "message", "content"),
  streamText: (wire) =>
    eventsOf(wire)
      .map((event) => textAt(event, "message", "content"))
      .join(""),
  isWhole: (wire) => eventsOf(wire).at(-1)?.done === true,
  streamError: (wire) => errorIn(wire, "error"),
  costOf: (reply) => at(reply, "cost"),
};

/** The three inbound dialects that have chat. */
export const CHAT_WIRES = { "openai-chat": OPENAI, anthropic: ANTHROPIC, ollama: OLLAMA } as const;

/** Their names, for tables. */
export const CHAT_DIALECTS = Object.keys(CHAT_WIRES) as readonly (keyof typeof CHAT_WIRES)[];

/** The last cost that a stream tells, in any dialect. */
export function streamCost(wire: string): unknown {
  const costs = eventsOf(wire).map((event) => at(event, "usage", "cost") ?? at(event, "cost"));
  return costs.findLast((cost) => cost !== undefined);
}
