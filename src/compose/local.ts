import type { ConfiguredProvider } from "../config/settings.ts";
import { isForGood } from "../core/local-view.ts";
import { withTag } from "../core/model-tag.ts";
import type { Bus } from "../gateway/bus.ts";
import { addressOf, createDrawCard, type DrawCard, paintingName } from "../gateway/draw-card.ts";
import { createDrawServer } from "../gateway/draw-server.ts";
import { createOllamaEngine } from "../gateway/local-engine.ts";
import { createLocalGate, keepAliveOf, type LocalGate } from "../gateway/local-gate.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import type { Settle } from "../gateway/settle.ts";
import type { Clock } from "../host/clock.ts";
import type { GpuWatch } from "../host/gpu/watch.ts";
import type { SendUpstream } from "../host/upstream/upstream.ts";
import { type CostModel, createCostModel } from "../local/cost-model.ts";
import { createLocalScheduler } from "../local/create-scheduler.ts";
import { createPins, type Pins } from "../local/pins.ts";
import { createPrediction, type Prediction } from "../local/prediction.ts";
import type { LocalNews, LocalScheduler } from "../local/scheduler.ts";
import { createSharedCard, type Painter, type SharedCard } from "../local/shared-card.ts";
import type { LocalFigureStore } from "../stores/ports.ts";
import { type CardFit, createCardFit } from "./card-fit.ts";
import type { CurrentConfig } from "./current-config.ts";
import { ollamaServers } from "./ollama-servers.ts";

/** What the local engines' queues stand on. */
interface LocalParts {
  readonly config: CurrentConfig;
  readonly local: LocalModels;
  readonly bus: Bus;
  readonly gpu: Pick<GpuWatch, "latest">;
  readonly clock: Clock;
  /** Null keeps what is learned for this process only. */
  readonly figures: LocalFigureStore | null;
  readonly send: SendUpstream;
}

/** The queues, the way to them, and what is learned there. */
export interface LocalSide {
  readonly scheduler: LocalScheduler;
  readonly gate: LocalGate;
  readonly drawCard: DrawCard;
  readonly costs: CostModel;
  readonly cardFit: CardFit;
  readonly pins: Pins;
  /** Whether a model is to stay: pinned here, or at its server by anybody else. */
  readonly isPinned: (provider: string, model: string) => boolean;
  /** How long a server is to keep a model after a request, as Ollama wants it said. */
  readonly keepAlive: (provider: string, model: string) => string;
  /** What is likely loaded next at a provider's server. */
  readonly predictionOf: (provider: string) => Prediction;
  /** How often that came true, by provider. */
  readonly scores: () => ReadonlyMap<string, ReturnType<Prediction["score"]>>;
  /** Prompts of which an engine read less than was sent, by `provider/model`. */
  readonly truncations: ReadonlyMap<string, number>;
}

/** The credential and headers that calls to a server carry, where it stands behind something that wants them. */
function headersOf(configured: ConfiguredProvider | undefined): Record<string, string> {
  const key = configured?.accounts[0]?.key ?? null;
  const auth = configured?.provider.auth;
  const own = key !== null && auth?.kind === "bearer" ? { authorization: `Bearer ${key}` } : {};
  return { ...configured?.provider.headers, ...own };
}

function newsEvent(provider: string, news: LocalNews, at: number): Parameters<Bus["emit"]>[0] {
  const base = { event: "local", at, provider, model: news.model, step: news.step } as const;
  if (news.step === "unload") return { ...base, cause: null, contextTokens: null, tookMs: null, replaced: [] };
  const { cause, contextTokens, tookMs, replaced } = news;
  return { ...base, cause, contextTokens, tookMs: Math.round(tookMs), replaced };
}

/** Finds the server behind the name that the queue has for one that draws. */
function painterFinder({ settings }: CurrentConfig, send: SendUpstream) {
  return (model: string): Painter | null => {
    const found = settings().providers.find(({ provider }) => paintingName(provider.id) === model);
    if (found?.provider.draws === undefined) return null;
    const { connectMs, headersMs: drawMs } = settings().deadlines;
    return createDrawServer(send, () => ({ baseUrl: addressOf(found), headers: headersOf(found), connectMs, drawMs }));
  };
}

/** Ollama keeps what it is asked to keep a negative time. */
const FOR_GOOD = "-1s";

/** Whether a server was told to keep a model for good: by us before a restart, or by anybody else. */
function isKeptForGood(local: LocalModels, provider: string, model: string, now: number): boolean {
  const loaded = local.stateOf(provider)?.loaded.find(({ name }) => name === withTag(model));
  return isForGood(loaded?.expiresAtMs ?? null, now);
}

/** How long models stay in memory after a request. */
function createStays(
  { settings }: CurrentConfig,
  local: LocalModels,
  clock: Clock,
): Pick<LocalSide, "pins" | "isPinned" | "keepAlive"> {
  const pins = createPins();
  const isPinned = (provider: string, model: string): boolean =>
    pins.has(provider, model) || isKeptForGood(local, provider, model, clock.now());
  const keepAlive = (provider: string, model: string): string =>
    isPinned(provider, model) ? FOR_GOOD : keepAliveOf(settings().local);
  return { pins, isPinned, keepAlive };
}

/** What is likely loaded next, by provider. */
function createPredictions(): Pick<LocalSide, "predictionOf" | "scores"> {
  const predictions = new Map<string, Prediction>();
  return {
    predictionOf(provider) {
      const known = predictions.get(provider) ?? createPrediction();
      predictions.set(provider, known);
      return known;
    },
    scores: () => new Map([...predictions].map(([provider, prediction]) => [provider, prediction.score()])),
  };
}

/** Builds the queues before the local engines. */
export function createLocalSide({ config, local, bus, gpu, clock, figures, send }: LocalParts): LocalSide {
  const { settings, find } = config;
  const truncations = new Map<string, number>();
  const stays = createStays(config, local, clock);
  const cardFit = createCardFit(local, gpu, () => ollamaServers(settings()));
  const costs = createCostModel(figures, () => clock.now());
  const cards = new Map<string, SharedCard>();
  function cardAt(provider: string, baseUrl: string): SharedCard {
    const engine = createOllamaEngine(
      () => ({ baseUrl, headers: headersOf(find(provider)) }),
      (model) => ({ keepAlive: stays.keepAlive(provider, model), timeoutMs: settings().deadlines.headersMs }),
    );
    const card = createSharedCard(engine, painterFinder(config, send), clock);
    cards.set(`${provider} ${baseUrl}`, card);
    return card;
  }
  const { predictionOf, scores } = createPredictions();
  const scheduler = createLocalScheduler({
    engineAt: (provider, baseUrl) => cardAt(provider, baseUrl).engine,
    clock,
    costs,
    maxWaitMs: () => settings().local.maxWaitMs,
    contextTokens: (provider, baseUrl, model) =>
      cardFit.contextFor(provider, baseUrl, model, settings().local.contextTokens),
    parallel: () => settings().local.parallel,
    tell(provider, news) {
      if (news.step === "load" && news.cause !== "context") predictionOf(provider).note(news.model);
      bus.emit(newsEvent(provider, news, clock.now()));
    },
  });
  const gate = createLocalGate({
    scheduler,
    settings: () => settings().local,
    factsOf: local.factsOf,
    serverOf(id) {
      const provider = find(id)?.provider;
      const [endpoint] = provider?.endpoints ?? [];
      return provider?.isLocal === true && endpoint?.dialect === "ollama" ? endpoint.baseUrl : null;
    },
    isAbsent: (provider, model) => local.stateOf(provider) !== null && local.factsOf(provider, model) === null,
    tokenRatio: costs.tokenRatio,
    keepAliveOf: stays.keepAlive,
    tellCut({ provider, model }, contextTokens) {
      const name = `${provider}/${model}`;
      truncations.set(name, (truncations.get(name) ?? 0) + 1);
      const at = clock.now();
      bus.emit({
        event: "local",
        at,
        provider,
        model,
        step: "truncation",
        cause: null,
        contextTokens,
        tookMs: null,
        replaced: [],
      });
    },
  });
  const drawCard = createDrawCard({
    scheduler,
    settings: () => settings().local,
    providers: () => settings().providers,
    clock,
    displaced: (provider, baseUrl) => cards.get(`${provider} ${baseUrl}`)?.displaced() ?? null,
  });
  return { scheduler, gate, drawCard, costs, predictionOf, scores, truncations, ...stays, cardFit };
}

/** Settles, and frees the place that the attempt had at a local engine, however it ended. */
export function leaving(settle: Settle, gate: LocalGate): Settle {
  return (intent, ending, count) => {
    try {
      return settle(intent, ending, count);
    } finally {
      gate.leave(intent, ending);
    }
  };
}
