import { afterEach, describe, expect, test } from "bun:test";
import type { PriceDiffView, PriceShowView, PricesView } from "../../src/core/price-view.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { type AdminWorld, makeAdminWorld, TOKEN } from "./admin-world.ts";

const worlds: AdminWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

async function ask<View>(path: string): Promise<{ readonly status: number; readonly view: View }> {
  const world = makeAdminWorld({ isRunning: false });
  worlds.push(world);
  const headers = { host: "127.0.0.1:8080", authorization: `Bearer ${TOKEN}` };
  const answer = await createAdminApp(world.admin).request(`http://127.0.0.1:8080${path}`, { headers });
  return { status: answer.status, view: (await answer.json()) as View };
}

describe("the admin port", () => {
  test("tells which price tables are in use", async () => {
    const { view } = await ask<PricesView>("/v1/prices");
    expect(view.tables.map(({ table, origin }) => [table, origin])).toEqual([
      ["genai-prices", "bundled"],
      ["models.dev", "bundled"],
    ]);
    expect([view.overrides, view.problem]).toEqual([0, null]);
  });

  test("tells every price of a model, with exactly one in use at each provider", async () => {
    const { view } = await ask<PriceShowView>("/v1/prices?model=gpt-4o");
    const used = view.candidates.filter(({ isUsed }) => isUsed).map(({ row }) => row.provider);
    expect(used).toContain("openai");
    expect(new Set(used).size).toBe(used.length);
    expect(view.candidates.every(({ row }) => row.id.startsWith("price_") && row.source !== "")).toBe(true);
  });

  test("tells where the two sources disagree", async () => {
    const { view } = await ask<PriceDiffView>("/v1/prices/diff");
    const sources = view.comparisons.find(({ name }) => name === "sources");
    expect(sources?.compared).toBeGreaterThan(100);
    expect(sources?.differences.every(({ before, after }) => before !== after)).toBe(true);
  });

  test.each(["/v1/prices?modle=x", "/v1/prices?model=", "/v1/prices/diff?all=1"])("refuses %s", async (path) => {
    const { status, view } = await ask<{ error: { code: string } }>(path);
    expect([status, view.error.code]).toEqual([400, "bad_query"]);
  });
});
