import type { LodestarEvent } from "../../core/event.ts";
import { hostOfWebhook } from "../../core/webhook.ts";
import {
  createHook,
  type Hook,
  type HookAnswer,
  type HookCounts,
  type HookParts,
  type HookTarget,
  postOnce,
} from "./hook.ts";

/** A hook as `webhooks` lists it; only the host of its URL is told. */
export interface HookView extends HookCounts {
  readonly host: string;
  readonly isSigned: boolean;
  readonly events: readonly string[];
}

/** How a sample went. */
export interface HookTrial extends HookAnswer {
  readonly host: string;
  readonly isSigned: boolean;
  readonly durationMs: number;
}

/** Tells the configured receivers of events. */
export interface Alerts {
  /** Takes a list of receivers into use; those that stay keep their queues. */
  use(targets: readonly HookTarget[]): void;
  /** Queues an event for those who want it; returns at once and never throws. */
  offer(event: LodestarEvent): void;
  views(): readonly HookView[];
  /** Posts a sample to each of `targets` once, now and beside the queues. */
  test(targets: readonly HookTarget[]): Promise<readonly HookTrial[]>;
  /** Gives what is queued at most `graceMs` to go out, then ends. */
  close(graceMs: number): Promise<void>;
}

/** A warning of a budget that does not exist. */
function sampleEvent(at: number): LodestarEvent {
  return {
    event: "budget",
    at,
    budget: "sample",
    scope: "global",
    name: null,
    period: "month",
    step: "warning",
    percent: 80,
    spentNanoUsd: 24_000_000_000,
    limitNanoUsd: 30_000_000_000,
    resetsAt: null,
    requestId: null,
  };
}

function isSame(left: HookTarget, right: HookTarget): boolean {
  return (
    JSON.stringify([left.url, left.secret, left.events]) === JSON.stringify([right.url, right.secret, right.events])
  );
}

/** Makes the alerts, with no receivers yet. */
export function createAlerts(parts: HookParts): Alerts {
  const { clock, mintId } = parts;
  let hooks: readonly Hook[] = [];
  async function tryOut(target: HookTarget): Promise<HookTrial> {
    const startedAt = clock.monotonic();
    const letter = { id: mintId(), body: JSON.stringify(sampleEvent(clock.now())) };
    const answer = await postOnce(target, letter, parts);
    return {
      host: hostOfWebhook(target.url),
      isSigned: target.secret !== null,
      ...answer,
      durationMs: Math.round(clock.monotonic() - startedAt),
    };
  }
  return {
    use(targets) {
      const before = hooks;
      hooks = targets.map(
        (target) => before.find((hook) => !hook.hasEnded() && isSame(hook.target, target)) ?? createHook(target, parts),
      );
      for (const hook of before) if (!hooks.includes(hook)) hook.close();
    },
    offer(event) {
      const wanting = hooks.filter((hook) => hook.wants(event.event));
      if (wanting.length === 0) return;
      const letter = { id: mintId(), body: JSON.stringify(event), at: clock.monotonic() };
      for (const hook of wanting) hook.send(letter);
    },
    views: () =>
      hooks.map((hook) => ({
        host: hostOfWebhook(hook.target.url),
        isSigned: hook.target.secret !== null,
        events: hook.target.events,
        ...hook.counts(),
      })),
    test: (targets) => Promise.all(targets.map(tryOut)),
    async close(graceMs) {
      let cancel = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(graceMs, resolve);
      });
      await Promise.race([Promise.all(hooks.map((hook) => hook.flush())), late]);
      cancel();
      for (const hook of hooks) hook.close();
    },
  };
}
