import type { JsonObject, JsonValue } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { fetchThrough } from "../ssh/fetch.ts";

/** Asks an Ollama server something: with a body by POST, else by GET. The error is for people. */
export async function askOllama(url: string, timeoutMs: number, body?: JsonObject): Promise<Result<JsonValue, string>> {
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  try {
    const reply = await fetchThrough(url, { ...post, signal: AbortSignal.timeout(timeoutMs), proxy: "" });
    if (!reply.ok) return failure(`${url} answered ${reply.status}`);
    return success((await reply.json()) as JsonValue);
  } catch (error) {
    return failure(`${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A text, or null for anything else. */
export function text(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/** A finite number, or null for anything else. */
export function count(value: JsonValue | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The texts of a list, or null for what is no list. */
export function words(value: JsonValue | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.filter((word) => typeof word === "string") : null;
}

/** A moment as Unix ms, or null for what is none. */
export function momentMs(value: JsonValue | undefined): number | null {
  return typeof value === "string" ? count(Date.parse(value)) : null;
}
