import type { ClientError, ErrorType, Fault, UpstreamWord } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, objectsIn, parseJson } from "../../core/json.ts";
import type { HeaderLookup } from "../dialect.ts";
import { stringIn } from "./fields.ts";

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

const RPC = "type.googleapis.com/google.rpc.";

const CONTEXT_LENGTH =
  /exceeds the maximum number of (?:input )?tokens|token count .* exceeds|exceeds? .*context (?:window|length)/i;
const BAD_KEY = /api[ _]key (?:not valid|expired|not found)|API_KEY_INVALID/i;
const SPENT = /credits? (?:are|is) depleted|spend(?:ing)? (?:cap|limit)|limit: 0\b|billing account/i;
const CONTENT_POLICY = /blocked|safety|prohibited content/i;
const NO_THINKING =
  /thinking.*(?:is|are) not supported|does not support (?:setting )?thinking|thinking_?(?:budget|level).*not supported/i;

/** Source: google.rpc.Code, cloud.google.com/apis/design/errors. */
const KIND_BY_STATUS: ReadonlyMap<string, WordFault> = new Map<string, WordFault>([
  ["INVALID_ARGUMENT", "bad-request"],
  ["FAILED_PRECONDITION", "auth"],
  ["OUT_OF_RANGE", "bad-request"],
  ["UNAUTHENTICATED", "auth"],
  ["PERMISSION_DENIED", "auth"],
  ["NOT_FOUND", "model-not-found"],
  ["RESOURCE_EXHAUSTED", "rate-limited"],
  ["UNAVAILABLE", "overloaded"],
  ["DEADLINE_EXCEEDED", "upstream-error"],
  ["INTERNAL", "upstream-error"],
  ["UNKNOWN", "upstream-error"],
]);

const KIND_BY_CODE: ReadonlyMap<number, WordFault> = new Map<number, WordFault>([
  [401, "auth"],
  [402, "quota-exhausted"],
  [403, "auth"],
  [404, "model-not-found"],
  [429, "rate-limited"],
  [503, "overloaded"],
]);

function detailOf(error: JsonObject, type: string): JsonObject {
  return objectsIn(error, "details").find((detail) => detail["@type"] === `${RPC}${type}`) ?? {};
}

/** A day's quota is used up (waiting seconds does not help), or there is none at all for this model. */
function isQuotaSpent(error: JsonObject, message: string): boolean {
  const violations = objectsIn(detailOf(error, "QuotaFailure"), "violations");
  const isDaily = ({ quotaId }: JsonObject): boolean =>
    typeof quotaId === "string" && /PerDay|PerMonth|Daily/i.test(quotaId);
  return violations.some((violation) => isDaily(violation) || violation.quotaValue === "0") || SPENT.test(message);
}

function kindOf(error: JsonObject, status: number | undefined, message: string): WordFault {
  const byClass = status === undefined || status >= 500 ? "upstream-error" : "bad-request";
  const byCode = status === undefined ? undefined : KIND_BY_CODE.get(status);
  const kind = KIND_BY_STATUS.get(stringIn(error, "status") ?? "") ?? byCode ?? byClass;
  if (kind === "rate-limited") return isQuotaSpent(error, message) ? "quota-exhausted" : kind;
  if (kind !== "bad-request") return kind;
  if (BAD_KEY.test(`${message} ${stringIn(detailOf(error, "ErrorInfo"), "reason") ?? ""}`)) return "auth";
  if (CONTEXT_LENGTH.test(message)) return "context-length";
  return CONTENT_POLICY.test(message) ? "content-policy" : kind;
}

function secondsToMs(text: string | null | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)s?$/.exec((text ?? "").trim());
  return match === null ? undefined : Math.ceil(Number(match[1]) * 1000);
}

/** The wait as `RetryInfo` gives it (`"34.4s"`), else as the message does. */
function retryDelayMs(error: JsonObject, message: string): number | undefined {
  const said = /retry in (\d+(?:\.\d+)?)s/i.exec(message)?.[1];
  return secondsToMs(stringIn(detailOf(error, "RetryInfo"), "retryDelay")) ?? secondsToMs(said);
}

function paramOf(error: JsonObject): string | undefined {
  const [violation] = objectsIn(detailOf(error, "BadRequest"), "fieldViolations");
  return violation === undefined ? undefined : stringIn(violation, "field");
}

/** The fault an `error` object means: of an error reply, of an event in a stream (then the status is its own `code`), of a 200 reply. */
function faultOfError(error: JsonObject, status: number | undefined, headerWaitMs?: number): Fault {
  const message =
    stringIn(error, "message") ?? (status === undefined ? "an error without a message" : `HTTP ${status}`);
  const kind = kindOf(error, status, message);
  const code = stringIn(error, "status");
  const param = kind === "bad-request" ? paramOf(error) : undefined;
  if (kind === "bad-request" && NO_THINKING.test(message)) return { kind: "unsupported", feature: "thinking", message };
  const word: UpstreamWord = {
    message,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  };
  const retryAfterMs = headerWaitMs ?? retryDelayMs(error, message);
  const canWait = kind === "rate-limited" || kind === "overloaded";
  return canWait && retryAfterMs !== undefined ? { kind, ...word, retryAfterMs } : { kind, ...word };
}

/** The fault that a body under status 200 or an event of a stream is; undefined when it is none. */
export function faultOfBody(body: JsonObject): Fault | undefined {
  if (!isJsonObject(body.error)) return undefined;
  const { code } = body.error;
  return faultOfError(body.error, typeof code === "number" ? code : undefined);
}

function retryAfterMs(header: HeaderLookup): number | undefined {
  const inMs = header("retry-after-ms");
  return inMs !== null && /^\d+$/.test(inMs) ? Number(inMs) : secondsToMs(header("retry-after"));
}

/** The first element of an array: the endpoint that streams an array answers errors in one too. */
function firstOf(parsed: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(parsed) ? parsed[0] : parsed;
}

/** Reads an error reply of an upstream, whatever stands in its body. */
export function decodeFault(status: number, header: HeaderLookup, body: string): Fault {
  const parsed = firstOf(parseJson(body));
  const shown = body.trim().slice(0, SHOWN_CHARACTERS);
  const foreign: JsonObject = shown === "" ? {} : { message: shown };
  const error = isJsonObject(parsed) && isJsonObject(parsed.error) ? objectIn(parsed, "error") : foreign;
  return faultOfError(error, status, retryAfterMs(header));
}

/** Google's word for each of ours. */
const STATUS_WORD: Readonly<Record<ErrorType, string>> = {
  invalid_request_error: "INVALID_ARGUMENT",
  authentication_error: "UNAUTHENTICATED",
  permission_error: "PERMISSION_DENIED",
  not_found_error: "NOT_FOUND",
  request_too_large: "INVALID_ARGUMENT",
  rate_limit_error: "RESOURCE_EXHAUSTED",
  insufficient_quota: "RESOURCE_EXHAUSTED",
  overloaded_error: "UNAVAILABLE",
  timeout_error: "DEADLINE_EXCEEDED",
  upstream_error: "INTERNAL",
  internal_error: "INTERNAL",
};

function errorInfo(error: ClientError, requestId: string): JsonObject {
  const metadata = {
    error_type: error.type,
    request_id: requestId,
    ...(error.param === undefined ? {} : { param: error.param }),
  };
  return { "@type": `${RPC}ErrorInfo`, reason: error.code.toUpperCase(), domain: "lodestar", metadata };
}

/** What Gemini's clients look for to stop instead of trying again: a quota of a whole day. */
function quotaFailure({ message }: ClientError): JsonObject {
  return { "@type": `${RPC}QuotaFailure`, violations: [{ quotaId: "LodestarBudgetPerDay", description: message }] };
}

/**
 * The error envelope. Our stable code and type stand in an `ErrorInfo` among the details, the wait in a `RetryInfo`; members of ours
 * (`lodestar_metadata`) stand beside them.
 */
export function encodeFault(error: ClientError, requestId: string): JsonObject {
  const wait = error.retryAfterMs;
  const details = [
    errorInfo(error, requestId),
    ...(error.type === "insufficient_quota" ? [quotaFailure(error)] : []),
    ...(wait === undefined ? [] : [{ "@type": `${RPC}RetryInfo`, retryDelay: `${wait / 1000}s` }]),
  ];
  const { details: own, ...members } = error.details ?? {};
  return {
    error: {
      ...members,
      code: error.status,
      message: error.message,
      status: STATUS_WORD[error.type],
      details: [...details, ...(Array.isArray(own) ? own : [])],
    },
  };
}
