import { describe, expect, test } from "bun:test";
import { BadRequestError, RateLimitError } from "@anthropic-ai/sdk";
import { clientErrorOf, type ErrorType, type Fault, refusal } from "../../../src/core/fault.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { anthropic } from "../../../src/dialects/anthropic/dialect.ts";
import { objectAt } from "../codec.ts";
import { createWithSdk, decodeAll } from "./kit.ts";

const NOW = "Sun, 22 Nov 2026 12:00:00 GMT";

function envelope(type: string, message: string, more: JsonObject = {}): string {
  return JSON.stringify({ type: "error", error: { type, message, ...more }, request_id: "req_up" });
}

function decode(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return anthropic.decodeFault(status, (name) => headers[name] ?? null, body);
}

describe("an error reply of an upstream", () => {
  const cases: readonly (readonly [name: string, status: number, body: string, expected: Partial<Fault>])[] = [
    ["is a wrong key", 401, envelope("authentication_error", "invalid x-api-key"), { kind: "auth" }],
    ["is a forbidden one", 403, envelope("permission_error", "no access"), { kind: "auth" }],
    ["is an unknown model", 404, envelope("not_found_error", "model: claude-9"), { kind: "model-not-found" }],
    ["is a rate limit", 429, envelope("rate_limit_error", "slow down"), { kind: "rate-limited" }],
    [
      "is a spend limit, for which waiting does not help",
      429,
      envelope("rate_limit_error", "You have reached your spend limit", {
        details: { error_code: "contract_spend_limit_reached" },
      }),
      { kind: "quota-exhausted", code: "contract_spend_limit_reached" },
    ],
    [
      "is an empty account, said as a bad request",
      400,
      envelope("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
      { kind: "quota-exhausted" },
    ],
    ["is a billing problem", 402, envelope("billing_error", "unpaid"), { kind: "quota-exhausted" }],
    [
      "is a prompt too long",
      400,
      envelope("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
      { kind: "context-length" },
    ],
    [
      "is a prompt and output too long together",
      400,
      envelope("invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000"),
      { kind: "context-length" },
    ],
    [
      "is blocked content",
      400,
      envelope("invalid_request_error", "Output blocked by content filtering policy"),
      { kind: "content-policy" },
    ],
    [
      "is a bad request that names its parameter",
      400,
      envelope("invalid_request_error", "messages.0.content: Input should be a valid list"),
      { kind: "bad-request", param: "messages.0.content", status: 400 },
    ],
    ["is a body too large", 413, envelope("request_too_large", "over 32 MB"), { kind: "bad-request", status: 413 }],
    ["is an overload", 529, envelope("overloaded_error", "Overloaded"), { kind: "overloaded" }],
    ["is a failure inside", 500, envelope("api_error", "Internal server error"), { kind: "upstream-error" }],
    [
      "is a proxy's page",
      502,
      "<html>Bad Gateway</html>",
      { kind: "upstream-error", message: "<html>Bad Gateway</html>" },
    ],
    ["is an overload without an envelope", 503, "", { kind: "overloaded", message: "HTTP 503" }],
    ["is an error that is a string", 400, '{"error":"nope"}', { kind: "bad-request", message: "nope" }],
    ["is a refusal without an envelope", 418, "teapot", { kind: "bad-request", message: "teapot", status: 418 }],
  ];
  for (const [name, status, body, expected] of cases) {
    test(name, () => expect(decode(status, body)).toMatchObject(expected));
  }

  test("shows at most 300 characters of a body that is no envelope", () => {
    expect(decode(500, "x".repeat(5000)).message).toHaveLength(300);
  });
});

describe("how long an upstream asks to wait", () => {
  const limited = envelope("rate_limit_error", "slow down");
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, number | undefined])[] = [
    ["seconds", { "retry-after": "7" }, 7000],
    ["fractions of a second", { "retry-after": "0.25" }, 250],
    ["milliseconds, which win", { "retry-after-ms": "1500", "retry-after": "2" }, 1500],
    ["a date, against the reply's own date", { "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", date: NOW }, 30_000],
    ["a date that has passed", { "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", date: NOW }, 0],
    [
      "the latest reset of the limits that are used up",
      {
        date: NOW,
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-22T12:00:10Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-22T12:00:20Z",
        "anthropic-ratelimit-output-tokens-remaining": "900",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-22T12:09:00Z",
      },
      20_000,
    ],
    ["nothing", {}, undefined],
    ["nonsense", { "retry-after": "soon" }, undefined],
    ["a date where the reply has none", { "retry-after": NOW }, undefined],
  ];
  for (const [name, headers, expected] of cases) {
    test(`is read from ${name}`, () => {
      const fault = decode(429, limited, headers);
      expect("retryAfterMs" in fault ? fault.retryAfterMs : undefined).toBe(expected);
    });
  }
});

describe("an error inside a stream or under status 200", () => {
  const cases: readonly (readonly [string, Fault["kind"]])[] = [
    ["overloaded_error", "overloaded"],
    ["rate_limit_error", "rate-limited"],
    ["api_error", "upstream-error"],
    ["timeout_error", "upstream-error"],
    ["invalid_request_error", "bad-request"],
    ["brand_new_error", "upstream-error"],
  ];
  for (const [type, kind] of cases) {
    test(`${type} is ${kind}`, () => {
      const parts = decodeAll([{ event: "error", data: envelope(type, "oops") }]);
      expect(parts).toMatchObject([{ type: "error", fault: { kind, message: "oops" } }]);
      const reply = anthropic.decodeReply(JSON.parse(envelope(type, "oops")));
      expect(reply).toMatchObject({ ok: false, error: { kind } });
    });
  }
});

describe("the error envelope", () => {
  const types: readonly (readonly [ErrorType, string])[] = [
    ["invalid_request_error", "invalid_request_error"],
    ["authentication_error", "authentication_error"],
    ["permission_error", "permission_error"],
    ["not_found_error", "not_found_error"],
    ["request_too_large", "request_too_large"],
    ["rate_limit_error", "rate_limit_error"],
    ["insufficient_quota", "billing_error"],
    ["overloaded_error", "overloaded_error"],
    ["timeout_error", "timeout_error"],
    ["upstream_error", "api_error"],
    ["internal_error", "api_error"],
  ];
  for (const [type, wire] of types) {
    test(`says ${wire} for ${type}`, () => {
      const body = anthropic.encodeFault(refusal("some_code", "why", { type }), "req_9");
      expect(body).toEqual({
        type: "error",
        error: { type: wire, message: "why", details: { error_code: "some_code" } },
        request_id: "req_9",
      });
    });
  }

  test("carries the parameter and members of its own", () => {
    const error = refusal("bad", "why", { param: "tools[0]", details: { lodestar_metadata: { tried: 2 } } });
    expect(anthropic.encodeFault(error, "req_9").error).toEqual({
      type: "invalid_request_error",
      message: "why",
      details: { error_code: "bad", param: "tools[0]" },
      lodestar_metadata: { tried: 2 },
    });
  });

  test("is raised by the official SDK as the class of its status", async () => {
    const limited = clientErrorOf({ kind: "rate-limited", message: "slow down" });
    await expect(createWithSdk(anthropic.encodeFault(limited, "req_9"), limited.status)).rejects.toBeInstanceOf(
      RateLimitError,
    );
  });

  test("lets the SDK's tool runner see that server-side threads are not supported", async () => {
    const read = anthropic.decodeRequest({
      model: "best",
      max_tokens: 5,
      messages: [],
      thread: { type: "continue", previous_message_id: "msg_1" },
    });
    if (read.ok) throw new Error("a thread was accepted");
    expect(read.error).toMatchObject({ status: 400, param: "thread", code: "thread_unsupported_request" });
    const body = anthropic.encodeFault(read.error, "req_9");
    expect(objectAt(objectAt(body.error).details).error_code).toBe("thread_unsupported_request");
    const raised = await createWithSdk(body, 400).catch((error: unknown) => error);
    expect(raised).toBeInstanceOf(BadRequestError);
    expect(raised).toMatchObject({ errorCode: "thread_unsupported_request" });
  });
});

describe("a malformed request", () => {
  const user = { role: "user", content: "hi" };
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ messages: [user] }, "model"],
    [{ model: 7, messages: [user] }, "model"],
    [{ model: "m" }, "messages"],
    [{ model: "m", messages: {} }, "messages"],
    [{ model: "m", messages: ["hi"] }, "messages[0]"],
    [{ model: "m", messages: [{ role: "tool", content: "x" }] }, "messages[0].role"],
    [{ model: "m", messages: [{ role: "user" }] }, "messages[0].content"],
    [{ model: "m", messages: [{ role: "user", content: ["hi"] }] }, "messages[0].content[0]"],
    [{ model: "m", messages: [{ role: "user", content: [{ text: "hi" }] }] }, "messages[0].content[0].type"],
    [{ model: "m", messages: [user, { role: "user", content: [{ type: "text" }] }] }, "messages[1].content[0].text"],
    [
      { model: "m", messages: [{ role: "assistant", content: [{ type: "tool_use", name: "f" }] }] },
      "messages[0].content[0].id",
    ],
    [
      {
        model: "m",
        messages: [{ role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: "x" }] }],
      },
      "messages[0].content[0].input",
    ],
    [
      { model: "m", messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: 7 }] }] },
      "messages[0].content[0].content",
    ],
    [{ model: "m", messages: [user], system: 7 }, "system"],
    [{ model: "m", messages: [user], max_tokens: 1.5 }, "max_tokens"],
    [{ model: "m", messages: [user], max_tokens: "9" }, "max_tokens"],
    [{ model: "m", messages: [user], temperature: "warm" }, "temperature"],
    [{ model: "m", messages: [user], stream: "yes" }, "stream"],
    [{ model: "m", messages: [user], stop_sequences: "x" }, "stop_sequences"],
    [{ model: "m", messages: [user], stop_sequences: ["a", 1] }, "stop_sequences[1]"],
    [{ model: "m", messages: [user], tools: {} }, "tools"],
    [{ model: "m", messages: [user], tools: ["f"] }, "tools[0]"],
    [{ model: "m", messages: [user], tools: [{ input_schema: {} }] }, "tools[0].name"],
    [{ model: "m", messages: [user], tools: [{ name: "f", input_schema: [] }] }, "tools[0].input_schema"],
    [{ model: "m", messages: [user], tool_choice: "auto" }, "tool_choice"],
  ];
  for (const [body, param] of cases) {
    test(`is a 400 that names ${param} in ${JSON.stringify(body).slice(0, 60)}`, () => {
      const read = anthropic.decodeRequest(body);
      expect(read).toMatchObject({
        ok: false,
        error: { status: 400, param, code: "invalid_request", shouldRetry: false },
      });
      if (!read.ok) expect(read.error.message).toStartWith(`${param}: `);
    });
  }

  test("null stands for an absent optional field", () => {
    const read = anthropic.decodeRequest({
      model: "m",
      messages: [user],
      system: null,
      tools: null,
      tool_choice: null,
      temperature: null,
      stop_sequences: null,
      stream: null,
      thread: null,
      max_tokens: null,
    });
    expect(read).toMatchObject({ ok: true, value: { model: "m", stream: false } });
  });
});

describe("a reply that is none", () => {
  for (const body of [null, "text", {}, { content: [{}] }, { content: ["x"] }, { content: [{ type: "tool_use" }] }]) {
    test(`${JSON.stringify(body)} is garbage`, () => {
      expect(anthropic.decodeReply(body)).toMatchObject({ ok: false, error: { kind: "garbage" } });
    });
  }
});
