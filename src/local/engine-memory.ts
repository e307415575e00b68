import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { LoadCause, LoadedModel, SwitchState } from "../core/switch/state.ts";
import type { Clock } from "../host/clock.ts";
import type { CostModel } from "./cost-model.ts";
import type { EngineCounters } from "./engine-counters.ts";
import type { LocalEngine, LocalNews } from "./scheduler.ts";

/** What an engine holds, as it changes: loads are timed and told, and so is what others do to it. */
export interface EngineMemory {
  /** What the engine holds afterwards; null where the load was broken off. */
  load(
    wanted: { readonly model: string; readonly contextTokens: number; readonly cause: LoadCause },
    before: SwitchState,
  ): Promise<Result<readonly LoadedModel[] | null, Fault> | null>;
  abortLoad(): void;
  unload(model: string): void;
  look(before: SwitchState): Promise<readonly LoadedModel[] | null>;
}

interface MemoryParts {
  readonly provider: string;
  readonly engine: LocalEngine;
  readonly clock: Clock;
  readonly costs: CostModel;
  readonly counters: EngineCounters;
  readonly tell: (news: LocalNews) => void;
}

/** Watches over one engine's memory. */
export function createEngineMemory({ provider, engine, clock, costs, tell, counters }: MemoryParts): EngineMemory {
  /** Models of ours that another program's model drove out. */
  const displaced = new Set<string>();
  let current: AbortController | null = null;

  return {
    async load({ model, contextTokens, cause }, before) {
      const own = new AbortController();
      current = own;
      const beganAt = clock.monotonic();
      const done = await engine.load(model, contextTokens, own.signal);
      if (own.signal.aborted) return null;
      if (!done.ok) return failure(done.error);
      const tookMs = clock.monotonic() - beganAt;
      counters.loaded(costs.noteLoad({ provider, model, contextTokens }, tookMs), tookMs);
      const reason = displaced.delete(model) ? "foreign" : cause;
      if (cause === "context") counters.reloaded("context");
      else counters.switched(reason);
      const seen = await engine.loaded();
      if (own.signal.aborted) return null;
      const gone = before.residents.map((resident) => resident.model).filter((name) => name !== model);
      const replaced = gone.filter((name) => seen?.some((entry) => entry.model === name) !== true);
      tell({ step: "load", model, contextTokens, cause: reason, tookMs, replaced });
      return success(seen);
    },
    abortLoad: () => current?.abort(),
    unload(model) {
      tell({ step: "unload", model });
      void engine.unload(model);
    },
    async look(before) {
      const known = before.residents.map(({ model }) => model);
      const seen = await engine.loaded();
      if (seen?.some(({ model }) => !known.includes(model)) === true) {
        for (const model of known) if (seen.every((entry) => entry.model !== model)) displaced.add(model);
      }
      return seen;
    },
  };
}
