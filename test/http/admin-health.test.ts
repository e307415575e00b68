import { afterEach, describe, expect, test } from "bun:test";
import type { HealthHistoryView, HealthView } from "../../src/core/health-view.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { type AdminWorld, makeAdminWorld, NOON, TOKEN, type WorldOptions } from "./admin-world.ts";

const worlds: AdminWorld[] = [];
const FAILED = { state: "failed", fault: { kind: "overloaded", message: "busy", status: 503 } } as const;

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

/** A world with two answers and a failure of one model, and an answer of another, all in the last minutes. */
async function open(options: WorldOptions = {}) {
  const world = makeAdminWorld(options);
  worlds.push(world);
  const at = (minutes: number) => ({ startedAt: NOON - minutes * 60_000 - 500, endedAt: NOON - minutes * 60_000 });
  await world.settle(
    { requestId: "req_1", ...at(1) },
    { requestId: "req_2", ...at(50) },
    { requestId: "req_3", ...at(2), ...FAILED },
    { requestId: "req_4", ...at(3), model: "other", account: "second" },
  );
  const app = createAdminApp(world.admin);
  const headers = { host: "127.0.0.1:8080", authorization: `Bearer ${TOKEN}` };
  const ask = async (path: string): Promise<Response> => app.request(`http://127.0.0.1:8080${path}`, { headers });
  return { ...world, ask };
}

describe("/v1/health", () => {
  test("has everything that a page needs at once: accounts, providers, models, probes", async () => {
    const health = [
      {
        provider: "deepseek",
        account: "default",
        state: "open" as const,
        lastError: "e",
        coolingUntil: NOON + 9,
        coolingReason: "e",
      },
    ];
    const probes = [{ provider: "deepseek", account: "default", at: NOON, tookMs: 4, error: null }];
    const { ask } = await open({ health, probes });
    const view = (await (await ask("/v1/health")).json()) as HealthView;
    expect(Object.keys(view)).toEqual(["at", "accounts", "ledger", "providers", "models", "probes", "paidProbes"]);
    expect([view.accounts, view.probes]).toEqual([health, probes]);
    expect(view.providers.map(({ id, spans }) => [id, spans["1h"].attempts, spans["1h"].ratio])).toEqual([
      ["deepseek", 4, 0.75],
      ["ollama", 0, null],
    ]);
    expect(view.models.map(({ model, spans }) => [model, spans["24h"].attempts])).toEqual([
      ["deepseek-v4-flash", 3],
      ["other", 1],
    ]);
  });
});

describe("/v1/health/history", () => {
  const cases: readonly (readonly [query: string, attempts: number, failed: number])[] = [
    ["", 4, 1],
    ["?span=1h", 4, 1],
    ["?span=90d&provider=deepseek", 4, 1],
    ["?span=90d&by=hour", 4, 1],
    ["?span=24h&by=minute", 4, 1],
    ["?model=other", 1, 0],
    ["?account=second&model=deepseek-v4-flash", 0, 0],
    ["?provider=nobody", 0, 0],
  ];
  test.each(cases)("%s", async (query, attempts, failed) => {
    const { ask } = await open();
    const view = (await (await ask(`/v1/health/history${query}`)).json()) as HealthHistoryView;
    expect([view.attempts, view.failed]).toEqual([attempts, failed]);
    expect(view.ratio).toBe(attempts === 0 ? null : (attempts - failed) / attempts);
    expect(view.cells.reduce((sum, cell) => sum + cell.attempts, 0)).toBe(attempts);
    expect(view.cells.length * view.cellMs).toBe(view.to - view.from);
  });

  test.each([
    ["?span=2h", "span: must be one of 1h, 24h, 90d"],
    ["?span=90d&by=minute", "by: 90d can be had by hour or day"],
    ["?verbose=1", "verbose: unknown field"],
  ])("%s is refused, and the error names the field", async (query, message) => {
    const { ask } = await open();
    const answer = await ask(`/v1/health/history${query}`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "bad_query", message } }]);
  });
});

describe("metrics", () => {
  test("tell availability, faults, speed and what is left out, and nothing of what has no data", async () => {
    const health = [
      {
        provider: "deepseek",
        account: "default",
        state: "open" as const,
        lastError: "e",
        coolingUntil: NOON + 9_000,
        coolingReason: "e",
      },
    ];
    const { ask } = await open({ health });
    const text = await (await ask("/metrics")).text();
    expect(text).toContain('lodestar_provider_availability_ratio{provider="deepseek"} 0.75\n');
    expect(text).toContain('lodestar_provider_faults{provider="deepseek",fault="overloaded"} 1\n');
    expect(text).toMatch(/lodestar_provider_answer_seconds\{provider="deepseek",quantile="0\.95"\} 0\.\d+\n/);
    expect(text).toContain('lodestar_account_cooldown_seconds{provider="deepseek",account="default"} 9\n');
    expect(text).not.toContain('lodestar_provider_availability_ratio{provider="ollama"}');
  });
});
