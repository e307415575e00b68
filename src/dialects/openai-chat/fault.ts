import type { ClientError, Fault, UpstreamWord } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue, objectIn, parseJson } from "../../core/json.ts";
import type { HeaderLookup } from "../dialect.ts";
import { stringIn } from "./fields.ts";
import { retryAfterMsOf } from "./retry-after.ts";

/** Longest message kept of an upstream's error. */
const MAX_MESSAGE_CHARS = 2000;

type WordKind =
  | "auth"
  | "model-not-found"
  | "context-length"
  | "content-policy"
  | "quota-exhausted"
  | "rate-limited"
  | "overloaded";

/** What an error says in words, first match wins: status codes are shared by too many meanings. Tested on `code type message`. */
const WORDINGS: readonly { readonly kind: WordKind; readonly pattern: RegExp }[] = [
  {
    kind: "context-length",
    pattern:
      /context_length_exceeded|context.?(?:length|window|size)|maximum (?:context|prompt|input|allowed) (?:length|size|number of (?:input )?tokens)|(?:prompt|input|request|message)s? (?:is |are )?too (?:long|large for model)|too many (?:input |prompt )?tokens|exceeds? the (?:model'?s? )?(?:maximum|max|available) .{0,40}tokens|range of input length|input token count .{0,60}exceeds|reduce (?:the length|your (?:prompt|input|message))|tokens_limit_reached/i,
  },
  {
    kind: "content-policy",
    pattern:
      /content_filter|content_policy|responsibleai|data_inspection_failed|moderation|safety (?:system|policy|filter)|flagged|inappropriate content|usage polic|unsafe or sensitive/i,
  },
  {
    kind: "quota-exhausted",
    pattern:
      /insufficient_quota|billing_(?:hard_limit|not_active)|insufficient (?:balance|credit|funds|quota)|credit balance|out of credits?|requires more credits|check your plan and billing|spending limit|arrearage|payment required|account balance/i,
  },
  {
    kind: "auth",
    pattern:
      /invalid_api_key|(?:invalid|incorrect|missing|no|expired) api.?key|api.?key (?:not valid|is (?:invalid|missing)|expired)|authentication|unauthenticated|unauthorized|no_db_connection/i,
  },
  {
    kind: "model-not-found",
    pattern:
      /model_not_found|model_not_exist|invalid[_ ]model|unknown[_ ]model|no such model|not a valid model|model .{0,80}?(?:(?:was |is )?not found|does(?: not|n't) exist|not exist|is not (?:available|supported for)|has been (?:deprecated|decommissioned|retired))|model_decommissioned|no (?:allowed )?(?:providers|endpoints) (?:are )?(?:available|found)/i,
  },
  {
    kind: "overloaded",
    pattern:
      /overloaded|engine is currently|over capacity|capacity exceeded|at capacity|service unavailable|no healthy upstream/i,
  },
  {
    kind: "rate-limited",
    pattern: /rate.?limit|too many requests|resource_exhausted|requests per minute|tokens per (?:minute|day)/i,
  },
];

/** Where a wording may count: a 500 whose text mentions a model is still an error of the server. */
const CLIENT_SIDE: ReadonlySet<WordKind> = new Set(["auth", "model-not-found", "content-policy"]);

function firstObject(body: JsonValue | undefined): JsonObject {
  if (Array.isArray(body)) return firstObject(body[0]);
  return isJsonObject(body) ? body : {};
}

function detailText(detail: JsonValue | undefined): string | undefined {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  const lines = detail.flatMap((item) => {
    if (!isJsonObject(item) || typeof item.msg !== "string") return [];
    return [Array.isArray(item.loc) ? `${item.loc.join(".")}: ${item.msg}` : item.msg];
  });
  return lines.length === 0 ? undefined : lines.join("; ");
}

function htmlText(body: string): string | undefined {
  if (!/^\s*<(?:!doctype|html|head|\?xml)/i.test(body)) return undefined;
  const title = /<(title|h1)[^>]*>([^<]*)</i.exec(body)?.[2]?.trim();
  return `The server answered with a web page instead of JSON${title ? `: ${title}` : ""}. Check the provider's base URL and any proxy on the way.`;
}

/** The object that carries the message: under `error`, in a list (Google), or the body itself (Mistral, Cohere, Alibaba). */
interface Finding {
  readonly error: JsonObject;
  readonly message: string;
  readonly code: string | undefined;
  readonly type: string;
  readonly param: string | undefined;
  readonly isHtml: boolean;
}

function codeOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function findError(body: JsonValue | undefined, text: string, status: number | undefined): Finding {
  const outer = firstObject(body);
  const inner = objectIn(outer, "error");
  const error = Object.keys(inner).length > 0 ? inner : outer;
  const upstream = stringIn(objectIn(error, "metadata"), "raw");
  const html = htmlText(text);
  const message =
    stringIn(error, "message") ??
    stringIn(outer, "error") ??
    stringIn(outer, "message") ??
    detailText(outer.detail) ??
    html;
  const plain = body === undefined && html === undefined ? text.trim() : "";
  const words = message || plain || `The server answered with status ${status ?? "unknown"} and no message.`;
  return {
    error,
    message: (upstream === undefined ? words : `${words}: ${upstream}`).slice(0, MAX_MESSAGE_CHARS),
    code: codeOf(error.code) ?? codeOf(outer.code) ?? codeOf(error.status) ?? stringIn(error, "type"),
    type: [error.type, error.status].map((value) => codeOf(value) ?? "").join(" "),
    param: stringIn(error, "param"),
    isHtml: html !== undefined,
  };
}

function wordingOf(finding: Finding, status: number | undefined): WordKind | undefined {
  const text = `${finding.code ?? ""} ${finding.type} ${finding.message}`;
  const isServerSide = status !== undefined && status >= 500;
  return WORDINGS.find(({ kind, pattern }) => pattern.test(text) && !(isServerSide && CLIENT_SIDE.has(kind)))?.kind;
}

type Kind = WordKind | "upstream-error" | "bad-request";

/** What the status alone says. 498 is Groq's, 529 Anthropic's word for being too busy. */
function kindOfStatus(status: number | undefined, finding: Finding): Kind {
  if (status === undefined) return "upstream-error";
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "quota-exhausted";
  if (status === 404) return finding.isHtml ? "upstream-error" : "model-not-found";
  if (status === 429) return "rate-limited";
  if (status === 498 || status === 503 || status === 529) return "overloaded";
  if (status >= 500 || status === 408 || status < 400) return "upstream-error";
  return "bad-request";
}

/** Meanings that a 401 or 403 may have beside a wrong key. */
const NOT_AUTH: readonly WordKind[] = ["model-not-found", "content-policy", "quota-exhausted"];

/** The words decide, but for the statuses that have one meaning; a 429 is a limit that ends unless the credit is used up. */
function kindOf(finding: Finding, status: number | undefined, retryAfterMs: number | undefined): Kind {
  const byStatus = kindOfStatus(status, finding);
  const wording = finding.isHtml ? undefined : wordingOf(finding, status);
  if (wording === undefined || status === 402 || status === 404 || byStatus === "overloaded") return byStatus;
  if (status === 429) {
    const comesBack = retryAfterMs !== undefined && finding.code !== "insufficient_quota";
    return wording === "quota-exhausted" && !comesBack ? wording : "rate-limited";
  }
  return byStatus === "auth" && !NOT_AUTH.includes(wording) ? "auth" : wording;
}

function faultOf(finding: Finding, status: number | undefined, header: HeaderLookup): Fault {
  const retryAfterMs = retryAfterMsOf(header, finding.error, finding.message);
  const kind = kindOf(finding, status, retryAfterMs);
  const word: UpstreamWord = {
    message: finding.message,
    ...(status === undefined ? {} : { status }),
    ...(finding.code === undefined ? {} : { code: finding.code }),
    ...(finding.param === undefined ? {} : { param: finding.param }),
  };
  if (kind === "rate-limited" || kind === "overloaded") {
    return { kind, ...word, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind, ...word };
}

/** The fault behind an error reply of any provider of this dialect, whatever its shape: envelope, list, bare object, web page, nothing. */
export function decodeFault(status: number, header: HeaderLookup, body: string): Fault {
  return faultOf(findError(parseJson(body), body, status), status, header);
}

/** The fault in an error object met where an answer was expected: in a stream, or in a reply of status 200. */
export function faultOfBody(body: JsonObject): Fault {
  const code = objectIn(body, "error").code;
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : undefined;
  return faultOf(findError(body, "", status), status, () => null);
}

/** The error envelope of this dialect, with our request id beside it. */
export function encodeFault(error: ClientError, requestId: string): JsonObject {
  return {
    error: {
      message: error.message,
      type: error.type,
      param: error.param ?? null,
      code: error.code,
      ...error.details,
    },
    request_id: requestId,
  };
}
