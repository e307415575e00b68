import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { HeaderLookup } from "../dialect.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNITS = /(\d+(?:\.\d+)?)\s*(ms|d|h|m|s)/g;

/** Prose of Groq (`try again in 7.66s`), OpenAI, Azure (`retry after 20 seconds`) and Google (`retry in 34.4s`). */
const IN_TEXT =
  /(?:try again|retry)\s+(?:in|after)\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|d|h|hours?|minutes?|m|seconds?|s)(?![a-z])\s*)+)/i;

/** Above this a bare number is a moment (Unix seconds), not a span; above a thousand times this, Unix milliseconds. */
const FIRST_UNIX_SECOND = 1_000_000_000;

/** A span such as `7.66s`, `6m0s`, `120ms` or `1h2m3.5s` in milliseconds. */
export function parseSpanMs(text: string): number | undefined {
  let total = 0;
  let isFound = false;
  for (const [, count = "0", unit = "s"] of text.matchAll(UNITS)) {
    total += Number(count) * (UNIT_MS[unit] ?? 0);
    isFound = true;
  }
  return isFound ? Math.ceil(total) : undefined;
}

/** The server's own clock, by which moments in its headers become spans without a clock of ours. */
function serverNowMs(header: HeaderLookup): number | undefined {
  const now = Date.parse(header("date") ?? "");
  return Number.isNaN(now) ? undefined : now;
}

function untilMs(momentMs: number, header: HeaderLookup): number | undefined {
  const now = serverNowMs(header);
  return now === undefined || Number.isNaN(momentMs) ? undefined : Math.max(0, momentMs - now);
}

/** Seconds, a span with units, Unix seconds or milliseconds, or an HTTP date. */
function parseHeader(value: string | null, header: HeaderLookup): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const count = Number(value);
  if (Number.isNaN(count))
    return parseSpanMs(/^[\d.smhd]+$/.test(value) ? value : "") ?? untilMs(Date.parse(value), header);
  if (count < 0) return 0;
  if (count < FIRST_UNIX_SECOND) return Math.ceil(count * 1000);
  return untilMs(count < FIRST_UNIX_SECOND * 1000 ? count * 1000 : count, header);
}

/** The reset of the limits that are used up; of all of them when none says so. */
function resetMs(header: HeaderLookup): number | undefined {
  const kinds = ["-requests", "-tokens", ""].flatMap((kind) => {
    const reset = parseHeader(header(`x-ratelimit-reset${kind}`), header);
    return reset === undefined ? [] : [{ reset, isUsedUp: header(`x-ratelimit-remaining${kind}`)?.trim() === "0" }];
  });
  const usedUp = kinds.filter((kind) => kind.isUsedUp);
  const resets = (usedUp.length > 0 ? usedUp : kinds).map((kind) => kind.reset);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

/** Google's `RetryInfo` among the details of its error. */
function retryInfoMs(error: JsonObject): number | undefined {
  const details: readonly JsonValue[] = Array.isArray(error.details) ? error.details : [];
  for (const detail of details) {
    if (isJsonObject(detail) && typeof detail.retryDelay === "string") return parseSpanMs(detail.retryDelay);
  }
  return undefined;
}

function textMs(message: string): number | undefined {
  const span = IN_TEXT.exec(message)?.[1];
  return span === undefined ? undefined : parseSpanMs(span);
}

/**
 * How long an upstream asks to wait, in milliseconds: `retry-after-ms`, `retry-after`, Google's `RetryInfo`, the
 * message's own words, else the `x-ratelimit-reset-*` headers of the limit that is used up.
 */
export function retryAfterMsOf(header: HeaderLookup, error: JsonObject, message: string): number | undefined {
  const milliseconds = Number(header("retry-after-ms") ?? Number.NaN);
  if (!Number.isNaN(milliseconds)) return Math.max(0, Math.ceil(milliseconds));
  return parseHeader(header("retry-after"), header) ?? retryInfoMs(error) ?? textMs(message) ?? resetMs(header);
}
