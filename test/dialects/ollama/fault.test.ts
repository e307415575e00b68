import { describe, expect, test } from "bun:test";
import { clientErrorOf, type Fault, refusal } from "../../../src/core/fault.ts";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";

interface Scenario {
  readonly status: number;
  readonly error: string;
  readonly kind: Fault["kind"];
  readonly more?: Record<string, unknown>;
}

/** Texts as a real Ollama 0.24 sends them, or as its sources write them. */
const SCENARIOS: readonly Scenario[] = [
  {
    status: 404,
    error: "model 'nope:1b' not found",
    kind: "model-not-found",
    more: { message: "model 'nope:1b' not found; pull it with: ollama pull nope:1b", status: 404 },
  },
  {
    status: 404,
    error: 'model "a/b" not found, try pulling it first',
    kind: "model-not-found",
    more: { message: expect.stringContaining("ollama pull a/b") },
  },
  {
    status: 400,
    error: "registry.ollama.ai/library/smollm2:135m does not support tools",
    kind: "unsupported",
    more: { feature: "tools" },
  },
  {
    status: 400,
    error: '"smollm2:135m" does not support thinking',
    kind: "unsupported",
    more: { feature: "thinking" },
  },
  { status: 400, error: "x does not support insert", kind: "unsupported", more: { feature: "insert" } },
  {
    status: 501,
    error: "this model does not support embeddings",
    kind: "unsupported",
    more: { feature: "embeddings" },
  },
  {
    status: 500,
    error: "this model is missing data required for image input",
    kind: "unsupported",
    more: { feature: "images" },
  },
  { status: 400, error: "the input length exceeds the context length", kind: "context-length" },
  { status: 400, error: "the input length exceeds maximum context length", kind: "context-length" },
  {
    status: 503,
    error: "server busy, please try again.  maximum pending requests exceeded",
    kind: "overloaded",
    more: { retryAfterMs: 2000 },
  },
  { status: 503, error: "anything", kind: "overloaded", more: { retryAfterMs: 2000 } },
  {
    status: 500,
    error: "model requires more system memory (9.1 GiB) than is available (3.2 GiB)",
    kind: "unavailable",
  },
  {
    status: 500,
    error: "llama runner process has terminated: signal: killed",
    kind: "upstream-error",
    more: { message: expect.stringContaining("runner failed"), status: 500 },
  },
  {
    status: 500,
    error: "model runner has unexpectedly stopped, this may be due to resource limitations",
    kind: "upstream-error",
  },
  { status: 500, error: "an error was encountered while running the model: unexpected EOF", kind: "truncated" },
  {
    status: 500,
    error: "EOF",
    kind: "upstream-error",
    more: { message: expect.stringContaining("could not load the model"), status: 500 },
  },
  {
    status: 500,
    error: "unexpected EOF",
    kind: "upstream-error",
    more: { message: expect.stringContaining("could not load the model"), status: 500 },
  },
  {
    status: 500,
    error: 'do load request: Post "http://127.0.0.1:37331/load": unexpected EOF',
    kind: "upstream-error",
    more: { message: expect.stringContaining("could not load the model"), status: 500 },
  },
  {
    status: 500,
    error: 'invalid format: "\\"bad\\""; expected "json" or a valid JSON Schema object',
    kind: "bad-request",
    more: { status: 400 },
  },
  { status: 500, error: 'option "temperature" must be of type float32', kind: "bad-request", more: { status: 400 } },
  { status: 400, error: "model is required", kind: "bad-request", more: { status: 400 } },
  { status: 400, error: "illegal base64 data at input byte 0", kind: "bad-request" },
  { status: 401, error: "unauthorized", kind: "auth" },
  { status: 403, error: "forbidden", kind: "auth" },
  { status: 402, error: "this model requires a subscription", kind: "quota-exhausted" },
  { status: 429, error: "too many requests", kind: "rate-limited", more: { retryAfterMs: 2000 } },
  { status: 429, error: "you've reached your hourly usage limit", kind: "rate-limited" },
  { status: 429, error: "you've reached your weekly usage limit", kind: "quota-exhausted" },
  { status: 500, error: "something else", kind: "upstream-error", more: { status: 500, message: "something else" } },
];

const retryAfter = (name: string) => (name === "retry-after" ? "2" : null);
const noHeader = () => null;

describe("Ollama's error replies", () => {
  for (const { status, error, kind, more = {} } of SCENARIOS) {
    test(`${status} "${error.slice(0, 60)}" is ${kind}`, () => {
      const fault = ollama.decodeFault(status, retryAfter, JSON.stringify({ error }));
      expect(fault).toMatchObject({ kind, message: expect.stringContaining(error), ...more });
    });
  }

  test("an error object, as a proxy writes it, is read as well", () => {
    const body = '{"error":{"message":"model \'x\' not found","type":"api_error"}}';
    expect(ollama.decodeFault(404, noHeader, body).kind).toBe("model-not-found");
  });

  test.each([
    [502, "<html>Bad gateway</html>", "upstream-error", "<html>Bad gateway</html>"],
    [404, "404 page not found", "bad-request", "404 page not found"],
    [500, "  ", "upstream-error", "HTTP 500 without a body"],
    [400, "[]", "bad-request", "[]"],
  ] as const)("%d with the body %p, which is no error of its own, is %s", (status, body, kind, message) => {
    expect(ollama.decodeFault(status, noHeader, body)).toEqual({ kind, status, message });
  });

  test("a retry-after that is no number of seconds is left out", () => {
    const fault = ollama.decodeFault(503, () => "Fri, 31 Dec 1999 23:59:59 GMT", '{"error":"x"}');
    expect(fault).toEqual({ kind: "overloaded", status: 503, message: "x" });
  });
});

describe("the error envelope", () => {
  test("has the text under `error`, which is all that Ollama's clients read, beside the common vocabulary", () => {
    expect(ollama.encodeFault(refusal("bad", "what and why", { param: "messages" }), "req_1")).toEqual({
      error: "what and why",
      type: "invalid_request_error",
      code: "bad",
      param: "messages",
      request_id: "req_1",
    });
  });

  test("carries details, which cannot hide the text", () => {
    const error = {
      ...clientErrorOf({ kind: "garbage", message: "odd" }),
      details: { error: 1, lodestar_metadata: {} },
    };
    expect(ollama.encodeFault(error, "r")).toMatchObject({ error: "odd", lodestar_metadata: {} });
  });
});
