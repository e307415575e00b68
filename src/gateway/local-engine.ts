import type { Fault } from "../core/fault.ts";
import { failure, success } from "../core/result.ts";
import { decodeFault } from "../dialects/ollama/fault.ts";
import { readLoadedModels } from "../host/ollama/ollama.ts";
import { loadRunner, type OllamaAddress, type OllamaRefusal, unloadRunner } from "../host/ollama/runner.ts";
import type { LocalEngine } from "../local/scheduler.ts";

const LOOK_MS = 2_000;
const UNLOAD_MS = 10_000;

function faultOf({ status, text }: OllamaRefusal, baseUrl: string): Fault {
  if (status !== null) return decodeFault(status, () => null, text);
  return { kind: "connect", message: `No model could be loaded at ${baseUrl}: ${text}` };
}

/** Ollama's ways of loading, unloading and telling what is loaded. `settings` are those of the moment for a model. */
export function createOllamaEngine(
  address: () => OllamaAddress,
  settings: (model: string) => { readonly keepAlive: string; readonly timeoutMs: number },
): LocalEngine {
  return {
    async load(model, contextTokens, signal) {
      const { keepAlive, timeoutMs } = settings(model);
      const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const loaded = await loadRunner(address(), { model, contextTokens, keepAlive }, either);
      return loaded.ok ? success(undefined) : failure(faultOf(loaded.error, address().baseUrl));
    },
    async unload(model) {
      // Whether it went is seen at the next look.
      await unloadRunner(address(), model, AbortSignal.timeout(UNLOAD_MS));
    },
    async loaded() {
      const models = await readLoadedModels(address().baseUrl, LOOK_MS);
      return models?.map(({ name, contextTokens }) => ({ model: name, contextTokens })) ?? null;
    },
  };
}
