import type { TaskClass } from "./task-class.ts";
import type { CascadeSettings } from "./verify/cascade-settings.ts";

/** `shadow` decides and writes down, and the default chain answers; `off` decides nothing. */
export type RoutingMode = "on" | "shadow" | "off";

/** Trying a model other than the chosen one now and then, so that something is learnt of it. */
export interface ExploreSettings {
  /** Part of the requests where trying is safe, 0 to 1; 0: never. */
  readonly share: number;
  /** What trying may cost more than the chosen models, USD a UTC day. */
  readonly capUsd: number;
}

/** How `auto` chooses. */
export interface RoutingSettings {
  readonly mode: RoutingMode;
  /** 0 buys quality, 10 buys nothing that can be had for less. */
  readonly dial: number;
  /** Least expected quality by class, `default` for the others; what is not said follows from the dial. */
  readonly floors: Readonly<Partial<Record<TaskClass | "default", number>>>;
  /** Names that lead to the models to choose from; empty: those of the default chain. */
  readonly pool: readonly string[];
  /** A conversation stays with its model unless leaving it pays. */
  readonly isSticky: boolean;
  readonly explore: ExploreSettings;
  /** Answers that are checked before the client gets them. */
  readonly cascade: CascadeSettings;
}
