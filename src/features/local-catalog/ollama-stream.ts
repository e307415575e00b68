import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import { linesOf } from "../../core/lines.ts";
import type { LocalProblem } from "../../core/local-view.ts";
import type { OllamaRefusal } from "../../host/ollama/runner.ts";
import { fetchThrough } from "../../host/ssh/fetch.ts";

const NO_SPACE = /no space left on device|not enough space|disk quota exceeded/i;
const TOO_OLD = /requires a newer version/i;
/** Go's words for a network that does not lead there. */
const OFFLINE = /\bdial (?:tcp|udp)\b|no such host|TLS handshake|x509:|i\/o timeout/i;
const ABSENT = /not found|file does not exist/i;

/** A server that is not there, or does not answer. */
export function unreachable(baseUrl: string): LocalProblem {
  const fix = "start it with `ollama serve`, or point OLLAMA_HOST at it (docs/local-models.md)";
  return { code: "ollama_unreachable", message: `no Ollama answers at ${baseUrl}`, fix };
}

/** A server that ended in the middle of an answer. */
function brokenOff(baseUrl: string): LocalProblem {
  const fix = "look whether it still runs (`lodestar local list`); the same command goes on from there";
  return { code: "ollama_unreachable", message: `the Ollama at ${baseUrl} broke off in the middle of its answer`, fix };
}

/** The disk is full, or would be. */
export function diskFull(message: string): LocalProblem {
  const fix = "free some space (`lodestar local remove MODEL`), then pull again: it goes on where it stopped";
  return { code: "disk_full", message, fix };
}

/** What Ollama's own words mean, and what to do about it. */
export function problemOf(words: string, baseUrl: string): LocalProblem {
  if (NO_SPACE.test(words)) return diskFull(`the disk of ${baseUrl} is full: ${words}`);
  if (TOO_OLD.test(words)) {
    const fix = "update it: https://ollama.com/download, then pull again";
    return { code: "ollama_too_old", message: `the Ollama at ${baseUrl} is too old for this model: ${words}`, fix };
  }
  if (/manifest|registry/i.test(words) && OFFLINE.test(words)) {
    const fix =
      "look at the network of the machine that Ollama runs on; behind a proxy set HTTPS_PROXY in Ollama's own environment, then pull again";
    return { code: "ollama_refused", message: `the Ollama at ${baseUrl} does not reach its library: ${words}`, fix };
  }
  if (/manifest/i.test(words) && ABSENT.test(words)) {
    const fix = "look for its exact name and tag: `lodestar local catalog`, or https://ollama.com/library";
    return { code: "model_not_in_library", message: `the library has no such model: ${words}`, fix };
  }
  if (ABSENT.test(words)) {
    return { code: "model_not_found", message: words, fix: "`lodestar local list` shows what is installed" };
  }
  return { code: "ollama_refused", message: `Ollama says: ${words}`, fix: null };
}

/** Why a server did not load or unload a model. */
export function refusalProblem({ status, text }: OllamaRefusal, baseUrl: string): LocalProblem {
  return status === null ? unreachable(baseUrl) : problemOf(text, baseUrl);
}

/** One message of Ollama, or how it failed. */
export type OllamaLine =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; readonly problem: LocalProblem };

function lineOf(text: string, baseUrl: string): OllamaLine | null {
  if (text.trim() === "") return null;
  const body = parseJson(text);
  if (!isJsonObject(body))
    return { ok: false, problem: problemOf(`a line that is no JSON: ${text.slice(0, 80)}`, baseUrl) };
  if (typeof body.error === "string") return { ok: false, problem: problemOf(body.error, baseUrl) };
  return { ok: true, body };
}

async function* messagesOf(body: AsyncIterable<Uint8Array>, baseUrl: string): AsyncGenerator<OllamaLine> {
  for await (const line of linesOf(body)) {
    const read = lineOf(line, baseUrl);
    if (read !== null) yield read;
  }
}

/** What is asked of a server. */
export interface OllamaCall {
  readonly baseUrl: string;
  readonly method?: "POST" | "DELETE";
  readonly path: string;
  readonly body: JsonObject;
  readonly signal: AbortSignal;
}

/**
 * Asks a server for something that takes long, and yields what it says, line by line. It has no deadline: leaving (`signal`)
 * ends it, and Ollama then stops what it was doing. A lost connection and an abort are lines too, the last ones.
 */
export async function* callOllama({
  baseUrl,
  method = "POST",
  path,
  body,
  signal,
}: OllamaCall): AsyncGenerator<OllamaLine> {
  const base = baseUrl.replace(/\/+$/, "");
  let hasBegun = false;
  try {
    const init = { method, body: JSON.stringify(body), signal, proxy: "", timeout: false };
    const reply = await fetchThrough(base + path, init);
    hasBegun = true;
    if (reply.ok) yield* messagesOf(reply.body ?? new ReadableStream<Uint8Array>(), base);
    else
      yield lineOf(await reply.text(), base) ?? {
        ok: false,
        problem: problemOf(`${path} answered ${reply.status}`, base),
      };
  } catch (error) {
    if (signal.aborted) {
      const fix = "what was downloaded stays; the same command goes on from there";
      yield { ok: false, problem: { code: "cancelled", message: "cancelled", fix } };
      return;
    }
    if (!(error instanceof Error)) throw error;
    yield { ok: false, problem: hasBegun ? brokenOff(base) : unreachable(base) };
  }
}

/** The last line of a call: what it came to. */
export async function askOnce(call: OllamaCall): Promise<OllamaLine> {
  let last: OllamaLine = { ok: true, body: {} };
  for await (const line of callOllama(call)) {
    last = line;
    if (!line.ok) break;
  }
  return last;
}
