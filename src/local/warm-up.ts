import { withTag } from "../core/model-tag.ts";
import type { Clock } from "../host/clock.ts";
import type { CostModel } from "./cost-model.ts";
import type { Prediction } from "./prediction.ts";
import type { LocalScheduler, LocalServerState } from "./scheduler.ts";

/** What a warm-up stands on. */
export interface WarmUpParts {
  readonly scheduler: LocalScheduler;
  readonly costs: CostModel;
  readonly clock: Clock;
  /** Base URLs of the servers by provider. */
  readonly servers: () => ReadonlyMap<string, string>;
  /** Which models of a provider: the one used last, or the first of these that its server has. */
  readonly wanted: (provider: string) => "last-used" | readonly string[];
  readonly isInstalled: (provider: string, model: string) => boolean;
  /** Whether a server's card is free for a model that nobody has asked for yet. */
  readonly hasRoom: (provider: string, baseUrl: string) => boolean;
  readonly predictionOf: (provider: string) => Prediction;
  /** Reads a model's file into the machine's memory; false where that cannot be done from here. */
  readonly readAhead: (provider: string, model: string, signal: AbortSignal) => Promise<boolean>;
}

const LOOK_MS = 5_000;
/** Nobody asked for so long. */
const IDLE_MS = 10_000;
/** What is known of one server's idleness. */
interface Watch {
  requests: number;
  quietSince: number;
  /** What could be done in this idle time was done. */
  isDone: boolean;
  reading: AbortController | null;
}

/**
 * Looks after idle servers: loads the model that is most likely asked for, with the very context that requests use, and
 * reads the file of the one that is likely loaded next. Each once after the last request; never while another program uses
 * the card. The returned function ends it.
 */
export function startWarmUp(parts: WarmUpParts): () => void {
  const { scheduler, costs, clock } = parts;
  const watches = new Map<string, Watch>();
  let cancelTimer = (): void => undefined;

  function stateOf(provider: string, baseUrl: string): LocalServerState | undefined {
    return scheduler.snapshot().find((server) => server.provider === provider && server.url === baseUrl);
  }

  function isLoaded(state: LocalServerState | undefined, model: string): boolean {
    return state?.loaded.some((entry) => entry.model === withTag(model)) === true;
  }

  function chosenFor(provider: string): string | null {
    const wanted = parts.wanted(provider);
    const names = wanted === "last-used" ? [costs.lastUsed(provider)?.model] : wanted;
    const model = names.find((name) => name !== undefined && parts.isInstalled(provider, name));
    return model ?? null;
  }

  async function readNext(provider: string, watch: Watch): Promise<void> {
    const model = parts.predictionOf(provider).next();
    if (model === null || watch.reading !== null) return;
    const own = new AbortController();
    watch.reading = own;
    if (await parts.readAhead(provider, model, own.signal)) costs.noteRead(provider, model);
    watch.reading = null;
  }

  function tend(provider: string, baseUrl: string, watch: Watch): void {
    // A game ends some day: until then it is looked at again.
    if (parts.wanted(provider).length === 0 || !parts.hasRoom(provider, baseUrl)) return;
    watch.isDone = true;
    const model = chosenFor(provider);
    if (model !== null && !isLoaded(stateOf(provider, baseUrl), model)) {
      scheduler.warm({ providerId: provider, baseUrl, model });
    }
    void readNext(provider, watch);
  }

  function lookAt(provider: string, baseUrl: string): void {
    const nowMs = clock.monotonic();
    const requests = stateOf(provider, baseUrl)?.queueWaitSeconds.count ?? 0;
    const known = watches.get(provider);
    const watch = known ?? { requests, quietSince: nowMs, isDone: false, reading: null };
    watches.set(provider, watch);
    const isBusy = !scheduler.isIdle({ providerId: provider, baseUrl });
    if (isBusy) watch.reading?.abort();
    if (isBusy || watch.requests !== requests) Object.assign(watch, { requests, quietSince: nowMs, isDone: false });
    if (!watch.isDone && nowMs - watch.quietSince >= IDLE_MS) tend(provider, baseUrl, watch);
  }

  function look(): void {
    for (const [provider, baseUrl] of parts.servers()) lookAt(provider, baseUrl);
    cancelTimer = clock.after(LOOK_MS, look);
  }
  look();
  return () => {
    cancelTimer();
    for (const { reading } of watches.values()) reading?.abort();
  };
}
