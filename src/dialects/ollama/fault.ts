import type { ClientError, Fault, UpstreamWord } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { HeaderLookup } from "../dialect.ts";

/** What is known of a failure before its kind is: an error line inside a stream has no status. */
interface Failure {
  readonly status: number | undefined;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

type Reading = (failure: Failure, match: RegExpMatchArray) => Fault;

function wordOf({ status, message }: Failure): UpstreamWord {
  return status === undefined ? { message } : { status, message };
}

function waitOf({ retryAfterMs }: Failure): { readonly retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function notFound(failure: Failure, match: RegExpMatchArray): Fault {
  const name = match[1] ?? match[2];
  const fix = name === undefined ? "" : `; pull it with: ollama pull ${name}`;
  return { kind: "model-not-found", ...wordOf({ ...failure, message: `${failure.message}${fix}` }) };
}

function unsupported(failure: Failure, feature: string): Fault {
  const why = `Ollama: ${failure.message}; choose a model that can, see the capabilities in: ollama show NAME`;
  return { kind: "unsupported", message: why, feature };
}

function notLoaded(failure: Failure): Fault {
  const why = `Ollama could not load the model, its runner ended or its file is damaged: ${failure.message}`;
  return { kind: "upstream-error", ...wordOf({ ...failure, message: why }) };
}

/** Ollama's phrases, read from its server's replies (0.24) and its sources; the first that matches decides. */
const PHRASES: readonly (readonly [RegExp, Reading])[] = [
  [/model ['"]?([^'"\s]+)['"]? (?:is )?not found|try pulling it first/i, notFound],
  [/does not support (\w+)/i, (failure, match) => unsupported(failure, match[1] ?? "request")],
  [/missing data required for image input/i, (failure) => unsupported(failure, "images")],
  [
    /exceeds? (?:the )?(?:maximum |available )?context (?:length|size|window)|exceed_context_size/i,
    (failure) => ({ kind: "context-length", ...wordOf(failure) }),
  ],
  [
    /server busy|maximum pending requests|server overloaded/i,
    (failure) => ({ kind: "overloaded", ...wordOf(failure), ...waitOf(failure) }),
  ],
  [
    /requires more system memory|requires more (?:\w+ )?memory than/i,
    (failure) => ({
      kind: "unavailable",
      message: `Ollama: ${failure.message}; free memory, or choose a smaller model or quantization`,
    }),
  ],
  [
    /runner process (?:has terminated|no longer running)|runner has unexpectedly stopped|error loading model|CUDA error/i,
    (failure) => ({
      kind: "upstream-error",
      ...wordOf({ ...failure, message: `Ollama's model runner failed: ${failure.message}` }),
    }),
  ],
  [
    /\bEOF$/,
    // A load ends so as well, always with a status: only a line of a stream, or the reply of a running model, was an answer.
    (failure) =>
      failure.status === undefined || /running the model/i.test(failure.message)
        ? { kind: "truncated", message: `Ollama's runner ended in the middle of the answer: ${failure.message}` }
        : notLoaded(failure),
  ],
  [
    /^invalid (?:format|options)|^option ".*" must be/i,
    (failure) => ({ kind: "bad-request", ...wordOf({ ...failure, status: 400 }) }),
  ],
  [/(?:hourly|session) usage limit/i, (failure) => ({ kind: "rate-limited", ...wordOf(failure), ...waitOf(failure) })],
  [
    /(?:weekly|monthly) usage limit|upgrade for (?:higher|access)/i,
    (failure) => ({ kind: "quota-exhausted", ...wordOf(failure) }),
  ],
];

function faultOfStatus(failure: Failure): Fault {
  const word = wordOf(failure);
  const { status } = failure;
  if (status === 401 || status === 403) return { kind: "auth", ...word };
  if (status === 402) return { kind: "quota-exhausted", ...word };
  if (status === 429) return { kind: "rate-limited", ...word, ...waitOf(failure) };
  if (status === 503) return { kind: "overloaded", ...word, ...waitOf(failure) };
  if (status !== undefined && status >= 400 && status < 500) return { kind: "bad-request", ...word };
  return { kind: "upstream-error", ...word };
}

function faultOf(failure: Failure): Fault {
  for (const [phrase, reading] of PHRASES) {
    const match = failure.message.match(phrase);
    if (match !== null) return reading(failure, match);
  }
  return faultOfStatus(failure);
}

/** The text of an error body: `{"error": "…"}`, or `{"error": {"message": "…"}}` as a proxy before Ollama may write it. */
function messageOf(body: JsonObject): string | undefined {
  const { error } = body;
  if (typeof error === "string") return error;
  if (isJsonObject(error) && typeof error.message === "string") return error.message;
  return undefined;
}

/** The fault of an `{"error"}` line or body that came with status 200; `undefined` when it is none. */
export function faultOfBody(body: JsonObject): Fault | undefined {
  if (!("error" in body)) return undefined;
  const message = messageOf(body) ?? JSON.stringify(body.error);
  return faultOf({ status: undefined, message, retryAfterMs: undefined });
}

/** Only the form in seconds: a date would need a clock. */
function retryAfterMsOf(header: HeaderLookup): number | undefined {
  const seconds = Number(header("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) : undefined;
}

/** Reads an error reply: by Ollama's phrase, since its statuses are coarse (500 for a wrong option), else by status. */
export function decodeFault(status: number, header: HeaderLookup, body: string): Fault {
  const json = parseJson(body);
  const stated = isJsonObject(json) ? messageOf(json) : undefined;
  const message = stated ?? (body.trim().slice(0, 300) || `HTTP ${status} without a body`);
  return faultOf({ status, message, retryAfterMs: retryAfterMsOf(header) });
}

/** Ollama's envelope: `error` is the text, which is all its clients read; the rest is the vocabulary of every dialect. */
export function encodeFault(error: ClientError, requestId: string): JsonObject {
  return {
    ...error.details,
    error: error.message,
    type: error.type,
    code: error.code,
    ...(error.param === undefined ? {} : { param: error.param }),
    request_id: requestId,
  };
}
