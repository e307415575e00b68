import type { ConfiguredProvider } from "../config/settings.ts";
import { isCloudModel } from "../core/cloud-model.ts";
import { withTag } from "../core/model-tag.ts";
import { createClassifier } from "../core/routing/classifier.ts";
import { createDifficulty } from "../core/routing/difficulty.ts";
import { DIALECTS } from "../dialects/_all.ts";
import type { Bus } from "../gateway/bus.ts";
import type { LocalModels } from "../gateway/local-models.ts";
import { createDialBook, type DialBook } from "../gateway/routing/dial-book.ts";
import { createExploreBook } from "../gateway/routing/explore-book.ts";
import { createMeasuredRuns } from "../gateway/routing/measured.ts";
import { createRegenerations } from "../gateway/routing/regenerations.ts";
import { createRouteWriter } from "../gateway/routing/route-writer.ts";
import { createRouter, type Router } from "../gateway/routing/router.ts";
import { createRuleBook } from "../gateway/routing/rule-book.ts";
import type { ClassGuess, LocalTime, RouterServices, RouterWorld } from "../gateway/routing/surroundings.ts";
import type { Log } from "../host/log/log.ts";
import type { ModelFacts } from "../host/prices/prices.ts";
import { readDifficultyWeights } from "../host/router/difficulty.ts";
import { readClassifierWeights } from "../host/router/weights.ts";
import type { RouteDesk } from "../http/admin/context.ts";
import type { LocalAsk } from "../local/scheduler.ts";
import type { Stores } from "../stores/open.ts";
import type { RouteLog } from "../stores/ports.ts";
import { type EvidenceSide, parametersOf } from "./evidence.ts";
import type { LocalSide } from "./local.ts";

/** Opens the route log; null where its file cannot be used, or nothing is written. */
export type OpenRoutes = () => RouteLog | null;

/** The router, and what it wrote down. */
export interface RoutingSide {
  readonly router: Router;
  readonly dials: DialBook;
  /** Opened when it is first needed. */
  readonly store: OpenRoutes;
  /** Writes what is queued. */
  flush(): void;
  /** As of the store, where it was opened: what nobody asks for need not be pruned. */
  prune(before: number): number;
  close(): void;
}

/** What the router is put together from. */
export interface RoutingParts {
  readonly openRoutes: OpenRoutes;
  readonly services: RouterServices;
  readonly stores: Pick<Stores, "ledger" | "keys">;
  readonly local: LocalModels;
  readonly localSide: Pick<LocalSide, "scheduler" | "costs">;
  readonly evidence: EvidenceSide;
  readonly find: (provider: string) => ConfiguredProvider | undefined;
  readonly bus: Bus;
  readonly log: Log;
}

const NOBODY_KNOWS: ClassGuess = {
  taskClass: "general",
  probabilities: {
    code_generation: 0,
    code_review: 0,
    bug_fix: 0,
    architecture: 0,
    documentation: 0,
    refactor: 0,
    general: 0,
  },
  abstained: true,
};

/** Opens trained weights at the first need; null where they cannot be read, which leaves requests to the default chain. */
function openedOnce<Value>(open: () => Value, log: Log): () => Value | null {
  let known: { readonly value: Value | null } | null = null;
  function attempt(): Value | null {
    try {
      return open();
    } catch (error) {
      log.write("error", "trained weights of the router cannot be read", { error: String(error) });
      return null;
    }
  }
  return () => {
    known ??= { value: attempt() };
    return known.value;
  };
}

function classifierOf({ log }: RoutingParts): Pick<RouterWorld, "classify" | "spokeFor"> {
  const classifier = openedOnce(() => createClassifier(readClassifierWeights()), log);
  return {
    classify: (text) => classifier()?.classify(text) ?? NOBODY_KNOWS,
    spokeFor: (text) => classifier()?.explain(text) ?? [],
  };
}

/** It was learnt from questions without tools, and says nothing of others. */
function difficultyFrom({ log }: RoutingParts): RouterWorld["difficultyOf"] {
  const difficulty = openedOnce(() => createDifficulty(readDifficultyWeights()), log);
  return ({ toolCount, text }) => (toolCount > 0 ? null : (difficulty()?.(text) ?? null));
}

/** Published facts are searched for, which takes longer than all the rest of a decision: they are remembered for a minute. */
const FACTS_MS = 60_000;
const MOST_FACTS = 500;

function abilitiesFrom({ local, services }: RoutingParts): RouterWorld["abilitiesOf"] {
  const known = new Map<string, { readonly facts: ModelFacts; readonly until: number }>();
  return (provider, model) => {
    const installed = local.factsOf(provider, model);
    if (installed !== null) return installed;
    const name = `${provider}/${model}`;
    const now = services.clock.monotonic();
    const found = known.get(name);
    if (found !== undefined && found.until > now) return found.facts;
    if (known.size >= MOST_FACTS) known.clear();
    const facts = services.prices.factsOf(provider, model);
    known.set(name, { facts, until: now + FACTS_MS });
    return facts;
  };
}

/** How long a request is expected to wait, and to take, at an Ollama server of ours. */
function localTimeOf({ localSide, local, find }: RoutingParts): RouterWorld["localTime"] {
  const { scheduler, costs } = localSide;
  return (providerId, model, { promptTokens, outputTokens }): LocalTime | null => {
    const [endpoint] = find(providerId)?.provider.endpoints ?? [];
    if (endpoint?.dialect !== "ollama" || isCloudModel(model)) return null;
    const { baseUrl } = endpoint;
    const ask: Omit<LocalAsk, "signal" | "overflowMs" | "isHeld"> = {
      providerId,
      baseUrl,
      model,
      promptTokens,
      promptBoundTokens: promptTokens,
      outputTokens,
      maxContextTokens: local.factsOf(providerId, model)?.contextTokens ?? null,
      priority: "chat",
    };
    const totalMs = scheduler.expectedMs(ask);
    const contextTokens = scheduler.contextOf(ask);
    const serviceMs = costs.serviceMs(
      { provider: providerId, model: withTag(model), contextTokens },
      promptTokens,
      outputTokens,
    );
    return { waitMs: Math.max(0, totalMs - serviceMs), totalMs };
  };
}

function worldOf(parts: RoutingParts, later: RouterWorld["later"]): RouterWorld {
  const { local, evidence, stores, services, bus } = parts;
  const { ledger, keys } = stores;
  const runs = createMeasuredRuns(ledger);
  bus.subscribe(runs.note);
  return {
    ...classifierOf(parts),
    difficultyOf: difficultyFrom(parts),
    believe: (model, taskClass) => evidence.book.believe(model, taskClass, services.clock.now()),
    parametersOf: (provider, model) => parametersOf(local, provider, model),
    abilitiesOf: abilitiesFrom(parts),
    isLoaded: (provider, model) => local.stateOf(provider)?.loaded.some(({ name }) => name === withTag(model)) ?? null,
    loaded: () =>
      services
        .settings()
        .providers.flatMap(({ provider }) =>
          (local.stateOf(provider.id)?.loaded ?? []).map(({ name }) => `${provider.id}/${name}`),
        ),
    keyNameOf: (keyId) => keys.list().find(({ id }) => id === keyId)?.name ?? null,
    localTime: localTimeOf(parts),
    later,
    runs,
    rulesOf: createRuleBook(services).of,
  };
}

/** Puts the router together. */
export function createRoutingSide(parts: RoutingParts): RoutingSide {
  const { services, bus, log } = parts;
  const { clock } = services;
  let opened: { readonly log: RouteLog | null } | null = null;
  const store = (): RouteLog | null => {
    opened ??= { log: parts.openRoutes() };
    return opened.log;
  };
  let isClosed = false;
  const later = (action: () => void): void => {
    clock.after(0, () => {
      if (isClosed) return;
      try {
        action();
      } catch (error) {
        log.write("warn", "the router could not learn from what was kept", { error: String(error) });
      }
    });
  };
  const writer = createRouteWriter(store, clock, log);
  bus.subscribe(writer.note);
  const dials = createDialBook(store, clock, later);
  const router = createRouter({
    services,
    world: worldOf(parts, later),
    writer,
    regenerations: createRegenerations(parts.evidence.book, clock),
    dials,
    exploring: createExploreBook(store, services),
  });
  return {
    router,
    dials,
    store,
    flush: writer.flush,
    prune: (before) => opened?.log?.prune(before) ?? 0,
    close() {
      isClosed = true;
      writer.flush();
      opened?.log?.close();
    },
  };
}

/** What the admin surface sees of it. */
export function routeDesk({ router, store, flush, dials }: RoutingSide, local: LocalModels): RouteDesk {
  return { router, dialects: DIALECTS, log: store, flush, dialFloors: dials.floors, look: local.refresh };
}
