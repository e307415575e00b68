import { describe, expect, test } from "bun:test";
import { type ClientError, clientErrorOf, type ErrorType, type Fault } from "../../../src/core/fault.ts";
import type { JsonValue } from "../../../src/core/json.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { NO_DATA_REASON, recordings } from "../recordings.ts";
import { at, client, generateWithSdk } from "./kit.ts";

const NO_HEADERS = (): null => null;
const RPC = "type.googleapis.com/google.rpc.";

function faultOf(status: number, body: JsonValue | string, headers: Readonly<Record<string, string>> = {}): Fault {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return gemini.decodeFault(status, (name) => headers[name] ?? null, text);
}

function error(status: string, message: string, details: JsonValue[] = []): JsonValue {
  return { error: { code: 400, message, status, details } };
}

const RETRY = { "@type": `${RPC}RetryInfo`, retryDelay: "34.4s" };

function quota(quotaId: string, quotaValue = "10"): JsonValue {
  return { "@type": `${RPC}QuotaFailure`, violations: [{ quotaId, quotaValue }] };
}

describe("an error reply of Google", () => {
  const CASES: readonly (readonly [number, JsonValue, Fault["kind"]])[] = [
    [400, error("INVALID_ARGUMENT", "Unknown name"), "bad-request"],
    [400, error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "auth"],
    [400, error("INVALID_ARGUMENT", "x", [{ "@type": `${RPC}ErrorInfo`, reason: "API_KEY_INVALID" }]), "auth"],
    [
      400,
      error(
        "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      ),
      "context-length",
    ],
    [400, error("INVALID_ARGUMENT", "The prompt was blocked"), "content-policy"],
    [400, error("INVALID_ARGUMENT", "Thinking is not supported by this model."), "unsupported"],
    [400, error("FAILED_PRECONDITION", "User location is not supported for the API use."), "auth"],
    [401, error("UNAUTHENTICATED", "no"), "auth"],
    [403, error("PERMISSION_DENIED", "no"), "auth"],
    [404, error("NOT_FOUND", "models/x is not found"), "model-not-found"],
    [429, error("RESOURCE_EXHAUSTED", "slow", [quota("GenerateRequestsPerMinutePerProject"), RETRY]), "rate-limited"],
    [429, error("RESOURCE_EXHAUSTED", "slow", [quota("GenerateRequestsPerDayPerProject")]), "quota-exhausted"],
    [429, error("RESOURCE_EXHAUSTED", "slow", [quota("PerMinute", "0")]), "quota-exhausted"],
    [429, error("RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "quota-exhausted"],
    [500, error("INTERNAL", "oops"), "upstream-error"],
    [503, error("UNAVAILABLE", "The model is overloaded."), "overloaded"],
    [504, error("DEADLINE_EXCEEDED", "late"), "upstream-error"],
    [429, "no envelope", "rate-limited"],
    [502, "<html>bad gateway</html>", "upstream-error"],
    [418, "", "bad-request"],
  ];

  test.each(CASES)("with status %d and body %o is a fault of kind %s", (status, body, kind) => {
    expect(faultOf(status, body).kind).toBe(kind);
  });

  test("in an array, as the endpoint that streams one answers, is read too", () => {
    expect(faultOf(404, [error("NOT_FOUND", "gone")])).toEqual({
      kind: "model-not-found",
      status: 404,
      message: "gone",
      code: "NOT_FOUND",
    });
  });

  test("says how long to wait: by header, by RetryInfo, by its message", () => {
    const waits: readonly (readonly [JsonValue, Readonly<Record<string, string>>, number | undefined])[] = [
      [error("RESOURCE_EXHAUSTED", "x", [RETRY]), {}, 34_400],
      [error("RESOURCE_EXHAUSTED", "Please retry in 7.5s."), {}, 7_500],
      [error("UNAVAILABLE", "x"), { "retry-after": "3" }, 3_000],
      [error("RESOURCE_EXHAUSTED", "x", [RETRY]), { "retry-after-ms": "20" }, 20],
      [error("RESOURCE_EXHAUSTED", "x"), { "retry-after": "soon" }, undefined],
    ];
    for (const [body, headers, expected] of waits) {
      expect((faultOf(429, body, headers) as { retryAfterMs?: number }).retryAfterMs).toBe(expected);
    }
  });

  test("names the parameter it complains about", () => {
    const violations = [{ field: "generation_config.top_k", description: "too large" }];
    const details = [{ "@type": `${RPC}BadRequest`, fieldViolations: violations }];
    expect(faultOf(400, error("INVALID_ARGUMENT", "bad", details))).toMatchObject({ param: "generation_config.top_k" });
  });

  const [recorded] = recordings({ dialect: "error", kind: "json" }).filter(({ file }) => file.startsWith("google/"));

  test.skipIf(recorded === undefined)(`as recorded asks for its 34.4 seconds ${NO_DATA_REASON}`, () => {
    expect(gemini.decodeFault(429, NO_HEADERS, recorded?.text ?? "")).toMatchObject({
      kind: "rate-limited",
      retryAfterMs: 34_400,
      code: "RESOURCE_EXHAUSTED",
    });
  });
});

function clientError(type: ErrorType, more: Partial<ClientError> = {}): ClientError {
  return { status: 400, type, code: "some_code", message: "because", shouldRetry: false, ...more };
}

describe("an error for a Gemini client", () => {
  const WORDS: readonly (readonly [ErrorType, string])[] = [
    ["invalid_request_error", "INVALID_ARGUMENT"],
    ["authentication_error", "UNAUTHENTICATED"],
    ["permission_error", "PERMISSION_DENIED"],
    ["not_found_error", "NOT_FOUND"],
    ["request_too_large", "INVALID_ARGUMENT"],
    ["rate_limit_error", "RESOURCE_EXHAUSTED"],
    ["insufficient_quota", "RESOURCE_EXHAUSTED"],
    ["overloaded_error", "UNAVAILABLE"],
    ["timeout_error", "DEADLINE_EXCEEDED"],
    ["upstream_error", "INTERNAL"],
    ["internal_error", "INTERNAL"],
  ];

  test.each(WORDS)("of type %s says %s and our own type and code in its details", (type, word) => {
    const { error } = gemini.encodeFault(clientError(type, { param: "topK" }), "req_1");
    expect(error).toMatchObject({ code: 400, message: "because", status: word });
    expect(at(error, "details", 0)).toEqual({
      "@type": `${RPC}ErrorInfo`,
      reason: "SOME_CODE",
      domain: "lodestar",
      metadata: { error_type: type, request_id: "req_1", param: "topK" },
    });
  });

  test("carries the wait as RetryInfo, a used-up budget as a day's quota, and members of ours beside", () => {
    const wait = gemini.encodeFault(clientError("rate_limit_error", { status: 429, retryAfterMs: 34_400 }), "r");
    expect(at(wait, "error", "details", 1)).toEqual(RETRY);
    const spent = gemini.encodeFault(
      clientError("insufficient_quota", { status: 429, details: { lodestar_metadata: { a: 1 } } }),
      "r",
    );
    expect(at(spent, "error", "details", 1, "violations", 0, "quotaId")).toContain("PerDay");
    expect(at(spent, "error", "lodestar_metadata")).toEqual({ a: 1 });
  });

  test("is read back as the same kind of fault", () => {
    const faults: readonly Fault[] = [
      { kind: "rate-limited", message: "x", retryAfterMs: 1_500 },
      { kind: "quota-exhausted", message: "x" },
      { kind: "overloaded", message: "x", retryAfterMs: 2_000 },
      { kind: "model-not-found", message: "x" },
      { kind: "bad-request", message: "x", status: 422 },
      { kind: "upstream-error", message: "x" },
    ];
    for (const fault of faults) {
      const told = clientErrorOf(fault);
      const again = faultOf(told.status, gemini.encodeFault(told, "r"));
      expect(again.kind).toBe(fault.kind);
      expect((again as { retryAfterMs?: number }).retryAfterMs).toBe((fault as { retryAfterMs?: number }).retryAfterMs);
    }
  });

  test("is raised by the official client with its status and message", async () => {
    const body = gemini.encodeFault(clientError("insufficient_quota", { status: 429, message: "budget used up" }), "r");
    await expect(generateWithSdk(body, 429)).rejects.toMatchObject({ name: "ApiError", status: 429 });
    const stream = client(() => Response.json(body, { status: 429 })).models.generateContentStream({
      model: "best",
      contents: "hi",
    });
    await expect(stream).rejects.toThrow("budget used up");
  });
});
