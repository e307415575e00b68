import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { StoredRoute } from "../../src/core/routing/stored-route.ts";
import type { RouteLog } from "../../src/stores/ports.ts";
import { openRouteLog, openRouteReader } from "../../src/stores/routes.ts";
import { NOON } from "./attempts.ts";
import { temporaryFolder } from "./temporary.ts";

const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER } as const;

function mustOpen(stateDir: string): RouteLog {
  const opened = openRouteLog({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function routeAt(at: number, more: Partial<StoredRoute> = {}): StoredRoute {
  const belief = { mean: 0.5, low: 0.1, high: 0.9, isMeasured: false, expected: 0.4 };
  return {
    requestId: `req_${at}`,
    at,
    mode: "on",
    taskClass: "bug_fix",
    classSource: "classifier",
    probability: 0.83,
    difficulty: null,
    why: "cheapest",
    chosen: "p/m",
    usual: "q/n",
    rule: null,
    floor: 0.7,
    dial: 5,
    conversation: "00c0ffee",
    current: null,
    signals: {
      ...{ languages: ["ts"], hasDiff: false, hasStackTrace: true, fenceCount: 1, turn: "user", isPlan: false },
      ...{ agent: null, inputTokens: 1_234, toolCount: 2, imageCount: 0, depth: 3, failedTimes: 0 },
    },
    candidates: [
      { name: "p/m", isLocal: true, ...belief, costNanoUsd: 0, cacheNanoUsd: 0, latencyMs: 900, block: null },
      { name: "q/n", isLocal: false, ...belief, costNanoUsd: null, cacheNanoUsd: 5, latencyMs: null, block: "busy" },
    ],
    exploredNanoUsd: 0,
    outcome: null,
    ...more,
  };
}

describe("the route log", () => {
  test("gives back what was written, latest first, in a file for its owner only", () => {
    using folder = temporaryFolder();
    const log = mustOpen(folder.path);
    const routes = [routeAt(NOON), routeAt(NOON + 1, { chosen: null, taskClass: null, probability: null })];
    log.write(routes, []);
    log.close();
    expect(statSync(join(folder.path, "routes.db")).mode & 0o777).toBe(0o600);
    const reader = openRouteReader({ stateDir: folder.path });
    if (!reader.ok) throw new Error(reader.error.message);
    expect(reader.value.list(EVER, 10)).toEqual(routes.toReversed());
    expect(reader.value.list({ from: NOON + 1, to: NOON + 2 }, 10)).toEqual(routes.slice(1));
    expect(reader.value.list(EVER, 1)).toEqual(routes.slice(1));
    expect(reader.value.find(`req_${NOON}`)).toEqual(routeAt(NOON));
    expect(reader.value.find("req_' OR 1=1 --")).toBeNull();
    reader.value.close();
  });

  test("tells what became of a request, in the same write or later; of an unknown one nothing", () => {
    using folder = temporaryFolder();
    const log = mustOpen(folder.path);
    const outcome = { served: "p/m", costNanoUsd: null, inputTokens: 10, outputTokens: 5 };
    log.write([routeAt(NOON), routeAt(NOON + 1)], [{ requestId: `req_${NOON}`, ...outcome }]);
    log.write(
      [],
      [
        { requestId: `req_${NOON + 1}`, ...outcome, costNanoUsd: 7 },
        { requestId: "req_gone", ...outcome },
      ],
    );
    expect(log.list(EVER, 10).map((route) => route.outcome)).toEqual([{ ...outcome, costNanoUsd: 7 }, outcome]);
    log.close();
  });

  test("adds up what trying other models cost since a moment", () => {
    using folder = temporaryFolder();
    const log = mustOpen(folder.path);
    expect(log.explored(0)).toBe(0);
    log.write([routeAt(NOON, { exploredNanoUsd: 100 }), routeAt(NOON + 5, { exploredNanoUsd: 20 })], []);
    expect(log.explored(NOON)).toBe(120);
    expect(log.explored(NOON + 1)).toBe(20);
    log.close();
  });

  test("forgets what is old, chunk by chunk", () => {
    using folder = temporaryFolder();
    const log = mustOpen(folder.path);
    log.write(
      Array.from({ length: 1_001 }, (_, index) => routeAt(NOON + index)),
      [],
    );
    expect([log.prune(NOON + 1_000), log.prune(NOON + 1_000), log.prune(NOON + 1_000)]).toEqual([500, 500, 0]);
    expect(log.list(EVER, 10)).toHaveLength(1);
    log.close();
  });

  test("leaves out what somebody else spoilt, and believes none of it", () => {
    using folder = temporaryFolder();
    const log = mustOpen(folder.path);
    log.write([routeAt(NOON), routeAt(NOON + 1), routeAt(NOON + 2)], []);
    log.close();
    const database = new Database(join(folder.path, "routes.db"));
    database.run("UPDATE routes SET signals = '[1' WHERE at = ?", [NOON]);
    database.run("UPDATE routes SET candidates = '[7, {\"name\": 3}]' WHERE at = ?", [NOON + 1]);
    database.close();
    const again = mustOpen(folder.path);
    expect(again.list(EVER, 10).map(({ at, candidates }) => [at, candidates.length])).toEqual([
      [NOON + 2, 2],
      [NOON + 1, 0],
    ]);
    again.close();
  });
});
