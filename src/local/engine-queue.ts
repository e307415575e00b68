import type { Fault } from "../core/fault.ts";
import { withTag } from "../core/model-tag.ts";
import { failure, type Result, success } from "../core/result.ts";
import { expectedWaitMs } from "../core/switch/expectation.ts";
import { stepSwitch } from "../core/switch/policy.ts";
import {
  initialSwitchState,
  type SwitchEffect,
  type SwitchEvent,
  type SwitchLimits,
  type SwitchState,
  type Waiter,
} from "../core/switch/state.ts";
import type { Clock } from "../host/clock.ts";
import type { CostModel } from "./cost-model.ts";
import { createEngineCounters } from "./engine-counters.ts";
import { createEngineMemory, type EngineMemory } from "./engine-memory.ts";
import { contextRung, createLadder } from "./ladder.ts";
import { createParallelism, type Parallelism } from "./parallelism.ts";
import type { LocalAsk, LocalEngine, LocalNews, LocalServerState, Slot, SlotOutcome } from "./scheduler.ts";

/** What one engine's queue stands on. */
export interface QueueParts {
  readonly provider: string;
  readonly url: string;
  readonly engine: LocalEngine;
  readonly clock: Clock;
  readonly costs: CostModel;
  readonly limits: () => SwitchLimits;
  /** The context that a model gets at least. */
  readonly contextTokens: (model: string) => number;
  /** Requests that one model answers at a time; null where that is to be found out. */
  readonly parallel: number | null;
  readonly tell: (news: LocalNews) => void;
}

/** A request that waits, and how it is told. */
interface Pending {
  readonly ask: LocalAsk;
  readonly waiter: Waiter;
  readonly settle: (result: Result<Slot, Fault>) => void;
}

/** A question for a place, as far as it concerns what the place is like. */
export type Wish = Omit<LocalAsk, "signal" | "overflowMs" | "isHeld">;

/** A request that found its model in memory tells of no longer load than this, or half a real one; measured: 45 to 140 ms. */
const HOT_LOAD_MS = 500;

const LEFT: Fault = { kind: "client-left", message: "The client closed the connection." };

/** The queue before one engine: keeps the policy's state, and does what it says. */
export class EngineQueue {
  private readonly parts: QueueParts;
  private readonly ladder = createLadder();
  private readonly counters = createEngineCounters();
  private readonly pending = new Map<number, Pending>();
  private readonly parallelism: Parallelism;
  private readonly memory: EngineMemory;
  private state: SwitchState;
  private nextId = 1;
  private loadFault: Fault | null = null;
  private cancelWake = (): void => undefined;

  constructor(parts: QueueParts) {
    this.parts = parts;
    this.parallelism = createParallelism(parts.parallel);
    this.state = initialSwitchState(this.parallelism.slots());
    this.memory = createEngineMemory({ ...parts, counters: this.counters });
  }

  /** As {@link import("./scheduler.ts").LocalScheduler.admit}. */
  admit(ask: LocalAsk): Promise<Result<Slot, Fault>> {
    if (ask.signal.aborted) return Promise.resolve(failure(LEFT));
    const waiter = this.waiterOf(ask, ask.overflowMs);
    if (!ask.isHeld) return Promise.resolve(success(this.pass(ask, waiter)));
    return new Promise((resolve) => {
      const onAbort = (): void => this.leave(waiter.id);
      ask.signal.addEventListener("abort", onAbort, { once: true });
      const settle = (result: Result<Slot, Fault>): void => {
        ask.signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      this.pending.set(waiter.id, { ask, waiter, settle });
      this.send({ kind: "arrived", waiter });
    });
  }

  /** What a request is expected to wait and to take. */
  expectedMs(wish: Wish): number {
    const waiter = this.waiterOf(wish, null);
    const { limits, clock } = this.parts;
    return expectedWaitMs(this.state, waiter, limits(), clock.monotonic()) + waiter.serviceMs;
  }

  warm(name: string): void {
    const { provider, costs, clock, contextTokens: least } = this.parts;
    const model = withTag(name);
    const contextTokens = this.ladder.step(model, least(model), clock.monotonic());
    this.send({ kind: "warm", model, contextTokens, expectedMs: costs.loadMs({ provider, model, contextTokens }) });
  }

  unload(model: string): void {
    this.send({ kind: "release", model: withTag(model) });
  }

  contextOf(name: string): number {
    const model = withTag(name);
    const resident = this.state.residents.find((entry) => entry.model === model);
    return (
      resident?.contextTokens ?? this.ladder.step(model, this.parts.contextTokens(model), this.parts.clock.monotonic())
    );
  }

  isIdle(): boolean {
    const { running, waiting, loading } = this.state;
    return running.length === 0 && waiting.length === 0 && loading === null;
  }

  snapshot(): LocalServerState {
    const { residents, loading, running, waiting, slots } = this.state;
    const { provider, url, limits, clock } = this.parts;
    const nowMs = clock.monotonic();
    return {
      provider,
      url,
      loaded: residents.map(({ sinceMs, ...entry }) => ({ ...entry, sinceMs: nowMs - sinceMs })),
      loading,
      running: running.length,
      waiting: waiting.map((waiter) => ({
        model: waiter.model,
        priority: waiter.priority,
        waitedMs: nowMs - waiter.arrivedAt,
        expectedMs: expectedWaitMs(this.state, waiter, limits(), nowMs),
      })),
      slots,
      ...this.counters.view(),
    };
  }

  close(): void {
    this.cancelWake();
    this.memory.abortLoad();
  }

  private send(event: SwitchEvent): void {
    const { limits, clock } = this.parts;
    const before = this.state;
    const nowMs = clock.monotonic();
    const { state, effects, wakeAt } = stepSwitch(before, event, limits(), nowMs);
    this.state = state;
    this.cancelWake();
    const wake = (): void => this.send({ kind: "tick" });
    this.cancelWake = wakeAt === null ? () => undefined : clock.after(Math.max(1, wakeAt - nowMs), wake);
    for (const effect of effects) this.perform(effect, before);
  }

  private perform(effect: SwitchEffect, before: SwitchState): void {
    switch (effect.kind) {
      case "dispatch":
        this.dispatch(effect.id, effect.contextTokens);
        break;
      case "load":
        void this.load(effect, before);
        break;
      case "abort-load":
        this.memory.abortLoad();
        break;
      case "unload":
        this.memory.unload(effect.model);
        break;
      case "refuse":
        this.refuse(effect.id, effect.reason);
        break;
      case "look":
        void this.memory.look(before).then((seen) => this.send({ kind: "observed", seen }));
    }
  }

  private async load(effect: Extract<SwitchEffect, { kind: "load" }>, before: SwitchState): Promise<void> {
    const done = await this.memory.load(effect, before);
    if (done === null) return;
    if (!done.ok) this.loadFault = done.error;
    this.send(done.ok ? { kind: "loaded", seen: done.value } : { kind: "load-failed" });
  }

  private take(id: number): Pending | undefined {
    const found = this.pending.get(id);
    this.pending.delete(id);
    return found;
  }

  private leave(id: number): void {
    const found = this.take(id);
    if (found === undefined) return;
    found.settle(failure(LEFT));
    this.send({ kind: "cancelled", id });
  }

  private dispatch(id: number, contextTokens: number): void {
    const found = this.take(id);
    if (found === undefined) return;
    const nowMs = this.parts.clock.monotonic();
    const waitedMs = nowMs - found.waiter.arrivedAt;
    this.counters.waited(waitedMs);
    this.parallelism.began(id, nowMs);
    let isReleased = false;
    const release = (outcome: SlotOutcome | null): void => {
      if (isReleased) return;
      isReleased = true;
      this.finish(found, contextTokens, outcome);
    };
    found.settle(success({ contextTokens, waitedMs, release }));
  }

  /** A place beside the queue: only what it took is learned. */
  private pass({ promptTokens }: LocalAsk, { model, loadContextTokens: contextTokens }: Waiter): Slot {
    const { provider, costs } = this.parts;
    return {
      contextTokens,
      waitedMs: 0,
      release: (outcome) =>
        outcome === null ? undefined : costs.noteRun({ provider, model, contextTokens }, outcome, promptTokens),
    };
  }

  private finish({ ask, waiter }: Pending, contextTokens: number, outcome: SlotOutcome | null): void {
    const { provider, costs, clock } = this.parts;
    const { id, model } = waiter;
    const slots = this.parallelism.ended(id, outcome, clock.monotonic());
    if (outcome !== null) {
      costs.noteRun({ provider, model, contextTokens }, outcome, ask.promptTokens);
      const hotMs = Math.max(HOT_LOAD_MS, costs.loadMs({ provider, model, contextTokens }) / 2);
      if ((outcome.loadMs ?? 0) > hotMs) this.counters.reloaded("unexpected");
    }
    if (slots !== this.state.slots) this.send({ kind: "slots", slots });
    this.send({ kind: "finished", id });
  }

  private refuse(id: number, reason: "busy" | "load-failed"): void {
    const found = this.take(id);
    if (found === undefined) return;
    this.counters.refused();
    const { ask } = found;
    const seconds = Math.ceil((ask.overflowMs ?? 0) / 1000);
    const message = `${ask.providerId} is busy: ${ask.model} would not begin within ${seconds} s (\`local.overflow\`).`;
    const busy: Fault = { kind: "unavailable", message };
    found.settle(failure(reason === "busy" ? busy : (this.loadFault ?? busy)));
  }

  private waiterOf(
    { model: name, promptTokens, promptBoundTokens, outputTokens, maxContextTokens, priority }: Wish,
    overflowMs: number | null,
  ): Waiter {
    const { provider, costs, clock } = this.parts;
    const model = withTag(name);
    const needed = promptBoundTokens + outputTokens;
    const arrivedAt = clock.monotonic();
    const smallest = contextRung(needed, this.parts.contextTokens(model), maxContextTokens);
    const loadContextTokens = this.ladder.step(model, smallest, arrivedAt);
    const loaded = { provider, model, contextTokens: loadContextTokens };
    return {
      id: this.nextId++,
      model,
      contextTokens: contextRung(needed, 0, maxContextTokens),
      loadContextTokens,
      priority,
      arrivedAt,
      serviceMs: costs.serviceMs(loaded, promptTokens, outputTokens),
      loadMs: costs.loadMs(loaded),
      overflowMs,
    };
  }
}
