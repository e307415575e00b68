import type { ConfiguredProvider, LocalSettings } from "../config/settings.ts";
import type { Fault } from "../core/fault.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { Clock } from "../host/clock.ts";
import type { LocalScheduler, Slot } from "../local/scheduler.ts";
import { createTurns, type Turns } from "../local/turns.ts";
import { CLIENT_LEFT } from "./lifeline.ts";

/** A drawing that wants its card. */
export interface DrawAsk {
  readonly provider: ConfiguredProvider;
  /** Steps of all its images: what its time is reckoned by. */
  readonly steps: number;
  readonly isBatch: boolean;
  /** The chain goes on: it is refused where it would wait longer than `local.overflow`. */
  readonly hasNext: boolean;
  readonly signal: AbortSignal;
}

/** The way to a card that draws: one drawing at a time, and none beside a language model that shares the card. */
export interface DrawCard {
  /** Waits for the card; what comes out gives it back, with whether the drawing was finished. */
  enter(ask: DrawAsk): Promise<Result<(isDone: boolean) => void, Fault>>;
}

/** What the card's way stands on. */
export interface DrawCardParts {
  readonly scheduler: LocalScheduler;
  readonly settings: () => LocalSettings;
  readonly providers: () => readonly ConfiguredProvider[];
  readonly clock: Clock;
  /** The language model that had to make room at a server; null where none did. */
  readonly displaced: (providerId: string, baseUrl: string) => string | null;
}

/** What the queue calls the model of a provider that draws. */
export function paintingName(providerId: string): string {
  return `${providerId}:images`;
}

function hostOf(baseUrl: string): string {
  const { hostname = "" } = URL.parse(baseUrl) ?? {};
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname) ? "localhost" : hostname;
}

/** Where a provider stands. */
export function addressOf({ provider }: ConfiguredProvider): string {
  return provider.endpoints[0]?.baseUrl ?? "";
}

/** The Ollama server on the card of one that draws: the one that is named, or the first at the same host; null for none. */
function sharerOf(
  drawing: ConfiguredProvider,
  providers: readonly ConfiguredProvider[],
  { isScheduled, imagesShare }: Pick<LocalSettings, "isScheduled" | "imagesShare">,
): ConfiguredProvider | null {
  if (!isScheduled || imagesShare === null) return null;
  const engines = providers.filter(({ provider }) => provider.endpoints[0]?.dialect === "ollama");
  const isHere = (engine: ConfiguredProvider): boolean => hostOf(addressOf(engine)) === hostOf(addressOf(drawing));
  const isShared = (engine: ConfiguredProvider): boolean =>
    imagesShare === "same-host" ? isHere(engine) : engine.provider.id === imagesShare;
  return engines.find(isShared) ?? null;
}

/** Opens the ways to all cards. */
export function createDrawCard({ scheduler, settings, providers, clock, displaced }: DrawCardParts): DrawCard {
  const turnsOf = new Map<string, Turns>();

  function admit({ provider, steps, isBatch, hasNext, signal }: DrawAsk, engine: ConfiguredProvider) {
    return scheduler.admit({
      providerId: engine.provider.id,
      baseUrl: addressOf(engine),
      model: paintingName(provider.provider.id),
      promptTokens: 0,
      promptBoundTokens: 0,
      outputTokens: steps,
      maxContextTokens: null,
      priority: isBatch ? "batch" : "chat",
      overflowMs: hasNext && !isBatch ? settings().overflowMs : null,
      isHeld: true,
      signal,
    });
  }

  /** The next model of the queue follows by itself; where nobody waits, the one that was in memory before comes back. */
  function giveBack(engine: ConfiguredProvider | null, slot: Slot | null, took: { steps: number; ms: number } | null) {
    if (slot === null || engine === null) return;
    const outcome = took === null ? null : { outputTokens: took.steps, outputMs: took.ms };
    slot.release(outcome === null ? null : { loadMs: null, promptTokens: null, promptMs: null, ...outcome });
    const server = { providerId: engine.provider.id, baseUrl: addressOf(engine) };
    const model = displaced(server.providerId, server.baseUrl);
    if (model !== null) scheduler.warm({ ...server, model });
  }

  return {
    async enter(ask) {
      const engine = sharerOf(ask.provider, providers(), settings());
      const admitted = engine === null ? null : await admit(ask, engine);
      if (admitted !== null && !admitted.ok) return admitted;
      const slot = admitted === null ? null : admitted.value;
      const key = addressOf(ask.provider);
      const turns = turnsOf.get(key) ?? createTurns();
      turnsOf.set(key, turns);
      const end = await turns.take(ask.signal);
      if (end === null) {
        giveBack(engine, slot, null);
        return failure(CLIENT_LEFT);
      }
      const beganAt = clock.monotonic();
      return success((isDone) => {
        end();
        giveBack(engine, slot, isDone ? { steps: ask.steps, ms: clock.monotonic() - beganAt } : null);
      });
    },
  };
}
