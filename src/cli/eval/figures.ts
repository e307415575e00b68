import type { Interval } from "../../core/learn/metrics.ts";

const DIGITS = 3;

/** A figure to three digits; a dash where there is none. */
export function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(DIGITS);
}

/** A share as a percentage to one digit; a dash where there is none. */
export function share(value: number | null): string {
  return value === null ? "–" : `${(value * 100).toFixed(1)} %`;
}

/** A figure with its 95 % interval. */
export function interval({ value, low, high }: Interval): string {
  return `${figure(value)} (${figure(low)} to ${figure(high)})`;
}
