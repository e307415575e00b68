/** What an upstream said when it failed, for people: capped and redacted before it gets here. */
export interface UpstreamWord {
  readonly status?: number;
  /** The provider's own message. */
  readonly message: string;
  /** The provider's own machine code or type, if any. */
  readonly code?: string;
  /** The parameter it complains about, if any. */
  readonly param?: string;
}

/** The deadlines of an attempt, in the order in which they can pass. */
export type DeadlinePhase = "connect" | "headers" | "first-token" | "idle" | "total";

/** Every way an attempt at an upstream can fail. What follows from each is in {@link FAULT_RULES}. */
export type Fault =
  /** No connection: refused, unknown host, TLS, or reset before the reply's headers. */
  | { readonly kind: "connect"; readonly message: string }
  | { readonly kind: "timeout"; readonly phase: DeadlinePhase; readonly afterMs: number; readonly message: string }
  | ({ readonly kind: "rate-limited"; readonly retryAfterMs?: number } & UpstreamWord)
  /** Credit or plan used up at the provider; waiting does not help. */
  | ({ readonly kind: "quota-exhausted" } & UpstreamWord)
  /** 401 or 403: the key is wrong, expired or not allowed. */
  | ({ readonly kind: "auth" } & UpstreamWord)
  /** 503 or 529: up but too busy. */
  | ({ readonly kind: "overloaded"; readonly retryAfterMs?: number } & UpstreamWord)
  | ({ readonly kind: "upstream-error" } & UpstreamWord)
  | ({ readonly kind: "model-not-found" } & UpstreamWord)
  | ({ readonly kind: "context-length" } & UpstreamWord)
  | ({ readonly kind: "content-policy" } & UpstreamWord)
  /** Any other 4xx: the request itself is refused, another target would most likely refuse it too. */
  | ({ readonly kind: "bad-request" } & UpstreamWord)
  /** A reply that is not in the upstream's own format. */
  | { readonly kind: "garbage"; readonly message: string }
  /** A stream that ended without its terminal event. */
  | { readonly kind: "truncated"; readonly message: string }
  /** The target cannot do what the request needs (images, tools), found before any call. */
  | { readonly kind: "unsupported"; readonly message: string; readonly feature: string }
  /** An answer that failed a check before the client got it, and was paid for: another model may do better. */
  | { readonly kind: "rejected"; readonly message: string }
  /** Not tried: its account group is cooling down until the given time (Unix ms). */
  | { readonly kind: "cooling-down"; readonly untilMs: number; readonly message: string }
  /** Not tried: no key is configured. */
  | { readonly kind: "no-key"; readonly message: string }
  /** Not tried: no such provider or model is configured, or nothing local is pulled. */
  | { readonly kind: "unavailable"; readonly message: string }
  /** Not tried: a budget does not allow it. `resetsAt` (Unix ms) is when the budget begins again, null for never. */
  | { readonly kind: "over-budget"; readonly message: string; readonly resetsAt: number | null }
  /** Not tried: it would fit its budget, were nothing held for calls that are open. They end soon, and mostly cost less. */
  | { readonly kind: "budget-held"; readonly message: string; readonly retryAfterMs: number }
  /** Not tried: a paid model without a known price, under a budget. */
  | { readonly kind: "unpriced"; readonly message: string }
  /** The client went away. Never the upstream's fault. */
  | { readonly kind: "client-left"; readonly message: string }
  /** The gateway is shutting down. */
  | { readonly kind: "shutdown"; readonly message: string }
  /** A bug of ours, or our own store failing. */
  | { readonly kind: "internal"; readonly message: string };

export type FaultKind = Fault["kind"];

/** The one vocabulary of error types a client sees in every dialect's envelope. */
export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "insufficient_quota"
  | "overloaded_error"
  | "timeout_error"
  | "upstream_error"
  | "internal_error";

/** What follows from a fault. One row a kind: the whole policy of retry, fallback, health and status on one screen. */
export interface FaultRule {
  /** Worth another try at the same target, after a pause. */
  readonly isRetryable: boolean;
  /** Whether the next target of the chain is tried. */
  readonly isFallbackAllowed: boolean;
  /** Counts against the target's health (and so may open its breaker). */
  readonly isHealthFault: boolean;
  /** Which accounts pause after it: none, this account, or every account that shares its quota. */
  readonly coolsDown: "none" | "account" | "group";
  /** The status a client gets when this is the last fault of the chain. */
  readonly status: number;
  readonly errorType: ErrorType;
  /** Stable machine code in error bodies. */
  readonly code: string;
  /** Whether a client may try again by itself; if not, `x-should-retry: false` is sent. */
  readonly isTransient: boolean;
}

function rule(
  flags: string,
  coolsDown: FaultRule["coolsDown"],
  status: number,
  errorType: ErrorType,
  code: string,
): FaultRule {
  return {
    isRetryable: flags.includes("R"),
    isFallbackAllowed: flags.includes("F"),
    isHealthFault: flags.includes("H"),
    isTransient: flags.includes("T"),
    coolsDown,
    status,
    errorType,
    code,
  };
}

/** R retry at the same target, F fall back to the next, H counts against health, T transient for the client. */
export const FAULT_RULES: Readonly<Record<FaultKind, FaultRule>> = {
  connect: rule("RFHT", "none", 502, "upstream_error", "upstream_unreachable"),
  timeout: rule("FHT", "none", 504, "timeout_error", "upstream_timeout"),
  "rate-limited": rule("RFT", "group", 429, "rate_limit_error", "rate_limited"),
  "quota-exhausted": rule("F", "group", 429, "insufficient_quota", "provider_quota_exhausted"),
  auth: rule("F", "account", 502, "upstream_error", "provider_auth_failed"),
  overloaded: rule("RFHT", "none", 503, "overloaded_error", "overloaded"),
  "upstream-error": rule("RFHT", "none", 502, "upstream_error", "upstream_error"),
  "model-not-found": rule("F", "none", 404, "not_found_error", "model_not_found"),
  "context-length": rule("F", "none", 400, "invalid_request_error", "context_length_exceeded"),
  "content-policy": rule("", "none", 400, "invalid_request_error", "content_policy"),
  "bad-request": rule("", "none", 400, "invalid_request_error", "bad_request"),
  garbage: rule("RFHT", "none", 502, "upstream_error", "upstream_garbage"),
  truncated: rule("RFHT", "none", 502, "upstream_error", "upstream_truncated"),
  unsupported: rule("F", "none", 400, "invalid_request_error", "unsupported_feature"),
  rejected: rule("F", "none", 502, "upstream_error", "answer_rejected"),
  "cooling-down": rule("FT", "none", 503, "overloaded_error", "cooling_down"),
  "no-key": rule("F", "none", 400, "invalid_request_error", "provider_not_configured"),
  unavailable: rule("F", "none", 503, "upstream_error", "target_unavailable"),
  "over-budget": rule("F", "none", 429, "insufficient_quota", "budget_exceeded"),
  "budget-held": rule("FT", "none", 429, "rate_limit_error", "budget_held"),
  unpriced: rule("F", "none", 400, "invalid_request_error", "model_unpriced"),
  "client-left": rule("", "none", 499, "invalid_request_error", "client_left"),
  shutdown: rule("T", "none", 503, "overloaded_error", "shutting_down"),
  internal: rule("T", "none", 500, "internal_error", "internal"),
};

/** What a client is told, before a dialect puts it in its own envelope. */
export interface ClientError {
  readonly status: number;
  readonly type: ErrorType;
  /** Stable, e.g. `model_not_found`. */
  readonly code: string;
  /** What, why, and how to fix it. */
  readonly message: string;
  readonly param?: string;
  readonly retryAfterMs?: number;
  /** False adds `x-should-retry: false`. */
  readonly shouldRetry: boolean;
  /** Extra members for the error object, e.g. Anthropic's `details`, `lodestar_metadata`. */
  readonly details?: import("./json.ts").JsonObject;
}

/** How long the upstream asks to wait, where it said so. */
export function retryAfterOf(fault: Fault): number | undefined {
  const isPause = fault.kind === "rate-limited" || fault.kind === "overloaded" || fault.kind === "budget-held";
  return isPause ? fault.retryAfterMs : undefined;
}

/** When a budget begins again, in Unix seconds: what stops Codex at once and tells its user the time. */
function detailsOf(fault: Fault): ClientError["details"] {
  if (fault.kind !== "over-budget" || fault.resetsAt === null) return undefined;
  return { resets_at: Math.ceil(fault.resetsAt / 1_000) };
}

/** What the client is told when `fault` is the last of its chain. A client error keeps the upstream's own 4xx status. */
export function clientErrorOf(fault: Fault): ClientError {
  const policy = FAULT_RULES[fault.kind];
  const retryAfterMs = retryAfterOf(fault);
  const details = detailsOf(fault);
  const isOwnStatus = fault.kind === "bad-request" && fault.status !== undefined;
  return {
    status: isOwnStatus ? (fault.status ?? policy.status) : policy.status,
    type: policy.errorType,
    code: policy.code,
    message: fault.message,
    shouldRetry: policy.isTransient,
    ...("param" in fault && fault.param !== undefined ? { param: fault.param } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined ? {} : { details }),
  };
}

/** A refusal of the request itself (400 unless said otherwise), not to be retried. */
export function refusal(
  code: string,
  message: string,
  more: Partial<Pick<ClientError, "status" | "type" | "param" | "details">> = {},
): ClientError {
  return { status: 400, type: "invalid_request_error", code, message, shouldRetry: false, ...more };
}
