import { describe, expect, test } from "bun:test";
import type { Fault } from "../../../src/core/fault.ts";
import { clientErrorOf } from "../../../src/core/fault.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { parseSpanMs } from "../../../src/dialects/openai-chat/retry-after.ts";
import { dataRoot, NO_DATA_REASON, recordings } from "../recordings.ts";

interface Scenario {
  readonly says: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fault: Partial<Record<string, unknown>>;
}

function envelope(message: string, more: Record<string, unknown> = {}): unknown {
  return { error: { message, ...more } };
}

function faultOf({ status, body, headers = {} }: Pick<Scenario, "status" | "body" | "headers">): Fault {
  return openaiChat.decodeFault(
    status,
    (name) => headers[name] ?? null,
    typeof body === "string" ? body : JSON.stringify(body),
  );
}

const DATE = "Sun, 22 Nov 2026 18:00:00 GMT";

const SCENARIOS: readonly Scenario[] = [
  {
    says: "OpenAI: rate limit with retry-after",
    status: 429,
    body: envelope("Rate limit reached", { code: "rate_limit_exceeded" }),
    headers: { "retry-after": "2" },
    fault: { kind: "rate-limited", retryAfterMs: 2000, code: "rate_limit_exceeded" },
  },
  {
    says: "retry-after-ms before retry-after",
    status: 429,
    body: envelope("slow"),
    headers: { "retry-after-ms": "1500", "retry-after": "9" },
    fault: { kind: "rate-limited", retryAfterMs: 1500 },
  },
  {
    says: "retry-after as a date, by the server's own clock",
    status: 429,
    body: envelope("slow"),
    headers: { date: DATE, "retry-after": "Sun, 22 Nov 2026 18:00:30 GMT" },
    fault: { retryAfterMs: 30_000 },
  },
  {
    says: "a date without a clock says nothing",
    status: 429,
    body: envelope("slow"),
    headers: { "retry-after": "Sun, 22 Nov 2026 18:00:30 GMT" },
    fault: { retryAfterMs: undefined },
  },
  {
    says: "OpenAI: reset of the limit that is used up",
    status: 429,
    body: envelope("slow"),
    headers: {
      "x-ratelimit-reset-requests": "120ms",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-tokens": "6m0s",
      "x-ratelimit-remaining-tokens": "12",
    },
    fault: { retryAfterMs: 120 },
  },
  {
    says: "the longest reset where none says it is used up",
    status: 429,
    body: envelope("slow"),
    headers: { "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "2m3.5s" },
    fault: { retryAfterMs: 123_500 },
  },
  {
    says: "OpenRouter: reset as Unix milliseconds",
    status: 429,
    body: envelope("free-models-per-day", { code: 429 }),
    headers: { date: DATE, "x-ratelimit-reset": String(Date.parse(DATE) + 5000) },
    fault: { kind: "rate-limited", retryAfterMs: 5000 },
  },
  {
    says: "reset as Unix seconds",
    status: 429,
    body: envelope("slow"),
    headers: { date: DATE, "x-ratelimit-reset": String(Date.parse(DATE) / 1000 + 7) },
    fault: { retryAfterMs: 7000 },
  },
  {
    says: "Groq: the time in its text",
    status: 429,
    body: envelope(
      "Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000. Please try again in 7.66s. Visit…",
      { type: "tokens", code: "rate_limit_exceeded" },
    ),
    fault: { kind: "rate-limited", retryAfterMs: 7660 },
  },
  {
    says: "Groq: minutes and seconds",
    status: 429,
    body: envelope("Please try again in 6m3.2s."),
    fault: { retryAfterMs: 363_200 },
  },
  {
    says: "Azure: seconds in words",
    status: 429,
    body: envelope("Please retry after 20 seconds.", { code: "429" }),
    fault: { kind: "rate-limited", retryAfterMs: 20_000 },
  },
  {
    says: "Google: a list, RetryInfo, and quota that comes back",
    status: 429,
    body: [
      {
        error: {
          code: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "x" }, { retryDelay: "34.4s" }],
        },
      },
    ],
    fault: { kind: "rate-limited", retryAfterMs: 34_400 },
  },
  {
    says: "OpenAI: used-up credit",
    status: 429,
    body: envelope("You exceeded your current quota, please check your plan and billing details.", {
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
    headers: { "retry-after": "3" },
    fault: { kind: "quota-exhausted" },
  },
  {
    says: "DeepSeek: no balance",
    status: 402,
    body: envelope("Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" }),
    fault: { kind: "quota-exhausted" },
  },
  {
    says: "xAI: credits used up behind a 403",
    status: 403,
    body: {
      code: "The caller does not have permission",
      error: "Your team has run out of credits. Insufficient credits.",
    },
    fault: { kind: "quota-exhausted" },
  },
  {
    says: "OpenAI: prompt too long",
    status: 400,
    body: envelope(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
      { code: "context_length_exceeded", param: "messages" },
    ),
    fault: { kind: "context-length", param: "messages" },
  },
  {
    says: "Anthropic's wording through a chat endpoint",
    status: 400,
    body: envelope("prompt is too long: 210000 tokens > 200000 maximum"),
    fault: { kind: "context-length" },
  },
  {
    says: "Groq: too large for its limits",
    status: 413,
    body: envelope("Request too large for model `x`. Please reduce your message size and try again.", {
      code: "rate_limit_exceeded",
    }),
    fault: { kind: "context-length" },
  },
  {
    says: "Google: input token count",
    status: 400,
    body: [
      {
        error: {
          code: 400,
          message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
          status: "INVALID_ARGUMENT",
        },
      },
    ],
    fault: { kind: "context-length" },
  },
  {
    says: "Alibaba: range of input length",
    status: 400,
    body: envelope("Range of input length should be [1, 30720]", { code: "invalid_parameter_error" }),
    fault: { kind: "context-length" },
  },
  {
    says: "llama.cpp: context size",
    status: 400,
    body: envelope("the request exceeds the available context size", { type: "exceed_context_size_error" }),
    fault: { kind: "context-length" },
  },
  {
    says: "GitHub Models: tokens limit",
    status: 413,
    body: envelope("Request body too large for gpt-5 model. Max size: 8000 tokens.", { code: "tokens_limit_reached" }),
    fault: { kind: "context-length" },
  },
  {
    says: "Azure: content filter",
    status: 400,
    body: envelope("The response was filtered", {
      code: "content_filter",
      innererror: { code: "ResponsibleAIPolicyViolation" },
    }),
    fault: { kind: "content-policy" },
  },
  {
    says: "Alibaba: inspection",
    status: 400,
    body: envelope("Input data may contain inappropriate content.", { code: "data_inspection_failed" }),
    fault: { kind: "content-policy" },
  },
  {
    says: "OpenRouter: moderation behind a 403",
    status: 403,
    body: envelope("x requires moderation and your input was flagged", {
      code: 403,
      metadata: { reasons: ["violence"] },
    }),
    fault: { kind: "content-policy" },
  },
  {
    says: "OpenAI: no such model",
    status: 404,
    body: envelope("The model `gpt-9` does not exist or you do not have access to it.", { code: "model_not_found" }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "a model whose name sounds like a policy",
    status: 404,
    body: envelope("The model `omni-moderation-9` does not exist", { code: "model_not_found" }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "DeepSeek: a 400 for the model",
    status: 400,
    body: envelope("Model Not Exist", { type: "invalid_request_error" }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "OpenRouter: a 400 for the model",
    status: 400,
    body: envelope("foo/bar is not a valid model ID", { code: 400 }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "Ollama's own wording",
    status: 404,
    body: envelope('model "x" not found, try pulling it first'),
    fault: { kind: "model-not-found" },
  },
  {
    says: "Groq: retired",
    status: 400,
    body: envelope("The model `m` has been decommissioned and is no longer supported.", {
      code: "model_decommissioned",
    }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "LiteLLM without a database: a wrong key, by a 400",
    status: 400,
    body: envelope("No connected db.", { type: "no_db_connection", code: "400" }),
    fault: { kind: "auth" },
  },
  {
    says: "LiteLLM: an alias that it does not have, by a 400",
    status: 400,
    body: envelope("/chat/completions: Invalid model name passed in model=absent.", { type: "None", code: "400" }),
    fault: { kind: "model-not-found" },
  },
  {
    says: "OpenAI: wrong key",
    status: 401,
    body: envelope("Incorrect API key provided: sk-…", { code: "invalid_api_key" }),
    fault: { kind: "auth" },
  },
  {
    says: "Google: wrong key behind a 400",
    status: 400,
    body: [
      { error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } },
    ],
    fault: { kind: "auth" },
  },
  {
    says: "xAI: wrong key behind a 400, code and text",
    status: 400,
    body: { code: "Client specified an invalid argument", error: "Incorrect API key provided: x." },
    fault: { kind: "auth", code: "Client specified an invalid argument" },
  },
  {
    says: "Mistral: unauthorised with a bare message",
    status: 401,
    body: { message: "Unauthorized", request_id: "1" },
    fault: { kind: "auth", message: "Unauthorized" },
  },
  {
    says: "a forbidden country",
    status: 403,
    body: envelope("Country, region, or territory not supported"),
    fault: { kind: "auth" },
  },
  {
    says: "Mistral: validation details",
    status: 422,
    body: { detail: [{ loc: ["body", "messages", 0], msg: "field required" }] },
    fault: { kind: "bad-request", message: "body.messages.0: field required" },
  },
  { says: "details as text", status: 422, body: { detail: "nope" }, fault: { kind: "bad-request", message: "nope" } },
  {
    says: "OpenAI: a parameter it refuses",
    status: 400,
    body: envelope("Unsupported parameter: 'max_tokens'", { code: "unsupported_parameter", param: "max_tokens" }),
    fault: { kind: "bad-request", param: "max_tokens" },
  },
  {
    says: "a server error that mentions a model",
    status: 500,
    body: envelope("The model is not available: internal error"),
    fault: { kind: "upstream-error", status: 500 },
  },
  { says: "a gateway's timeout", status: 504, body: "", fault: { kind: "upstream-error" } },
  { says: "a request timeout", status: 408, body: "", fault: { kind: "upstream-error" } },
  {
    says: "too busy",
    status: 503,
    body: envelope("The engine is currently overloaded"),
    headers: { "retry-after": "1" },
    fault: { kind: "overloaded", retryAfterMs: 1000 },
  },
  { says: "Anthropic's 529", status: 529, body: envelope("Overloaded"), fault: { kind: "overloaded" } },
  { says: "Groq's 498", status: 498, body: envelope("Flex tier capacity exceeded"), fault: { kind: "overloaded" } },
  {
    says: "a web page from a proxy",
    status: 502,
    body: "<!DOCTYPE html><html><head><title>Bad gateway</title></head></html>",
    fault: {
      kind: "upstream-error",
      message:
        "The server answered with a web page instead of JSON: Bad gateway. Check the provider's base URL and any proxy on the way.",
    },
  },
  {
    says: "a web page where the path is wrong",
    status: 404,
    body: "<html><body>nothing here</body></html>",
    fault: { kind: "upstream-error" },
  },
  { says: "a wrong path in JSON", status: 404, body: { detail: "Not Found" }, fault: { kind: "model-not-found" } },
  { says: "plain text", status: 400, body: "bad things", fault: { kind: "bad-request", message: "bad things" } },
  {
    says: "nothing at all",
    status: 400,
    body: "",
    fault: { kind: "bad-request", message: "The server answered with status 400 and no message." },
  },
  {
    says: "OpenRouter: the provider's own words",
    status: 502,
    body: envelope("Provider returned error", { code: 502, metadata: { raw: "upstream died", provider_name: "x" } }),
    fault: { kind: "upstream-error", message: "Provider returned error: upstream died" },
  },
];

describe("an upstream's error reply", () => {
  for (const scenario of SCENARIOS) {
    test(`is understood: ${scenario.says}`, () => {
      const fault = faultOf(scenario);
      const { retryAfterMs, ...rest } = scenario.fault;
      expect(fault).toMatchObject(rest);
      expect("retryAfterMs" in fault ? fault.retryAfterMs : undefined).toBe(retryAfterMs as number);
    });
  }

  test("is capped", () => {
    expect(faultOf({ status: 400, body: "x".repeat(10_000) }).message).toHaveLength(2000);
  });
});

describe("a span of time", () => {
  const spans: readonly (readonly [string, number | undefined])[] = [
    ["7.66s", 7660],
    ["120ms", 120],
    ["1h2m3.5s", 3_723_500],
    ["1d", 86_400_000],
    ["soon", undefined],
  ];
  for (const [text, ms] of spans) test(`${text} is ${ms} ms`, () => expect(parseSpanMs(text)).toBe(ms));
});

describe.skipIf(dataRoot() === undefined)(`recorded error bodies ${NO_DATA_REASON}`, () => {
  const expected: readonly (readonly [file: string, status: number, kind: Fault["kind"]])[] = [
    ["google/google-429-retry-info.json", 429, "rate-limited"],
    ["openai/chat/reasoning-model-legacy-parameter-error.json", 400, "bad-request"],
    ["openai/image/gpt-image-response-format-error.json", 400, "bad-request"],
    ["openai/responses/openai-error.1.json", 429, "quota-exhausted"],
    ["openai/responses/reasoning-model-temperature-error.json", 400, "bad-request"],
  ];
  test(`are all understood: ${expected.length}`, () => {
    const bodies = recordings({ dialect: "error", kind: "json" });
    expect(bodies.map(({ file }) => file).sort()).toEqual(expected.map(([file]) => file).sort());
    for (const [file, status, kind] of expected) {
      const body = bodies.find((each) => each.file === file)?.text ?? "";
      expect(faultOf({ status, body }).kind).toBe(kind);
    }
  });
});

describe("the error envelope", () => {
  test("has OpenAI's four members, our details and the request id", () => {
    const error = clientErrorOf({ kind: "context-length", message: "too long", param: "messages" });
    expect(openaiChat.encodeFault({ ...error, details: { lodestar_metadata: { attempts: 1 } } }, "req_9")).toEqual({
      error: {
        message: "too long",
        type: "invalid_request_error",
        param: "messages",
        code: "context_length_exceeded",
        lodestar_metadata: { attempts: 1 },
      },
      request_id: "req_9",
    });
  });
});
