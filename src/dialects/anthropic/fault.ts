import type { ClientError, ErrorType, Fault, UpstreamWord } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../../core/json.ts";
import type { HeaderLookup } from "../dialect.ts";

type WordFault =
  | "rate-limited"
  | "overloaded"
  | "auth"
  | "quota-exhausted"
  | "model-not-found"
  | "upstream-error"
  | "bad-request"
  | "context-length"
  | "content-policy";

/** Longest part of a body that is no envelope (an HTML page of a proxy) to show. */
const SHOWN_CHARACTERS = 300;

const CONTEXT_LENGTH =
  /prompt is too long|exceeds? (the )?(model's )?context|context (window|length|limit)|too many (input )?tokens/i;
const QUOTA = /credit balance is too low|spend(ing)? limit|usage limit|purchase (more )?credits|plans & billing/i;
const CONTENT_POLICY = /content filtering policy|usage policy|blocked by/i;
const PARAM = /^([a-z_]+(?:\.[a-z0-9_]+)*): /;

const KIND_BY_TYPE: ReadonlyMap<string, WordFault> = new Map<string, WordFault>([
  ["rate_limit_error", "rate-limited"],
  ["overloaded_error", "overloaded"],
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["billing_error", "quota-exhausted"],
  ["not_found_error", "model-not-found"],
  ["request_too_large", "bad-request"],
  ["timeout_error", "upstream-error"],
  ["api_error", "upstream-error"],
  ["invalid_request_error", "bad-request"],
]);

const KIND_BY_STATUS: ReadonlyMap<number, WordFault> = new Map<number, WordFault>([
  [401, "auth"],
  [402, "quota-exhausted"],
  [403, "auth"],
  [404, "model-not-found"],
  [429, "rate-limited"],
  [503, "overloaded"],
  [529, "overloaded"],
]);

function kindOf(type: string | undefined, status: number | undefined, message: string): WordFault {
  const byStatus = status === undefined ? undefined : KIND_BY_STATUS.get(status);
  const byClass = status === undefined || status >= 500 ? "upstream-error" : "bad-request";
  const kind = KIND_BY_TYPE.get(type ?? "") ?? byStatus ?? byClass;
  if ((kind === "bad-request" || kind === "rate-limited") && QUOTA.test(message)) return "quota-exhausted";
  if (kind !== "bad-request") return kind;
  if (CONTEXT_LENGTH.test(message)) return "context-length";
  return CONTENT_POLICY.test(message) ? "content-policy" : kind;
}

function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function errorCodeOf(error: JsonObject): string | undefined {
  return isJsonObject(error.details) ? stringOf(error.details.error_code) : undefined;
}

/**
 * The fault that an `error` object of this dialect means: of an error reply, of `event: error` in a stream (no status), or of a
 * 200 reply that is an error.
 */
export function faultOfError(error: JsonValue | undefined, status?: number, retryAfterMs?: number): Fault {
  const object = isJsonObject(error) ? error : {};
  const type = stringOf(object.type);
  const message = stringOf(object.message) ?? (status === undefined ? "an error without a message" : `HTTP ${status}`);
  const kind = kindOf(type, status, message);
  const code = errorCodeOf(object) ?? type;
  const param = kind === "bad-request" ? PARAM.exec(message)?.[1] : undefined;
  const word: UpstreamWord = {
    message,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  };
  const canWait = kind === "rate-limited" || kind === "overloaded";
  return canWait && retryAfterMs !== undefined ? { kind, ...word, retryAfterMs } : { kind, ...word };
}

/** Milliseconds from the reply's own `date` to a moment it names: no clock of ours, no skew between the two. */
function untilMs(moment: string | null, header: HeaderLookup): number | undefined {
  const from = Date.parse(header("date") ?? "");
  const to = Date.parse(moment ?? "");
  return Number.isNaN(from) || Number.isNaN(to) ? undefined : Math.max(0, to - from);
}

function scaled(text: string | null, factor: number): number | undefined {
  return text !== null && /^\d+(\.\d+)?$/.test(text.trim()) ? Math.ceil(Number(text) * factor) : undefined;
}

const LIMITS = ["requests", "tokens", "input-tokens", "output-tokens"];

/** The latest reset among the limits that have nothing left (`anthropic-ratelimit-*-remaining: 0`). */
function resetMs(header: HeaderLookup): number | undefined {
  const waits = LIMITS.filter((limit) => header(`anthropic-ratelimit-${limit}-remaining`) === "0")
    .map((limit) => untilMs(header(`anthropic-ratelimit-${limit}-reset`), header))
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function retryAfter(header: HeaderLookup): number | undefined {
  const value = header("retry-after");
  return scaled(header("retry-after-ms"), 1) ?? scaled(value, 1000) ?? untilMs(value, header) ?? resetMs(header);
}

/** Reads an error reply of an upstream, whatever stands in its body. */
export function decodeFault(status: number, header: HeaderLookup, body: string): Fault {
  const parsed = parseJson(body);
  const error = isJsonObject(parsed) ? parsed.error : undefined;
  const shown = body.trim().slice(0, SHOWN_CHARACTERS);
  const foreign: JsonObject = shown === "" ? {} : { message: stringOf(error) ?? shown };
  return faultOfError(isJsonObject(error) ? error : foreign, status, retryAfter(header));
}

/** Anthropic's word for each of ours. */
const WIRE_TYPE: Readonly<Record<ErrorType, string>> = {
  invalid_request_error: "invalid_request_error",
  authentication_error: "authentication_error",
  permission_error: "permission_error",
  not_found_error: "not_found_error",
  request_too_large: "request_too_large",
  rate_limit_error: "rate_limit_error",
  insufficient_quota: "billing_error",
  overloaded_error: "overloaded_error",
  timeout_error: "timeout_error",
  upstream_error: "api_error",
  internal_error: "api_error",
};

/** The error envelope; our stable code stands where Anthropic puts its own, in `error.details.error_code`. */
export function encodeFault(error: ClientError, requestId: string): JsonObject {
  const { details: own, ...members } = error.details ?? {};
  const param = error.param === undefined ? {} : { param: error.param };
  const details = { error_code: error.code, ...param, ...(isJsonObject(own) ? own : {}) };
  return {
    type: "error",
    error: { type: WIRE_TYPE[error.type], message: error.message, details, ...members },
    request_id: requestId,
  };
}
