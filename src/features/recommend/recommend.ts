import type { ModelView } from "../../core/admin-view.ts";
import { sumTallies } from "../../core/availability.ts";
import type { Bucket } from "../../core/availability-span.ts";
import { percentileOf } from "../../core/log-histogram.ts";
import type { NanoUsd } from "../../core/money.ts";
import { costOf, type PriceRow } from "../../core/price.ts";
import { type RecommendView, type TypicalRequest, WANTED_PROBABILITY } from "../../core/recommend-view.ts";
import { type ModelFacts, probabilityAtLeast } from "../../core/routing/quality.ts";
import type { QualityBook } from "../../core/routing/quality-book.ts";
import { type PublishedFigure, priorOf } from "../../core/routing/quality-prior.ts";
import { targetName } from "../../core/target.ts";
import type { LedgerReader } from "../../stores/ports.ts";
import { changesOf, choose, type Limits, type Unjudged } from "./choose.ts";
import { type MeasuredRequests, measureRequests, usageOf } from "./tokens.ts";

/** What a recommendation is asked for. */
export interface RecommendWish {
  readonly taskClasses: readonly string[];
  /** The least share of good answers of a class, and who says so. */
  readonly floorOf: (taskClass: string) => { readonly value: number; readonly source: string };
  /** Of a thousand requests. */
  readonly budgetNanoUsd: NanoUsd | null;
  readonly latencyMs: number | null;
  readonly isLocalOnly: boolean;
}

/** What a recommendation stands on. */
export interface RecommendDesk {
  readonly models: readonly ModelView[];
  readonly ledger: Pick<LedgerReader, "groups">;
  /** What became of calls since then (Unix ms), by provider, account and model. */
  calls(from: number): readonly Pick<Bucket, "provider" | "model" | "tally">[];
  readonly book: Pick<QualityBook, "believe">;
  readonly figures: readonly PublishedFigure[];
  priceOf(provider: string, model: string): Pick<PriceRow, "rates"> | null;
  /** Billions, where anything tells. */
  parametersOf(provider: string, model: string): number | null;
  /** Unix ms. */
  now(): number;
}

const THOUSAND = 1_000;
/** Fewer answers make no median. */
const LEAST_TIMED = 5;
/** Names of models that answer no chat. */
const NO_CHAT = /embed|rerank|whisper|moderation|tts|transcri/i;

/** Median times to a whole answer by `provider/model`, of those that answered often enough. */
function latenciesOf({ calls }: RecommendDesk, from: number): ReadonlyMap<string, number | null> {
  const byModel = Map.groupBy(calls(from), targetName);
  return new Map(
    [...byModel].map(([name, buckets]) => {
      const { answered, latency } = sumTallies(buckets.map(({ tally }) => tally));
      return [name, answered < LEAST_TIMED ? null : percentileOf(latency, 0.5)];
    }),
  );
}

function costPerThousand({ provider, model, isLocal }: ModelView, tokens: TypicalRequest, desk: RecommendDesk) {
  if (isLocal) return 0;
  const price = desk.priceOf(provider, model);
  return price === null ? null : costOf(usageOf(tokens), price.rates).nanoUsd * THOUSAND;
}

interface Entrant {
  readonly view: ModelView;
  readonly facts: ModelFacts;
  readonly latencyMs: number | null;
}

function enter(view: ModelView, desk: RecommendDesk, latencies: ReadonlyMap<string, number | null>): Entrant {
  const { provider, model, isLocal, outputUsd } = view;
  const facts: ModelFacts = {
    provider,
    model,
    isLocal,
    parametersBillions: desk.parametersOf(provider, model),
    outputUsdPerMillion: isLocal ? 0 : outputUsd,
  };
  return { view, facts, latencyMs: latencies.get(view.id) ?? null };
}

function contend(
  { view, facts, latencyMs }: Entrant,
  taskClass: string,
  { floor }: Limits,
  desk: RecommendDesk,
  measured: MeasuredRequests,
): Unjudged {
  const quality = desk.book.believe(facts, taskClass, desk.now());
  const tokens = measured.typical(taskClass, view.id);
  return {
    model: view.id,
    isLocal: view.isLocal,
    quality,
    priorBasis: priorOf(facts, taskClass, desk.figures).basis,
    probability: probabilityAtLeast(quality, floor),
    costNanoUsd: costPerThousand(view, tokens, desk),
    tokens,
    latencyMs,
  };
}

/** For each class the cheapest model that reaches the floor with {@link WANTED_PROBABILITY}, and what would change that. */
export function recommend(wish: RecommendWish, desk: RecommendDesk): RecommendView {
  const measured = measureRequests(desk.ledger, wish.taskClasses, desk.now());
  const latencies = latenciesOf(desk, measured.from);
  const entrants = desk.models
    .filter(({ isLocal, canDraw, model }) => (isLocal || !wish.isLocalOnly) && canDraw !== true && !NO_CHAT.test(model))
    .map((view) => enter(view, desk, latencies));
  const recommendations = wish.taskClasses.map((taskClass) => {
    const { value: floor, source } = wish.floorOf(taskClass);
    const limits: Limits = { floor, budgetNanoUsd: wish.budgetNanoUsd, latencyMs: wish.latencyMs };
    const result = choose(
      entrants.map((entrant) => contend(entrant, taskClass, limits, desk, measured)),
      limits,
    );
    return {
      taskClass,
      floor,
      floorSource: source,
      choice: result.choice?.model ?? null,
      nearest: result.nearest?.model ?? null,
      contenders: result.contenders,
      changes: changesOf(result, limits),
    };
  });
  return { wantedProbability: WANTED_PROBABILITY, recommendations };
}
