import { describe, expect, test } from "bun:test";
import { ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";
import { ask, greedy, steps } from "./budget-world.ts";

const { fake, gateway } = createWorld();

describe("a paid model without a price", () => {
  const lab = (url: string, budgets: string): string => `
providers:
  lab: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
budgets: [${budgets}]`;
  const KEY = { A_KEY: "a-key-0123456789" };

  test("is refused under a budget, with the fix", async () => {
    const upstream = await fake(greedy);
    const opened = await gateway(lab(upstream.url, "{ scope: global, period: day, limitUsd: 5 }"), KEY);
    const response = await ask(opened, "lab/m");
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error.code).toBe("model_unpriced");
    expect(String(error.message)).toContain("unpriced: allow");
    expect(String(error.message)).toContain('"lab/m": { input: 1, output: 2 }');
    expect(await opened.rows()).toMatchObject([{ state: "refused", fault: { kind: "unpriced" } }]);
  });

  test("is asked where the budget allows it, uncounted, unless nothing is left", async () => {
    const upstream = await fake(greedy);
    const budgets = "{ scope: global, period: day, limitUsd: 5, unpriced: allow }";
    const opened = await gateway(lab(upstream.url, budgets), KEY);
    expect((await ask(opened, "lab/m")).status).toBe(200);
    const none = await gateway(lab(upstream.url, budgets.replace("5", "0")), KEY);
    expect((await ask(none, "lab/m")).status).toBe(429);
  });

  test("is asked where no budget counts it", async () => {
    const upstream = await fake(greedy);
    const opened = await gateway(lab(upstream.url, "{ scope: provider, name: other, period: day, limitUsd: 5 }"), KEY);
    expect((await ask(opened, "lab/m")).status).toBe(200);
  });
});

describe("degrading to a free model", () => {
  async function withOllama(models: Parameters<typeof ollamaCatalogue>[1], budget: string) {
    const paid = await fake(greedy);
    const local = await fake(({ path }) => {
      const known = ollamaCatalogue(path, models);
      return { kind: "json", body: known ?? ollamaReply("from home") };
    });
    const opened = await gateway(
      `
providers:
  lab: { dialect: openai-chat, baseUrl: "${paid.url}/v1", models: [m], accounts: [{ key: env:A_KEY }] }
aliases: { coder: lab/m, degraded: lab/m }
prices: { overrides: { lab/m: { input: 1, output: 1 } } }
budgets: [${budget}]`,
      { A_KEY: "a-key-0123456789", OLLAMA_HOST: local.url },
    );
    return { paid, local, opened };
  }
  const SPENT = "{ scope: global, period: day, limitUsd: 0, over: degrade }";
  const TOOLS = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

  test("answers an alias from home, and says so", async () => {
    const { paid, opened } = await withOllama([{ name: "tiny", capabilities: ["completion"] }], SPENT);
    const response = await ask(opened, "coder");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-route-reason")).toBe("alias:coder>degraded");
    expect(response.headers.get("x-lodestar-provider")).toBe("ollama");
    expect(response.headers.get("x-lodestar-budget-remaining")).toBe("0");
    expect(paid.calls).toHaveLength(0);
    expect(steps(opened)).toEqual(["degraded day 0"]);
    expect((await opened.rows()).map(({ state, provider }) => [state, provider])).toEqual([
      ["refused", "lab"],
      ["final", "ollama"],
    ]);
  });

  test("is not taken for done by an alias of that name", async () => {
    const { opened } = await withOllama([{ name: "tiny", capabilities: ["completion"] }], SPENT);
    const response = await ask(opened, "degraded");
    expect(response.headers.get("x-lodestar-route-reason")).toBe("alias:degraded>degraded");
  });

  const denied: readonly (readonly [title: string, model: string, more: object, budget: string])[] = [
    ["a model that was named", "lab/m", {}, SPENT],
    ["a model named without its provider", "m", {}, SPENT],
    ["a request whose tools no local model can use", "coder", { tools: TOOLS }, SPENT],
    ["an alias under a budget that denies", "coder", {}, SPENT.replace("degrade", "deny")],
  ];
  for (const [title, model, more, budget] of denied) {
    test(`denies ${title}`, async () => {
      const { opened } = await withOllama([{ name: "tiny", capabilities: ["completion"] }], budget);
      const response = await ask(opened, model, more);
      expect(response.status).toBe(429);
      expect(steps(opened)).toEqual(["refused day 0"]);
    });
  }

  test("never stands in the way of a free model, nor counts it", async () => {
    const { opened } = await withOllama(
      [{ name: "tiny", capabilities: ["completion"] }],
      SPENT.replace("degrade", "deny"),
    );
    const response = await ask(opened, "ollama/tiny");
    expect(response.status).toBe(200);
    expect(steps(opened)).toEqual([]);
    expect(await opened.rows()).toMatchObject([{ reservedNanoUsd: null, costNanoUsd: 0 }]);
  });
});
