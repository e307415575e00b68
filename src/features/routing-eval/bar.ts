import type { Interval } from "../../core/learn/metrics.ts";

/** One measured figure with what it is held against. */
export interface Bar {
  readonly id: string;
  readonly what: string;
  /** What the figure is. */
  readonly unit: string;
  /** Rows that it was measured on. */
  readonly rows: number;
  readonly seed: number;
  readonly value: Interval;
  /** Null: told, but held against nothing. */
  readonly wanted: number | null;
  /** A lower figure is the better one. */
  readonly isLowBetter: boolean;
  /** A second condition, such as the quality at which a saving counts; null where there is none. */
  readonly condition: { readonly what: string; readonly value: number; readonly wanted: number } | null;
  readonly controls: Readonly<Record<string, number>>;
  readonly note: string;
}

/** Whether a bar is reached; null where nothing is asked for. */
export function isReached({ value, wanted, isLowBetter, condition }: Bar): boolean | null {
  if (wanted === null) return null;
  const isGood = isLowBetter ? value.value <= wanted : value.value >= wanted;
  return isGood && (condition === null || condition.value >= condition.wanted);
}

/** Engines may round logarithms differently in the last place, and a sort by forecasts then differs in a few rows. */
const TOLERANCE = 0.003;

/** The bars whose figure is worse than the shipped one, which is the figure of the same id. */
export function regressions(bars: readonly Bar[], shipped: Readonly<Record<string, number>>): readonly Bar[] {
  return bars.filter(({ id, value, isLowBetter }) => {
    const before = shipped[id];
    if (before === undefined) return false;
    return isLowBetter ? value.value > before + TOLERANCE : value.value < before - TOLERANCE;
  });
}
