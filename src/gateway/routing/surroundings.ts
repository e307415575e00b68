import type { Settings } from "../../config/settings.ts";
import type { Directory } from "../../core/directory.ts";
import type { Classification, FeatureWeight } from "../../core/routing/classifier.ts";
import type { ModelFacts, QualityBelief } from "../../core/routing/quality.ts";
import type { CompiledRules } from "../../core/routing/rules/compile.ts";
import type { Signals } from "../../core/routing/signals.ts";
import type { Clock } from "../../host/clock.ts";
import type { ModelFacts as ModelAbilities, PriceBook } from "../../host/prices/prices.ts";
import type { BudgetGuard } from "../budget-guard.ts";
import type { HealthBook } from "../health.ts";
import type { ProjectView } from "../projects.ts";
import type { MeasuredRuns } from "./measured.ts";

/** What the router uses of the services of every request. */
export interface RouterServices {
  readonly settings: () => Settings;
  readonly directory: () => Directory;
  readonly project: (name: string | null) => ProjectView | null;
  readonly budgets: BudgetGuard;
  readonly health: HealthBook;
  readonly prices: PriceBook;
  readonly clock: Clock;
}

/** What the classifier says of a text. */
export type ClassGuess = Pick<Classification, "taskClass" | "probabilities" | "abstained">;

/** How hard a prompt is for a small model, beside how hard prompts usually are. */
export interface Difficulty {
  /** The chance that a small local model's answer is not good enough. */
  readonly value: number;
  readonly usual: number;
}

/** What a local engine takes for a request. Milliseconds. */
export interface LocalTime {
  /** Until it begins: the queue, and the model's load. */
  readonly waitMs: number;
  readonly totalMs: number;
}

/** What the router asks of the world beside the services of every request. */
export interface RouterWorld {
  readonly classify: (text: string) => ClassGuess;
  /** What spoke most for that, the strongest first; slow. */
  readonly spokeFor: (text: string) => readonly FeatureWeight[];
  /** Null where nobody can tell. */
  readonly difficultyOf: (signals: Signals) => Difficulty | null;
  readonly believe: (model: ModelFacts, taskClass: string) => QualityBelief;
  /** Billions of parameters; null where neither the file nor the name tells. */
  readonly parametersOf: (provider: string, model: string) => number | null;
  /** What the local engine says of a model, else what the price data say. */
  readonly abilitiesOf: (provider: string, model: string) => ModelAbilities;
  /** Whether a local engine has a model in memory; null where it does not say. */
  readonly isLoaded: (provider: string, model: string) => boolean | null;
  /** Null for an engine that nobody schedules. */
  readonly localTime: (
    provider: string,
    model: string,
    size: { readonly promptTokens: number; readonly outputTokens: number },
  ) => LocalTime | null;
  /** `provider/model` of all that local engines have in memory. */
  readonly loaded: () => readonly string[];
  /** The name of a client key. */
  readonly keyNameOf: (keyId: string) => string | null;
  /** Runs what no request should wait for, soon; nothing any more once the process ends. */
  readonly later: (action: () => void) => void;
  readonly runs: MeasuredRuns;
  /** The rules that hold for the requests of a project; null where there are none. */
  readonly rulesOf: (project: string | null) => CompiledRules | null;
}
