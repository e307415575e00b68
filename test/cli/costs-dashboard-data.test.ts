import { describe, expect, test } from "bun:test";
import type { Connection } from "../../src/cli/connection.ts";
import { createDashboardReader } from "../../src/cli/costs/dashboard-data.ts";
import { createWake } from "../../src/cli/costs/dashboard-follow.ts";
import { type DashboardState, firstState } from "../../src/cli/costs/dashboard-state.ts";
import { success } from "../../src/core/result.ts";
import { savingsOf } from "../../src/core/savings.ts";
import { NO_TOTALS } from "../../src/core/totals.ts";
import { orAborted, pause } from "../../src/features/counter/pause.ts";
import { intentOf, NOON, outcomeOf } from "../stores/attempts.ts";

const START = firstState({ period: "month", by: "model" });

const last = { ...intentOf(), ...outcomeOf() };
const request = (requestId: string, project: string | null) => ({
  requestId,
  startedAt: NOON,
  attempts: 1,
  costNanoUsd: 1,
  last: { ...last, project },
});

const ANSWERS: Readonly<Record<string, object>> = {
  "/v1/costs": {
    from: Date.UTC(2026, 10, 20),
    totals: { ...NO_TOTALS, costNanoUsd: 7 },
    savings: savingsOf(NO_TOTALS, "a/b"),
    groups: [{ costNanoUsd: 3 }],
  },
  "/v1/requests": { requests: [request("req_1", null), request("req_2", "web")] },
  "/v1/budgets": { timeZone: "UTC", budgets: [] },
};

/** An admin API that notes what it is asked. */
function fakeConnection(answers = ANSWERS) {
  const asked: URL[] = [];
  const connection: Connection = {
    source: "daemon",
    where: "here",
    send: async (path) => {
      const url = new URL(path, "http://here");
      asked.push(url);
      const answer = answers[url.pathname];
      if (answer !== undefined) return success(Response.json(answer));
      return success(Response.json({ error: { code: "request_not_found", message: "gone" } }, { status: 404 }));
    },
    close: async () => undefined,
  };
  const queries = (path: string) =>
    asked.filter(({ pathname }) => pathname === path).map((url) => Object.fromEntries(url.searchParams));
  return { connection, asked, queries };
}

describe("what the dashboard reads", () => {
  test("is of its period, its group, the command line's filters and those of the filter line", async () => {
    const { connection, queries } = fakeConnection();
    const reader = createDashboardReader({ project: "web" }, () => NOON);
    const read = await reader.read(connection, { ...START, by: "provider", filter: "tag=nightly gpt" });
    expect(read.ok && [read.value.trend, read.value.readAt]).toEqual([{ unit: "day", values: [3] }, NOON]);
    const asked = { project: "web", tag: "nightly", period: "month" };
    expect(queries("/v1/costs")).toEqual([
      { ...asked, by: "provider" },
      { ...asked, by: "day" },
    ]);
    expect(queries("/v1/requests")).toEqual([{ ...asked, limit: "200" }]);
  });

  test.each([
    ["model", "hub/org/model", { provider: "hub", model: "org/model" }],
    ["key", "key_1", { key: "key_1" }],
    ["day", "2026-11-05", { from: "2026-11-05", to: "2026-11-05" }],
  ] as const)("of an entered %s %s are its own requests", async (by, group, filter) => {
    const { connection, queries } = fakeConnection();
    await createDashboardReader({}, () => NOON).read(connection, { ...START, by, group, view: "requests" });
    const span = by === "day" ? {} : { period: "month" };
    expect(queries("/v1/requests")[0]).toEqual({ limit: "200", ...span, ...filter });
  });

  test("of the group without a name are the requests without one", async () => {
    const { connection } = fakeConnection();
    const state: DashboardState = { ...START, by: "project", group: "(none)", view: "requests" };
    const read = await createDashboardReader({}, () => NOON).read(connection, state);
    expect(read.ok && read.value.requests.map(({ requestId }) => requestId)).toEqual(["req_1"]);
  });

  test("asks for an hour that is long over only once", async () => {
    const { connection, queries } = fakeConnection();
    let now = NOON;
    const reader = createDashboardReader({}, () => now);
    const today: DashboardState = { ...START, period: "today" };
    const first = await reader.read(connection, today);
    expect(first.ok && first.value.trend.values).toEqual(Array(13).fill(7));
    expect(queries("/v1/costs")[1]).toMatchObject({ from: String(Date.UTC(2026, 10, 20)) });
    expect(queries("/v1/costs")[1]).not.toHaveProperty("period");
    const before = queries("/v1/costs").length;
    now += 1_000;
    await reader.read(connection, today);
    // The sums, the hour that runs and the one before it.
    expect(queries("/v1/costs").length - before).toBe(3);
  });

  test("goes on where a request was deleted meanwhile, and where there are no budgets", async () => {
    const { "/v1/budgets": _, ...less } = ANSWERS;
    const { connection } = fakeConnection(less);
    const state: DashboardState = { ...START, view: "request", group: "a/b", requestId: "req_9" };
    const read = await createDashboardReader({}, () => NOON).read(connection, state);
    expect(read.ok && [read.value.detail, read.value.budgets]).toEqual([null, []]);
  });
});

describe("waiting", () => {
  test("a wake-up before anyone waits is not lost, and many are one", async () => {
    const wake = createWake();
    await wake.next();
    wake.wake();
    wake.wake();
    await wake.next();
    const third = wake.next();
    expect(await Promise.race([third.then(() => "awake"), Promise.resolve("asleep")])).toBe("asleep");
    wake.wake();
    await third;
  });

  test("ends at once when the signal says so, and leaves nothing on it", async () => {
    const controller = new AbortController();
    const never = new Promise<string>(() => undefined);
    const waiting = [orAborted(never, controller.signal), pause(3_600_000, controller.signal)];
    controller.abort();
    expect(await Promise.all(waiting)).toEqual([null, undefined]);
    expect(await orAborted(never, controller.signal)).toBeNull();
    expect(await orAborted(Promise.resolve("done"), new AbortController().signal)).toBe("done");
    expect(orAborted(Promise.reject(new Error("no")), new AbortController().signal)).rejects.toThrow("no");
  });
});
