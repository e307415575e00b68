import { describe, expect, test } from "bun:test";
import type { LodestarEvent } from "../../src/core/event.ts";
import { refusal } from "../../src/core/fault.ts";
import type { CostGroup } from "../../src/core/ledger.ts";
import type { Plan, PlannedTarget } from "../../src/core/plan.ts";
import { failure, success } from "../../src/core/result.ts";
import type { RouteOutcome, StoredRoute } from "../../src/core/routing/stored-route.ts";
import { createExploreBook } from "../../src/gateway/routing/explore-book.ts";
import { createMeasuredRuns } from "../../src/gateway/routing/measured.ts";
import { joinPlans } from "../../src/gateway/routing/plan-for.ts";
import { reorder } from "../../src/gateway/routing/reorder.ts";
import { createRouteWriter } from "../../src/gateway/routing/route-writer.ts";
import type { RouteLog } from "../../src/stores/ports.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";

const NO_GROUPS = { groups: (): readonly CostGroup[] => [] };

function groupOf(name: string, attempts: number, failed: number, outputTokens: number): CostGroup {
  const none = { requests: attempts, costNanoUsd: 0, savedNanoUsd: 0, savedFreeTierNanoUsd: 0, savedRoutingNanoUsd: 0 };
  const rest = { savedCacheNanoUsd: 0, unpriced: 0, failedNanoUsd: 0, inputTokens: 0, cacheReadTokens: 0 };
  return { ...none, ...rest, cacheWriteTokens: 0, name, attempts, failed, outputTokens };
}

function settled(task: string | null, text: number, durationMs: number, more: object = {}): LodestarEvent {
  const intent = { ...intentOf(), provider: "p", model: "m", task, startedAt: NOON };
  const usage = {
    input: { uncached: 10, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text, reasoning: 0 },
    raw: null,
  };
  const outcome = { ...outcomeOf(), usage, endedAt: NOON + durationMs, state: "final" as const, ...more };
  return { event: "settled", at: NOON, intent, outcome };
}

describe("what answers take", () => {
  test("is learnt from the ledger's sums, without what failed, and by class before the model", () => {
    const ledger = {
      groups: ({ task }: { task?: string }) =>
        task === "bug_fix" ? [groupOf("p/m", 12, 2, 5_000)] : task === undefined ? [groupOf("p/m", 20, 0, 2_000)] : [],
    };
    const runs = createMeasuredRuns(ledger);
    expect(runs.of("p/m", "bug_fix")).toBeNull();
    runs.learn(NOON);
    expect(runs.of("p/m", "bug_fix")).toMatchObject({ outputTokens: 500, basis: "class", durationMs: null });
    expect(runs.of("p/m", "general")).toMatchObject({ outputTokens: 100, basis: "model" });
    expect(runs.of("p/other", null)).toBeNull();
  });

  test("follows what is settled, once the ledger was read; five answers are the least", () => {
    const runs = createMeasuredRuns(NO_GROUPS);
    runs.note(settled("bug_fix", 100, 1_000));
    runs.learn(NOON);
    for (let index = 0; index < 4; index += 1) runs.note(settled("bug_fix", 100, 1_000));
    expect(runs.of("p/m", "bug_fix")).toBeNull();
    runs.note(settled("bug_fix", 200, 3_000));
    expect(runs.of("p/m", "bug_fix")).toMatchObject({ outputTokens: 120, durationMs: 1_400, basis: "class" });
    runs.note(settled("bug_fix", 9_999, 1, { state: "failed" }));
    expect(runs.of("p/m", "bug_fix")?.outputTokens).toBe(120);
  });
});

test("a day's purse for trying models is counted from the log, and begins anew at midnight UTC", () => {
  let now = NOON;
  const log = { explored: (from: number) => (from <= NOON && NOON - from < 86_400_000 ? 40_000_000 : 0) };
  const clock = { now: () => now };
  const settings = (share: number) => () => ({ routing: { explore: { share, capUsd: 0.1 } } });
  const bookWith = (share: number) =>
    createExploreBook(() => log as unknown as RouteLog, { clock, settings: settings(share) } as never);
  expect(bookWith(0).leftNanoUsd()).toBeNull();
  const book = bookWith(0.1);
  expect(book.leftNanoUsd()).toBe(60_000_000);
  book.spent(70_000_000);
  expect(book.leftNanoUsd()).toBe(0);
  now += 86_400_000;
  expect(book.leftNanoUsd()).toBe(100_000_000);
});

function plannedOf(provider: string, model: string, account = "default"): PlannedTarget {
  return { target: { provider, account, model }, isLocal: false, isHome: provider === "a", reason: "auto>best" };
}

const PLAN: Plan = {
  requested: "auto",
  targets: [plannedOf("a", "x"), plannedOf("a", "x", "second"), plannedOf("b", "y"), plannedOf("c", "z")],
  skipped: [],
};

describe("a plan in another order", () => {
  const verdict = { taskClass: "bug_fix", source: "classifier", probability: 0.9 } as const;
  test("keeps every account together and loses none, and its reasons tell the class", () => {
    const { targets } = reorder(PLAN, ["b/y", "a/x"], null, verdict);
    const names = targets.map(({ target }) => `${target.provider}/${target.account}`);
    expect(names).toEqual(["b/default", "a/default", "a/second", "c/default"]);
    expect(targets[0]?.reason).toBe("auto:bug_fix>classifier>best");
    expect(targets.map(({ isHome }) => isHome)).toEqual([true, false, false, false]);
  });

  test("leaves signed thinking at home where the conversation was", () => {
    const { targets } = reorder(PLAN, ["b/y"], "c/z", verdict);
    expect(targets.filter(({ isHome }) => isHome).map(({ target }) => target.provider)).toEqual(["c"]);
    const asEver = reorder(PLAN, [], null, { taskClass: null, source: "none", probability: null });
    expect(asEver.targets).toEqual(PLAN.targets);
  });
});

test("plans of several names are one: in order, each target once, what leads nowhere left out", () => {
  const nowhere = failure(refusal("model_not_found", "no"));
  const plans: Readonly<Record<string, ReturnType<Parameters<typeof joinPlans>[1]>>> = {
    one: success({ ...PLAN, targets: PLAN.targets.slice(2) }),
    all: success(PLAN),
  };
  const planFor = (name: string) => plans[name] ?? nowhere;
  const joined = joinPlans(["none", "one", "all"], planFor);
  expect(joined.ok && joined.value.targets.map(({ target }) => target.provider)).toEqual(["b", "c", "a", "a"]);
  expect(joinPlans(["none", "no"], planFor)).toEqual(nowhere);
});

describe("the writer of decisions", () => {
  function writerWith(write: (routes: readonly StoredRoute[], outcomes: readonly RouteOutcome[]) => void) {
    const warnings: string[] = [];
    const due: (() => void)[] = [];
    const clock = {
      now: () => NOON,
      monotonic: () => 0,
      random: () => 0,
      after(_: number, run: () => void) {
        due.push(run);
        return () => undefined;
      },
    };
    const log = { write: (_: string, message: string) => void warnings.push(message) };
    return { warnings, due, writer: createRouteWriter(() => ({ write }) as unknown as RouteLog, clock, log as never) };
  }
  const route = { requestId: intentOf().requestId } as StoredRoute;

  test("sums the attempts of a request, and names who answered", () => {
    const outcomes: RouteOutcome[] = [];
    const { writer } = writerWith((_, said) => outcomes.push(...said));
    writer.add(route);
    writer.note(settled(null, 5, 1, { state: "failed", costNanoUsd: 3 }));
    writer.note(settled(null, 7, 1, { costNanoUsd: 4 }));
    writer.flush();
    expect(outcomes).toEqual([
      { requestId: route.requestId, served: "p/m", costNanoUsd: 7, inputTokens: 20, outputTokens: 12 },
    ]);
    writer.note(settled(null, 1, 1, { costNanoUsd: null }));
    writer.flush();
    expect(outcomes.at(-1)?.costNanoUsd).toBeNull();
  });

  test("writes nothing of requests that it was not told of, and says once that it cannot write", () => {
    let writes = 0;
    const { writer, warnings, due } = writerWith(() => {
      writes += 1;
      throw new Error("disk full");
    });
    writer.note(settled(null, 5, 1));
    writer.flush();
    expect(writes).toBe(0);
    for (let round = 0; round < 2; round += 1) {
      writer.add(route);
      due.pop()?.();
    }
    expect([writes, warnings.length]).toEqual([2, 1]);
  });
});
