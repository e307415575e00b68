import { afterEach, describe, expect, test } from "bun:test";
import type { ExplainView } from "../../src/core/bill.ts";
import type { Report } from "../../src/core/report.ts";
import type { WhatIfView } from "../../src/core/what-if.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { DAY, NOON, usageOf } from "../stores/attempts.ts";
import { type AdminWorld, makeAdminWorld, TOKEN } from "./admin-world.ts";

const worlds: AdminWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

function open(
  environment: Readonly<Record<string, string>> = {},
): AdminWorld & { get(path: string): Promise<Response> } {
  const world = makeAdminWorld({ environment });
  worlds.push(world);
  const app = createAdminApp(world.admin);
  return {
    ...world,
    get: async (path) => app.request(path, { headers: { authorization: `Bearer ${TOKEN}`, host: "127.0.0.1:8080" } }),
  };
}

async function read<View>(answer: Response): Promise<View> {
  expect(answer.status).toBe(200);
  return (await answer.json()) as View;
}

describe("the report route", () => {
  test.each([
    ["?month=2026-13", "bad_span", "is no month"],
    ["?month=2026-10&from=2026-10-01", "bad_span", "exclude each other"],
    ["?to=2026-10-01", "bad_span", "to needs from"],
    ["?from=2026-10-02&to=2026-10-01", "bad_span", "is after"],
    ["?from=yesterday", "bad_query", "must be a day"],
    ["?by=colour", "bad_query", "by"],
    ["?colour=red", "bad_query", "unknown field"],
  ])("refuses %s with %s", async (query, code, words) => {
    const answer = await open().get(`/v1/costs/report${query}`);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test("from a day in the future is empty, and says that it has not begun", async () => {
    const report = await read<Report>(await open().get("/v1/costs/report?from=2027-01-01"));
    expect(report).toMatchObject({ progress: "future", days: [], models: [], totals: { attempts: 0 } });
    expect(report.span.title).toBe("2027-01-01");
  });

  test("lets other requests go on between its days", async () => {
    const world = open();
    await world.settle({ requestId: "req_1", startedAt: NOON - DAY });
    const order: string[] = [];
    const report = world.get("/v1/costs/report?month=2026-11").then(() => order.push("report"));
    await Promise.all([report, world.get("/v1/status").then(() => order.push("status"))]);
    expect(order).toEqual(["status", "report"]);
  });
});

describe("the explain route", () => {
  test("keeps the price of the row whatever today's is, and shows another model's beside it", async () => {
    const world = open();
    await world.settle({ usage: usageOf(1_000_000, 0), costNanoUsd: 140_000_000, savedNanoUsd: null, savedKind: null });
    const view = await read<ExplainView>(await world.get("/v1/requests/req_1/explain?as=ollama/qwen2.5-coder"));
    expect(view.attempts[0]?.bill).toMatchObject({
      price: { id: "price_1", source: "genai-prices 0.1.8" },
      exactUsd: "0.14",
    });
    expect([view.otherwiseNanoUsd, view.attempts[0]?.otherwise?.price.source]).toEqual([0, "local"]);
  });

  test.each([
    ["/v1/requests/req_9/explain", 404, "request_not_found"],
    ["/v1/requests/req_1/explain?as=", 400, "bad_query"],
    ["/v1/requests/req_1/explain?as=nobody/nothing", 400, "no_such_price"],
    ["/v1/requests/%2e%2e%2fkeys/explain", 404, "request_not_found"],
    ["/v1/costs/what-if", 400, "bad_query"],
    ["/v1/costs/what-if?as=gpt", 400, "no_such_price"],
  ])("%s is %p %s", async (path, status, code) => {
    const world = open();
    await world.settle({});
    const answer = await world.get(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });
});

describe("the what-if route", () => {
  test("counts the rows of the filter, and leaves those without tokens out", async () => {
    const world = open();
    await world.settle(
      { requestId: "req_1", usage: usageOf(10, 5) },
      { requestId: "req_2", usage: usageOf(0, 0), state: "failed", costNanoUsd: 0 },
      { requestId: "req_3", usage: usageOf(10, 5), project: "other" },
    );
    const all = await read<WhatIfView>(await world.get("/v1/costs/what-if?as=openai/gpt-5.4-nano"));
    const one = await read<WhatIfView>(await world.get("/v1/costs/what-if?as=openai/gpt-5.4-nano&project=other"));
    expect([all.totals.attempts, one.totals.attempts]).toEqual([2, 1]);
    expect(all.totals.otherwiseNanoUsd).toBe(2 * one.totals.otherwiseNanoUsd);
    expect(one.totals.otherwiseNanoUsd).toBeGreaterThan(0);
  });
});
