import { failure, success } from "../../src/core/result.ts";
import type { LoadedModel } from "../../src/core/switch/state.ts";
import type { Clock } from "../../src/host/clock.ts";
import { createCostModel } from "../../src/local/cost-model.ts";
import { createLocalScheduler } from "../../src/local/create-scheduler.ts";
import type { LocalAsk, LocalEngine, LocalNews, LocalScheduler, Slot } from "../../src/local/scheduler.ts";

/** An engine that holds one model; loads end when the test says so. */
export interface TestEngine extends LocalEngine {
  readonly loads: readonly { readonly model: string; readonly contextTokens: number }[];
  readonly unloads: readonly string[];
  memory: readonly LoadedModel[];
  /** Ends the load in progress. */
  finishLoad(): Promise<void>;
  failLoad(): Promise<void>;
  /** Whether a load is in progress. */
  isLoading(): boolean;
}

/** A clock that moves when it is told to. */
export interface TestClock extends Clock {
  /** Moves on, running what is due on the way. */
  advance(byMs: number): Promise<void>;
}

/** Lets everything that waits for nothing but promises go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A clock at 0. */
export function createTestClock(): TestClock {
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0.5,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((entry) => entry !== timer);
      };
    },
    async advance(byMs) {
      const until = now + byMs;
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((first, second) => first.at - second.at)[0];
        if (next === undefined) break;
        timers = timers.filter((entry) => entry !== next);
        now = next.at;
        next.run();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}

function createTestEngine(): TestEngine {
  const loads: { model: string; contextTokens: number }[] = [];
  const unloads: string[] = [];
  let current: { end: (isDone: boolean) => void } | null = null;
  const engine: TestEngine = {
    loads,
    unloads,
    memory: [],
    load(model, contextTokens, signal) {
      loads.push({ model, contextTokens });
      return new Promise((resolve) => {
        current = {
          end(isDone) {
            if (isDone) engine.memory = [{ model, contextTokens }];
            resolve(isDone ? success(undefined) : failure({ kind: "unavailable", message: "no memory" }));
          },
        };
        signal.addEventListener("abort", () => current?.end(false));
      });
    },
    async unload(model) {
      unloads.push(model);
      engine.memory = engine.memory.filter((entry) => entry.model !== model);
    },
    loaded: async () => engine.memory,
    isLoading: () => current !== null,
    async finishLoad() {
      current?.end(true);
      current = null;
      await settle();
    },
    async failLoad() {
      current?.end(false);
      current = null;
      await settle();
    },
  };
  return engine;
}

/** A scheduler before one test engine. */
export interface LocalWorld {
  readonly scheduler: LocalScheduler;
  readonly engine: TestEngine;
  readonly clock: TestClock;
  readonly news: readonly LocalNews[];
  /** Asks for a place; what came of it so far is in `slot` and `fault`. */
  ask(model: string, more?: Partial<LocalAsk>): Asked;
}

/** A request for a place. */
export interface Asked {
  slot: Slot | null;
  fault: string | null;
  leave(): void;
}

/** Opens one. */
export function openLocalWorld(parallel: number | null = 1): LocalWorld {
  const clock = createTestClock();
  const engine = createTestEngine();
  const news: LocalNews[] = [];
  const scheduler = createLocalScheduler({
    engineAt: () => engine,
    clock,
    costs: createCostModel(null, clock.now),
    maxWaitMs: () => 30_000,
    contextTokens: () => 8_192,
    parallel: () => parallel,
    tell: (_provider, told) => news.push(told),
  });
  return {
    scheduler,
    engine,
    clock,
    news,
    ask(model, more = {}) {
      const controller = new AbortController();
      const asked: Asked = { slot: null, fault: null, leave: () => controller.abort() };
      const ask: LocalAsk = {
        providerId: "ollama",
        baseUrl: "http://127.0.0.1:1",
        model,
        promptTokens: 100,
        promptBoundTokens: 200,
        outputTokens: 100,
        maxContextTokens: null,
        priority: "chat",
        overflowMs: null,
        isHeld: true,
        signal: controller.signal,
        ...more,
      };
      void scheduler.admit(ask).then((result) => {
        if (result.ok) asked.slot = result.value;
        else asked.fault = result.error.kind;
      });
      return asked;
    },
  };
}
