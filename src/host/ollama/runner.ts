import type { JsonObject } from "../../core/json.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { fetchThrough } from "../ssh/fetch.ts";

/** An Ollama server, and what it wants to see of us. */
export interface OllamaAddress {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why a server did not do as asked: its own words with their status, or no status where it did not answer. */
export interface OllamaRefusal {
  readonly status: number | null;
  readonly text: string;
}

async function post(
  { baseUrl, headers }: OllamaAddress,
  path: string,
  body: JsonObject,
  signal: AbortSignal,
): Promise<Result<void, OllamaRefusal>> {
  try {
    const reply = await fetchThrough(`${baseUrl.replace(/\/+$/, "")}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal,
      proxy: "",
    });
    const text = await reply.text();
    return reply.ok ? success(undefined) : failure({ status: reply.status, text });
  } catch (error) {
    return failure({ status: null, text: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * Loads a model with a context, by a call that says nothing; it resolves when the model is in memory. One that only makes
 * embeddings is loaded by its own call. Source: docs.ollama.com/api, "Load a model".
 */
export async function loadRunner(
  address: OllamaAddress,
  {
    model,
    contextTokens,
    keepAlive,
  }: { readonly model: string; readonly contextTokens: number; readonly keepAlive: string },
  signal: AbortSignal,
): Promise<Result<void, OllamaRefusal>> {
  const shared = { model, keep_alive: keepAlive, options: { num_ctx: contextTokens } };
  const loaded = await post(address, "/api/generate", { ...shared, stream: false }, signal);
  const isEmbedder = !loaded.ok && /does not support generate/i.test(loaded.error.text);
  return isEmbedder ? post(address, "/api/embed", { ...shared, input: [] }, signal) : loaded;
}

/** Gives a model's memory back. */
export function unloadRunner(
  address: OllamaAddress,
  model: string,
  signal: AbortSignal,
): Promise<Result<void, OllamaRefusal>> {
  return post(address, "/api/generate", { model, keep_alive: 0, stream: false }, signal);
}
