import { describe, expect, test } from "bun:test";
import { clientErrorOf, FAULT_RULES, type Fault, type FaultKind, refusal, retryAfterOf } from "../../src/core/fault.ts";

const KINDS = Object.keys(FAULT_RULES) as FaultKind[];

function fault(kind: FaultKind, more: object = {}): Fault {
  // Every kind with the members that all kinds share, and those a test adds.
  return { kind, message: `about ${kind}`, ...(kind === "over-budget" ? { resetsAt: null } : {}), ...more } as Fault;
}

describe("the table of faults", () => {
  test("says this, row by row", () => {
    const row = (kind: FaultKind): string => {
      const rule = FAULT_RULES[kind];
      const flags = [
        rule.isRetryable ? "retry" : "",
        rule.isFallbackAllowed ? "fall back" : "",
        rule.isHealthFault ? "health" : "",
        rule.isTransient ? "transient" : "",
        rule.coolsDown === "none" ? "" : `cools ${rule.coolsDown}`,
      ].filter((flag) => flag !== "");
      return `${kind}: ${rule.status} ${rule.errorType} ${rule.code} [${flags.join(", ")}]`;
    };
    expect(KINDS.map(row).join("\n")).toMatchInlineSnapshot(`
      "connect: 502 upstream_error upstream_unreachable [retry, fall back, health, transient]
      timeout: 504 timeout_error upstream_timeout [fall back, health, transient]
      rate-limited: 429 rate_limit_error rate_limited [retry, fall back, transient, cools group]
      quota-exhausted: 429 insufficient_quota provider_quota_exhausted [fall back, cools group]
      auth: 502 upstream_error provider_auth_failed [fall back, cools account]
      overloaded: 503 overloaded_error overloaded [retry, fall back, health, transient]
      upstream-error: 502 upstream_error upstream_error [retry, fall back, health, transient]
      model-not-found: 404 not_found_error model_not_found [fall back]
      context-length: 400 invalid_request_error context_length_exceeded [fall back]
      content-policy: 400 invalid_request_error content_policy []
      bad-request: 400 invalid_request_error bad_request []
      garbage: 502 upstream_error upstream_garbage [retry, fall back, health, transient]
      truncated: 502 upstream_error upstream_truncated [retry, fall back, health, transient]
      unsupported: 400 invalid_request_error unsupported_feature [fall back]
      rejected: 502 upstream_error answer_rejected [fall back]
      cooling-down: 503 overloaded_error cooling_down [fall back, transient]
      no-key: 400 invalid_request_error provider_not_configured [fall back]
      unavailable: 503 upstream_error target_unavailable [fall back]
      over-budget: 429 insufficient_quota budget_exceeded [fall back]
      budget-held: 429 rate_limit_error budget_held [fall back, transient]
      unpriced: 400 invalid_request_error model_unpriced [fall back]
      client-left: 499 invalid_request_error client_left []
      shutdown: 503 overloaded_error shutting_down [transient]
      internal: 500 internal_error internal [transient]"
    `);
  });

  test("never retries what it does not also carry elsewhere", () => {
    for (const kind of KINDS) {
      if (FAULT_RULES[kind].isRetryable) expect([kind, FAULT_RULES[kind].isFallbackAllowed]).toEqual([kind, true]);
    }
  });

  test("counts nothing against a provider that is the client's, the account's or our own doing", () => {
    const blameless: readonly FaultKind[] = [
      "client-left",
      "shutdown",
      "internal",
      "auth",
      "quota-exhausted",
      "rate-limited",
      "bad-request",
      "content-policy",
      "context-length",
      "model-not-found",
      "unsupported",
      "no-key",
      "unavailable",
      "cooling-down",
      "over-budget",
      "budget-held",
      "unpriced",
      "rejected",
    ];
    expect(KINDS.filter((kind) => !FAULT_RULES[kind].isHealthFault).sort()).toEqual([...blameless].sort());
  });

  test("has a status of its own class for each kind", () => {
    for (const kind of KINDS) {
      const { status, isTransient } = FAULT_RULES[kind];
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      if (isTransient) expect([kind, status >= 500 || status === 429]).toEqual([kind, true]);
    }
  });
});

describe("what a client is told", () => {
  for (const kind of KINDS) {
    test(`of ${kind} follows from the table`, () => {
      const { status, errorType, code, isTransient } = FAULT_RULES[kind];
      expect(clientErrorOf(fault(kind))).toEqual({
        status,
        type: errorType,
        code,
        message: `about ${kind}`,
        shouldRetry: isTransient,
      });
    });
  }

  test("keeps the upstream's own status of a refused request, and of no other fault", () => {
    expect(clientErrorOf(fault("bad-request", { status: 422 })).status).toBe(422);
    expect(clientErrorOf(fault("auth", { status: 401 })).status).toBe(502);
    expect(clientErrorOf(fault("upstream-error", { status: 500 })).status).toBe(502);
  });

  test("carries the parameter and the pause where there is one", () => {
    expect(clientErrorOf(fault("bad-request", { param: "top_p" })).param).toBe("top_p");
    expect(clientErrorOf(fault("rate-limited", { retryAfterMs: 1_500 })).retryAfterMs).toBe(1_500);
    expect(clientErrorOf(fault("overloaded", { retryAfterMs: 0 })).retryAfterMs).toBe(0);
    expect(retryAfterOf(fault("upstream-error", { retryAfterMs: 5 }))).toBeUndefined();
  });

  test("says when a used up budget begins again, in whole seconds, where it does", () => {
    expect(clientErrorOf(fault("over-budget", { resetsAt: 1_001 })).details).toEqual({ resets_at: 2 });
    expect(clientErrorOf(fault("over-budget")).details).toBeUndefined();
  });

  test("of a refusal is a 400 that is not to be retried, unless said otherwise", () => {
    expect(refusal("c", "m")).toEqual({
      status: 400,
      type: "invalid_request_error",
      code: "c",
      message: "m",
      shouldRetry: false,
    });
    expect(refusal("c", "m", { status: 404, param: "p" })).toMatchObject({ status: 404, param: "p" });
  });
});
