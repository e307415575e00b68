import type { SwitchLimits } from "../core/switch/state.ts";
import type { Clock } from "../host/clock.ts";
import type { CostModel } from "./cost-model.ts";
import { EngineQueue } from "./engine-queue.ts";
import type { LocalAsk, LocalEngine, LocalNews, LocalScheduler } from "./scheduler.ts";

/** What the scheduler stands on. */
export interface SchedulerParts {
  readonly engineAt: (provider: string, baseUrl: string) => LocalEngine;
  readonly clock: Clock;
  readonly costs: CostModel;
  /** How long a chat waits for its model while others use the engine. Milliseconds. */
  readonly maxWaitMs: () => number;
  /** The context that a model gets at least. */
  readonly contextTokens: (provider: string, baseUrl: string, model: string) => number;
  /** `OLLAMA_NUM_PARALLEL`, where it is known. */
  readonly parallel: () => number | null;
  readonly tell: (provider: string, news: LocalNews) => void;
}

/** A model that was loaded for those who had waited too long serves at least a third as long as they had to. */
const RESIDENCY_SHARE = 1 / 3;
const LINGER_MS = 5_000;
const MIN_SERVED = 10;
const STALE_MS = 5_000;

type Server = Pick<LocalAsk, "providerId" | "baseUrl">;

/** A scheduler with a queue for every server, made when it is first asked. */
export function createLocalScheduler(parts: SchedulerParts): LocalScheduler {
  const queues = new Map<string, EngineQueue>();
  const limits = (): SwitchLimits => ({
    maxWaitMs: parts.maxWaitMs(),
    minResidencyMs: parts.maxWaitMs() * RESIDENCY_SHARE,
    lingerMs: LINGER_MS,
    minServed: MIN_SERVED,
    staleMs: STALE_MS,
  });

  function queueOf({ providerId, baseUrl }: Server): EngineQueue {
    const key = `${providerId} ${baseUrl}`;
    const known = queues.get(key);
    if (known !== undefined) return known;
    const queue = new EngineQueue({
      provider: providerId,
      url: baseUrl,
      engine: parts.engineAt(providerId, baseUrl),
      clock: parts.clock,
      costs: parts.costs,
      limits,
      contextTokens: (model) => parts.contextTokens(providerId, baseUrl, model),
      parallel: parts.parallel(),
      tell: (news) => parts.tell(providerId, news),
    });
    queues.set(key, queue);
    return queue;
  }

  return {
    admit: (ask) => queueOf(ask).admit(ask),
    expectedMs: (ask) => queueOf(ask).expectedMs(ask),
    warm: (server) => queueOf(server).warm(server.model),
    unload: (server) => queueOf(server).unload(server.model),
    contextOf: (server) => queueOf(server).contextOf(server.model),
    isIdle: (server) => queueOf(server).isIdle(),
    snapshot: () => [...queues.values()].map((queue) => queue.snapshot()),
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}
