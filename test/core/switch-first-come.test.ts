import { describe, expect, test } from "bun:test";
import { seededChance } from "../../src/core/learn/chance.ts";
import { playFirstCome } from "./first-come.ts";
import { type Job, LIMITS, type Outcome, simulate } from "./switch-simulation.ts";

type Range = readonly [least: number, most: number];

/** Who comes when, and what the machine takes for it. Times are milliseconds. */
interface Regime {
  readonly name: string;
  readonly requests: number;
  readonly everyMs: number;
  readonly serviceMs: Range;
  readonly loadMs: Range;
  readonly models: readonly string[];
  /** In turn at even pauses, or anybody at any time. */
  readonly isRandom?: boolean;
}

const SEEDS = 200;
/** So long before the others one request for the last model comes: neither side begins with an empty memory. */
const BEFORE_MS = 20_000;
const TWO = ["a", "b"];
const SLOW = { serviceMs: [300, 1_000], loadMs: [1_000, 3_000], models: TWO } as const;
const FAST = { serviceMs: [50, 300], loadMs: [300, 1_500], models: TWO } as const;

/** Those that an engine keeps up with: nobody waits as long as he may. */
const KEPT_UP: readonly Regime[] = [
  { name: "twenty, one a second, slow machine", requests: 20, everyMs: 1_000, ...SLOW },
  { name: "twenty, one a second, fast machine", requests: 20, everyMs: 1_000, ...FAST },
  { name: "twenty at once, slow machine", requests: 20, everyMs: 0, ...SLOW },
  { name: "twenty, one every 100 ms, slow machine", requests: 20, everyMs: 100, ...SLOW },
  { name: "a hundred, one a second, slow machine", requests: 100, everyMs: 1_000, ...SLOW },
  { name: "a hundred, one every 500 ms, fast machine", requests: 100, everyMs: 500, ...FAST },
  { name: "a hundred, one every two seconds, slow machine", requests: 100, everyMs: 2_000, ...SLOW },
  { name: "forty of two models at random", requests: 40, everyMs: 1_500, ...SLOW, isRandom: true },
  {
    name: "forty of three models at random",
    requests: 40,
    everyMs: 2_500,
    ...SLOW,
    models: ["a", "b", "c"],
    isRandom: true,
  },
];

function within([least, most]: Range, chance: () => number): number {
  return Math.round(least + chance() * (most - least));
}

function traceOf(regime: Regime, chance: () => number): readonly Job[] {
  const { requests, everyMs, serviceMs, models, isRandom = false } = regime;
  const first = { at: 0, model: models.at(-1) ?? "a", serviceMs: serviceMs[0] };
  let at = BEFORE_MS;
  const others = Array.from({ length: requests }, (_, index) => {
    if (index > 0) at += isRandom ? Math.round(-Math.log(1 - chance()) * everyMs) : everyMs;
    const pick = isRandom ? Math.floor(chance() * models.length) : index % models.length;
    return { at, model: models[pick] ?? "a", serviceMs: within(serviceMs, chance) };
  });
  return [first, ...others];
}

function longestWait({ fates }: Outcome): number {
  return Math.max(...fates.map(({ job, beganAt }) => (beganAt ?? Number.NaN) - job.at));
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((left, right) => left - right);
  return [0, sorted.length >> 1, sorted.length - 1].map((index) => sorted[index]).join("/");
}

/** One trace on both. */
interface Pair {
  readonly ours: Outcome;
  readonly theirs: ReturnType<typeof playFirstCome>;
  /** `maxWait`, the request in progress, and a load of every model. */
  readonly boundMs: number;
}

function playBoth(regime: Regime): readonly Pair[] {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const chance = seededChance(seed + 1);
    const loadMs = within(regime.loadMs, chance);
    const trace = traceOf(regime, chance);
    const boundMs = LIMITS.maxWaitMs + regime.serviceMs[1] + regime.models.length * loadMs;
    return { ours: simulate(trace, { loadMs }), theirs: playFirstCome(trace, loadMs), boundMs };
  });
}

describe("beside an Ollama without our queue, on the same arrivals", () => {
  for (const regime of KEPT_UP) {
    test(`${regime.name}: at most one load more, and no wait over the bound`, () => {
      const pairs = playBoth(regime);
      const ours = pairs.map((pair) => pair.ours.loads.length);
      const theirs = pairs.map((pair) => pair.theirs.loads);
      const waited = pairs.map((pair) => Math.round(longestWait(pair.ours) / 1_000));
      console.log(
        `  ${regime.name} (n=${SEEDS}): loads min/median/max ours ${spread(ours)}, first come ${spread(theirs)}; longest wait ${spread(waited)} s`,
      );
      for (const { ours: own, theirs: other, boundMs } of pairs) {
        expect(own.loads.length).toBeLessThanOrEqual(other.loads + 1);
        expect(longestWait(own)).toBeLessThanOrEqual(boundMs);
      }
    });
  }

  test("a crowd that came at once and cannot be in time costs one load more than what was loaded", () => {
    const crowd: Regime = { name: "", requests: 100, everyMs: 0, ...SLOW, serviceMs: [1_000, 2_000] };
    for (const { ours } of playBoth(crowd)) expect(ours.loads).toEqual(["b", "a"]);
  });

  test("where nobody can be in time, what the bound costs is a load for each turn of ten requests at most", () => {
    const overload: Regime = { name: "overload", requests: 100, everyMs: 300, ...SLOW, serviceMs: [1_000, 2_000] };
    const pairs = playBoth(overload);
    const more = pairs.map(({ ours, theirs }) => ours.loads.length - theirs.loads);
    console.log(`  overload (n=${SEEDS}): loads more than first come, min/median/max ${spread(more)}`);
    for (const count of more) expect(count).toBeLessThanOrEqual(overload.requests / LIMITS.minServed);
  });
});
