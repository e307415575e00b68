import { isJsonObject, type JsonValue } from "../../core/json.ts";
import type { InstalledModel } from "../../core/local-choice.ts";
import { type Result, success } from "../../core/result.ts";
import { askOllama, count, momentMs, text, words } from "./answer.ts";

/** A model on an Ollama server's disk (`GET /api/tags`). */
export interface PulledModel extends InstalledModel {
  /** 64 hexadecimal digits; another content has another one. */
  readonly digest: string | null;
  /** As people write it, such as `1.5B`. */
  readonly parameterSize: string | null;
  readonly quantization: string | null;
  /** Unix ms. */
  readonly modifiedAtMs: number | null;
}

/** A model held in memory by an Ollama server (`GET /api/ps`). */
export interface LoadedModel {
  readonly name: string;
  readonly sizeBytes: number;
  readonly vramBytes: number;
  readonly contextTokens: number | null;
  /** Unix ms. */
  readonly expiresAtMs: number | null;
}

/** What an Ollama server says of itself. */
export interface OllamaState {
  readonly version: string;
  readonly installed: readonly PulledModel[];
  readonly loaded: readonly LoadedModel[];
}

const FIRST_MODEL = "`ollama pull qwen2.5-coder:1.5b` (about 1 GB)";

/** How to get a first local model, by whether a server answers at `url`; null where none is configured. */
export function pullHint(url: string | null, isReachable: boolean): string {
  if (isReachable) return `Run ${FIRST_MODEL}, then try again.`;
  const where = url === null ? "No Ollama is configured" : `Nothing answers at ${url}`;
  return `${where}: start Ollama (\`ollama serve\`; install it from https://ollama.com/download), then run ${FIRST_MODEL}.`;
}

function listIn(json: JsonValue): readonly JsonValue[] {
  return isJsonObject(json) && Array.isArray(json.models) ? json.models : [];
}

function readPulled(entry: JsonValue): readonly PulledModel[] {
  const name = isJsonObject(entry) ? (text(entry.name) ?? text(entry.model)) : null;
  if (!isJsonObject(entry) || name === null) return [];
  const details = isJsonObject(entry.details) ? entry.details : {};
  return [
    {
      name,
      sizeBytes: count(entry.size) ?? 0,
      capabilities: words(entry.capabilities),
      contextTokens: null,
      family: text(details.family),
      digest: text(entry.digest),
      parameterSize: text(details.parameter_size),
      quantization: text(details.quantization_level),
      modifiedAtMs: momentMs(entry.modified_at),
    },
  ];
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
        expiresAtMs: momentMs(entry.expires_at),
      },
    ];
  });
}

/** Asks an Ollama server what it holds in memory (`/api/ps`); null where it does not answer. */
export async function readLoadedModels(baseUrl: string, timeoutMs: number): Promise<readonly LoadedModel[] | null> {
  const ps = await askOllama(`${baseUrl.replace(/\/+$/, "")}/api/ps`, timeoutMs);
  return ps.ok ? readLoaded(ps.value) : null;
}

/** Asks an Ollama server what it has and what it holds (`/api/version`, `/api/tags`, `/api/ps`; all free). The error is for people. */
export async function readOllama(baseUrl: string, timeoutMs: number): Promise<Result<OllamaState, string>> {
  const base = baseUrl.replace(/\/+$/, "");
  const [version, tags, ps] = await Promise.all([
    askOllama(`${base}/api/version`, timeoutMs),
    askOllama(`${base}/api/tags`, timeoutMs),
    askOllama(`${base}/api/ps`, timeoutMs),
  ]);
  if (!version.ok) return version;
  if (!tags.ok) return tags;
  return success({
    version: (isJsonObject(version.value) ? text(version.value.version) : null) ?? "unknown",
    installed: listIn(tags.value).flatMap(readPulled),
    loaded: ps.ok ? readLoaded(ps.value) : [],
  });
}
