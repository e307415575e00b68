import { isJsonObject, type JsonValue } from "../core/json.ts";
import type { InstalledModel } from "../core/local-choice.ts";
import { failure, type Result, success } from "../core/result.ts";

/** A model held in memory by an Ollama server (`GET /api/ps`). */
export interface LoadedModel {
  readonly name: string;
  readonly sizeBytes: number;
  readonly vramBytes: number;
  readonly contextTokens: number | null;
  readonly expiresAt: string | null;
}

/** What an Ollama server says of itself. */
export interface OllamaState {
  readonly version: string;
  readonly installed: readonly InstalledModel[];
  readonly loaded: readonly LoadedModel[];
}

const FIRST_MODEL = "`ollama pull qwen2.5-coder:1.5b` (about 1 GB)";

/** How to get a first local model, by whether a server answers at `url`; null where none is configured. */
export function pullHint(url: string | null, isReachable: boolean): string {
  if (isReachable) return `Run ${FIRST_MODEL}, then try again.`;
  const where = url === null ? "No Ollama is configured" : `Nothing answers at ${url}`;
  return `${where}: start Ollama (\`ollama serve\`; install it from https://ollama.com/download), then run ${FIRST_MODEL}.`;
}

async function getJson(url: string, timeoutMs: number): Promise<Result<JsonValue, string>> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), proxy: "" });
    if (!reply.ok) return failure(`${url} answered ${reply.status}`);
    return success((await reply.json()) as JsonValue);
  } catch (error) {
    return failure(`${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function listIn(json: JsonValue): readonly JsonValue[] {
  return isJsonObject(json) && Array.isArray(json.models) ? json.models : [];
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function count(value: JsonValue | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function readInstalled(json: JsonValue): readonly InstalledModel[] {
  return listIn(json).flatMap((entry) => {
    const name = isJsonObject(entry) ? (text(entry.name) ?? text(entry.model)) : null;
    if (!isJsonObject(entry) || name === null) return [];
    const words = Array.isArray(entry.capabilities)
      ? entry.capabilities.filter((word) => typeof word === "string")
      : null;
    return [{ name, sizeBytes: count(entry.size) ?? 0, capabilities: words }];
  });
}

function readLoaded(json: JsonValue): readonly LoadedModel[] {
  return listIn(json).flatMap((entry) => {
    const name = isJsonObject(entry) ? (text(entry.name) ?? text(entry.model)) : null;
    if (!isJsonObject(entry) || name === null) return [];
    return [
      {
        name,
        sizeBytes: count(entry.size) ?? 0,
        vramBytes: count(entry.size_vram) ?? 0,
        contextTokens: count(entry.context_length),
        expiresAt: text(entry.expires_at),
      },
    ];
  });
}

/** Asks an Ollama server what it has and what it holds (`/api/version`, `/api/tags`, `/api/ps`; all free). The error is for people. */
export async function readOllama(baseUrl: string, timeoutMs: number): Promise<Result<OllamaState, string>> {
  const base = baseUrl.replace(/\/+$/, "");
  const [version, tags, ps] = await Promise.all([
    getJson(`${base}/api/version`, timeoutMs),
    getJson(`${base}/api/tags`, timeoutMs),
    getJson(`${base}/api/ps`, timeoutMs),
  ]);
  if (!version.ok) return version;
  if (!tags.ok) return tags;
  return success({
    version: (isJsonObject(version.value) ? text(version.value.version) : null) ?? "unknown",
    installed: readInstalled(tags.value),
    loaded: ps.ok ? readLoaded(ps.value) : [],
  });
}
