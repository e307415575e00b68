import type { RoutingSettings } from "./policy-settings.ts";
import type { TaskClass } from "./task-class.ts";

/** The floor that each step of the dial asks for, 0 to 10, while own traffic says nothing better. */
export const DIAL_FLOORS: readonly number[] = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4, 0.2, 0];

/** The step that nobody has to choose: any other says what somebody wants, whatever is known of the models. */
const NEUTRAL_DIAL = 5;

/** One past request as the dial sees it: what each model could have been expected to do, and to cost. */
export interface DialRow {
  readonly candidates: readonly { readonly expected: number; readonly costNanoUsd: number }[];
}

/** A plan is worth more than what is done by it: its floor lies so much nearer to certainty. */
const PLAN_SHARE = 0.5;
/** Fewer requests than this say nothing of what comes. */
const LEAST_ROWS = 200;
const FLOOR_STEPS = 50;

/** What the cheapest model at a floor costs; the best one where none reaches it. */
function costAt(row: DialRow, floor: number): number {
  let cost = Number.POSITIVE_INFINITY;
  let best = row.candidates[0];
  for (const candidate of row.candidates) {
    if (candidate.expected >= floor) cost = Math.min(cost, candidate.costNanoUsd);
    if (best !== undefined && candidate.expected > best.expected) best = candidate;
  }
  return Number.isFinite(cost) ? cost : (best?.costNanoUsd ?? 0);
}

/**
 * The dial's floors by own traffic: step d spends d tenths less of what lies between always buying the best and always the
 * cheapest. The highest floor that stays within that. Null where there are too few requests, or they all cost the same.
 */
export function calibrateDial(rows: readonly DialRow[]): readonly number[] | null {
  const useful = rows.filter(({ candidates }) => candidates.length > 1);
  if (useful.length < LEAST_ROWS) return null;
  const totals = Array.from({ length: FLOOR_STEPS + 1 }, (_, step) =>
    useful.reduce((sum, row) => sum + costAt(row, step / FLOOR_STEPS), 0),
  );
  const cheapest = Math.min(...totals);
  const dearest = Math.max(...totals);
  if (dearest <= cheapest) return null;
  const floors = DIAL_FLOORS.map((_, dial) => {
    const most = dearest - (dial / 10) * (dearest - cheapest);
    const step = totals.findLastIndex((total) => total <= most + 1e-6);
    return Math.max(0, step) / FLOOR_STEPS;
  });
  // Ten buys nothing, whatever it is expected to be worth.
  return [...floors.slice(0, -1), 0];
}

/** Where a floor comes from, for people. */
export type FloorSource = "rule" | "class" | "default" | "dial" | "dial-calibrated";

/** The least expected quality of one request, and who says so. */
export interface Floor {
  readonly value: number;
  readonly source: FloorSource;
  /** It was raised because a plan is asked for. */
  readonly isRaised: boolean;
}

/**
 * The floor of a request: a rule's, else the class's, else the one for all, else what the dial means (`calibrated` by own traffic
 * where there is enough of it). A plan raises it half of the way to certainty.
 */
export function floorOf(
  { dial, floors }: Pick<RoutingSettings, "dial" | "floors">,
  taskClass: TaskClass | null,
  { rule, isPlan, calibrated }: { rule: number | null; isPlan: boolean; calibrated: readonly number[] | null },
): Floor {
  const ofClass = taskClass === null ? undefined : floors[taskClass];
  const found: Omit<Floor, "isRaised"> =
    rule !== null
      ? { value: rule, source: "rule" }
      : ofClass !== undefined
        ? { value: ofClass, source: "class" }
        : floors.default !== undefined
          ? { value: floors.default, source: "default" }
          : { value: (calibrated ?? DIAL_FLOORS)[dial] ?? 0, source: calibrated === null ? "dial" : "dial-calibrated" };
  return isPlan
    ? { ...found, value: found.value + PLAN_SHARE * (1 - found.value), isRaised: true }
    : { ...found, isRaised: false };
}

/** Whether somebody said how good or cheap answers are to be: then guesses by size and price are enough to go by. */
export function isWished({ source }: Pick<Floor, "source">, dial: number): boolean {
  return (source !== "dial" && source !== "dial-calibrated") || dial !== NEUTRAL_DIAL;
}
