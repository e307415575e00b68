import { describe, expect, test } from "bun:test";
import { parseProjectFile } from "../../../src/config/project-file.ts";
import { chatReply } from "../../support/chat-chunks.ts";
import { eventually } from "../../support/eventually.ts";
import type { TestGateway } from "../../support/test-gateway.ts";
import { createWorld } from "../../support/world.ts";

const { fake, gateway: openGateway } = createWorld();

const MESSAGES = [{ role: "user", content: "hi" }];

/** What reached the upstream, as far as rules change it. */
interface Sent {
  readonly model?: string;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly reasoning_effort?: string;
}

/** A gateway with two priced models and these rules, each a line. */
async function scene(rules: readonly string[], more = "") {
  const upstream = await fake(() => ({ kind: "json", body: chatReply("hello") }));
  const gateway = await openGateway(`
providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [small, large] } }
chains: { default: [up/small], both: [up/large, up/small] }
prices: { overrides: { up/small: { input: 1, output: 1 }, up/large: { input: 10, output: 10 } } }
timeZone: UTC
routing:
  rules:
${rules.map((rule) => `    - ${rule}`).join("\n")}
${more}`);
  const sent = (): Sent => JSON.parse(upstream.calls.at(-1)?.body ?? "{}") as Sent;
  return { gateway, sent, upstream };
}

function ask(gateway: TestGateway, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return gateway.fetch("/v1/chat/completions", { json: { model: "auto", messages: MESSAGES, ...body }, headers });
}

describe("where a rule sends a request", () => {
  test("is its target, and the reason names it", async () => {
    const { gateway, sent } = await scene(["{ name: tagged, when: { tag: big }, do: { target: up/large } }"]);
    const response = await ask(gateway, {}, { "x-lodestar-tag": "big" });
    expect(response.status).toBe(200);
    expect(sent().model).toBe("large");
    expect(response.headers.get("x-lodestar-route-reason")).toContain("rule:tagged");
    await ask(gateway, {}, { "x-lodestar-tag": "other" });
    expect(sent().model).toBe("small");
  });

  test("is asked of headers, files, tools and projects as they come in", async () => {
    const rules = [
      '{ name: team, when: { header: { X-Team: "web*" } }, do: { target: up/large } }',
      '{ name: sql, when: { path: "db/**/*.sql" }, do: { target: up/large } }',
      '{ name: tools, when: { tools: "mcp__*" }, do: { target: up/large } }',
      "{ name: shop, when: { project: shop }, do: { target: up/large } }",
    ];
    const { gateway, sent } = await scene(rules);
    const tools = [{ type: "function", function: { name: "mcp__x", parameters: { type: "object" } } }];
    const cases: [object, Record<string, string>, string][] = [
      [{}, { "x-team": "web-1" }, "rule:team"],
      [{ messages: [{ role: "user", content: "look at db/deep/a.sql" }] }, {}, "rule:sql"],
      [{ tools }, {}, "rule:tools"],
      [{}, { "x-lodestar-project": "shop" }, "rule:shop"],
    ];
    for (const [body, headers, reason] of cases) {
      const response = await ask(gateway, body, headers);
      expect(response.headers.get("x-lodestar-route-reason")).toContain(reason);
      expect(sent().model).toBe("large");
    }
    expect((await ask(gateway, {})).headers.get("x-lodestar-route-reason")).not.toContain("rule:");
  });

  test("leaves a name of the client's own alone, unless the rule is about it", async () => {
    const rules = ["{ name: all, do: { target: up/large } }"];
    const plain = await scene(rules);
    await ask(plain.gateway, { model: "up/small" });
    expect(plain.sent().model).toBe("small");
    const named = await scene([...rules, '{ name: named, requested: "up/*", do: { target: up/large } }']);
    await ask(named.gateway, { model: "up/small" });
    expect(named.sent().model).toBe("large");
  });

  test("is nowhere where it refuses: 403 with its own words, and no model is asked", async () => {
    const { gateway, upstream } = await scene([
      '{ name: shut, requested: "*", when: { tag: private }, do: { deny: "not with this tag" } }',
    ]);
    for (const model of ["auto", "up/small"]) {
      const response = await ask(gateway, { model }, { "x-lodestar-tag": "private" });
      expect(response.status).toBe(403);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe("rule_denied");
      expect(error.message).toContain("not with this tag");
      expect(error.message).toContain('"shut"');
    }
    expect(upstream.calls).toHaveLength(0);
  });

  test("falls back along its chain", async () => {
    const answers = await fake(() => ({ kind: "json", body: chatReply("hello") }));
    const broken = await fake(() => ({ kind: "json", status: 500, body: { error: { message: "broken" } } }));
    const gateway = await openGateway(`
providers:
  down: { dialect: openai-chat, baseUrl: "${broken.url}/v1", models: [m] }
  up: { dialect: openai-chat, baseUrl: "${answers.url}/v1", models: [small] }
chains: { both: [down/m, up/small] }
retries: { attempts: 1 }
routing: { rules: [{ name: chained, do: { chain: both } }] }
`);
    const response = await ask(gateway, {});
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-model")).toBe("small");
    expect(response.headers.get("x-lodestar-route-reason")).toContain("rule:chained");
  });
});

describe("a rule's ceiling", () => {
  // A hundred tokens of answer cost 100 µUSD at up/small and 1,000 µUSD at up/large, the prompt next to nothing.
  const ceiling = (usd: string, to = ""): string =>
    `{ name: thrifty, requested: "*", do: { ${to}ceilingUsd: ${usd} } }`;

  test("leaves dearer models out of what it names itself, also as what is fallen back to", async () => {
    const { gateway, sent } = await scene([ceiling("0.0005", "chain: both, ")]);
    const response = await ask(gateway, { max_tokens: 100 });
    expect([response.status, sent().model]).toEqual([200, "small"]);
  });

  test("refuses a name that is too dear, with the price of the cheapest", async () => {
    const { gateway, upstream } = await scene([ceiling("0.0005")]);
    const response = await ask(gateway, { model: "up/large", max_tokens: 100 });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, error.code]).toEqual([403, "rule_ceiling"]);
    expect(error.message).toContain("up/large would be the cheapest, at about $0.001");
    expect(upstream.calls).toHaveLength(0);
    expect((await ask(gateway, { model: "up/small", max_tokens: 100 })).status).toBe(200);
  });

  test("reckons with the limit of output that the rule itself sets", async () => {
    const { gateway, sent } = await scene([ceiling("0.0005", "maxOutputTokens: 20, ")]);
    expect((await ask(gateway, { model: "up/large", max_tokens: 100 })).status).toBe(200);
    expect(sent()).toMatchObject({ model: "large", max_tokens: 20 });
  });

  test("counts a model without a price as too dear", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hello") }));
    const gateway = await openGateway(`
providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [unknown] } }
chains: { default: [up/unknown] }
routing: { rules: [${ceiling("100")}] }
`);
    expect((await ask(gateway, {})).status).toBe(403);
  });
});

describe("what a rule changes of a request", () => {
  test("reaches the model, and x-lodestar-params tells the client", async () => {
    const { gateway, sent } = await scene([
      "{ name: small, do: { target: up/small, maxOutputTokens: 40, maxTemperature: 0.2 } }",
    ]);
    const response = await ask(gateway, { max_tokens: 4000, temperature: 0.9 });
    expect(sent()).toMatchObject({ model: "small", max_tokens: 40, temperature: 0.2 });
    const params = response.headers.get("x-lodestar-params") ?? "";
    expect(params).toContain("changed max_tokens (rule small: 40)");
    expect(params).toContain("changed temperature (rule small: 0.2)");
  });

  test("is also set where the client said nothing, whose temperature counts as 1", async () => {
    const { gateway, sent } = await scene(["{ name: small, do: { maxOutputTokens: 40, maxTemperature: 0 } }"]);
    await ask(gateway, {});
    expect(sent()).toMatchObject({ max_tokens: 40, temperature: 0 });
  });

  test("is nothing where the request is within the limits: its bytes go out as they came", async () => {
    const { gateway, upstream } = await scene(["{ name: small, do: { maxOutputTokens: 40, maxTemperature: 0.5 } }"]);
    const response = await ask(gateway, { model: "auto", max_tokens: 40, temperature: 0.5, unknown_field: 1 });
    expect(response.headers.get("x-lodestar-params")).toBeNull();
    expect(upstream.calls.at(-1)?.body).toContain('"unknown_field":1');
  });

  test("is not refused in strict mode, since the client did not ask for it", async () => {
    const { gateway } = await scene(["{ name: small, do: { maxOutputTokens: 40 } }"], "strict: true");
    expect((await ask(gateway, { max_tokens: 4000 })).status).toBe(200);
  });

  test.each([
    ["high", "low", "low", true],
    ["low", "high", "low", false],
    ["medium", "medium", "medium", false],
    ["high", "none", "none", true],
  ])("an effort of %s under a limit of %s is %s", async (asked, most, sentEffort, isTold) => {
    const { gateway, sent } = await scene([`{ name: calm, do: { maxEffort: ${most} } }`]);
    const response = await ask(gateway, { reasoning_effort: asked });
    expect(sent().reasoning_effort).toBe(sentEffort);
    expect(response.headers.get("x-lodestar-params")?.includes(`changed reasoning (rule calm: ${most})`) === true).toBe(
      isTold,
    );
  });

  test("leaves the temperature alone beside thinking, and fits a budget of thinking under the new limit", async () => {
    const upstream = await fake(() => ({
      kind: "json",
      body: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [{ type: "text", text: "hello" }],
        stop_reason: "end_turn",
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    }));
    const gateway = await openGateway(`
providers: { ant: { dialect: anthropic, baseUrl: "${upstream.url}", models: [claude-sonnet-4-5] } }
chains: { default: [ant/claude-sonnet-4-5] }
routing: { rules: [{ name: short, do: { maxOutputTokens: 4000, maxTemperature: 0 } }] }
`);
    const thinking = { type: "enabled", budget_tokens: 16_000 };
    const response = await gateway.fetch("/v1/messages", {
      json: { model: "auto", max_tokens: 32_000, thinking, messages: MESSAGES },
    });
    expect(response.status).toBe(200);
    const sent = JSON.parse(upstream.calls.at(-1)?.body ?? "{}") as {
      max_tokens: number;
      thinking: { budget_tokens: number };
      temperature?: number;
    };
    expect(sent.max_tokens).toBe(4_000);
    expect(sent.thinking.budget_tokens).toBeLessThan(4_000);
    expect(sent.temperature).toBeUndefined();
  });
});

describe("what a rule says of the cache", () => {
  const cacheOf = (response: Response): string | null => response.headers.get("x-lodestar-cache");

  test("leaves it out, whatever the client would have", async () => {
    const { gateway } = await scene(["{ name: fresh, do: { cache: off } }"]);
    expect(cacheOf(await ask(gateway, { temperature: 0 }))).toBe("bypass; reason=rule");
    expect(cacheOf(await ask(gateway, {}, { "x-lodestar-cache": "on" }))).toBe("bypass; reason=rule");
    const only = await ask(gateway, { temperature: 0 }, { "x-lodestar-cache": "only" });
    expect(only.status).toBe(504);
  });

  test("uses it whatever the temperature", async () => {
    const { gateway, upstream } = await scene(['{ name: again, do: { cache: "on" } }']);
    expect(cacheOf(await ask(gateway, {}))).toBe("stored");
    expect(cacheOf(await ask(gateway, {}))).toContain("hit");
    expect(upstream.calls).toHaveLength(1);
  });

  test("makes a request cacheable by the temperature that it sets, and keeps other limits apart", async () => {
    const { gateway, upstream } = await scene([
      "{ name: cold, when: { tag: cold }, do: { maxTemperature: 0 } }",
      "{ name: short, when: { tag: short }, do: { maxTemperature: 0, maxOutputTokens: 5 } }",
    ]);
    expect(cacheOf(await ask(gateway, {}, { "x-lodestar-tag": "cold" }))).toBe("stored");
    expect(cacheOf(await ask(gateway, {}, { "x-lodestar-tag": "cold" }))).toContain("hit");
    expect(cacheOf(await ask(gateway, {}, { "x-lodestar-tag": "short" }))).toBe("stored");
    expect(upstream.calls).toHaveLength(2);
  });

  test("gives nothing older than it allows", async () => {
    const { gateway, upstream } = await scene(["{ name: young, when: { tag: young }, do: { cache: 1ms } }"]);
    await ask(gateway, { temperature: 0 });
    const keptBy = Date.now();
    await eventually("a moment later", () => Date.now() > keptBy + 1);
    expect(cacheOf(await ask(gateway, { temperature: 0 }))).toContain("hit");
    expect(cacheOf(await ask(gateway, { temperature: 0 }, { "x-lodestar-tag": "young" }))).toBe("stored");
    expect(upstream.calls).toHaveLength(2);
  });
});

describe("a project's own rules", () => {
  /** The wish of a project's file with these rules, told to a gateway. */
  function told(gateway: TestGateway, rules: string): void {
    const parsed = parseProjectFile(`routing: { rules: [${rules}] }`, ".lodestar.yaml");
    if (!parsed.ok) throw new Error(parsed.error[0]?.message);
    const { wish } = parsed.value;
    gateway.opening.runtime.projects.tell({ name: "shop", folder: "/shop", wish, isReplacing: false });
  }
  const SHOP = { "x-lodestar-project": "shop" };

  test("hold for its requests alone, and before the user's", async () => {
    const { gateway, sent } = await scene(["{ name: mine, do: { target: up/small } }"]);
    told(gateway, "{ name: theirs, do: { target: up/large } }");
    await ask(gateway, {}, SHOP);
    expect(sent().model).toBe("large");
    await ask(gateway, {});
    expect(sent().model).toBe("small");
  });

  test("are no way around what the user refuses, limits, or says of that project by name", async () => {
    const { gateway, sent } = await scene([
      '{ name: shut, when: { tag: private }, do: { deny: "no" } }',
      "{ name: named, when: { project: shop, tag: mine }, do: { target: up/small } }",
      "{ name: short, do: { maxOutputTokens: 7, cache: off } }",
    ]);
    told(gateway, "{ name: theirs, do: { target: up/large, maxOutputTokens: 9000 } }");
    expect((await ask(gateway, {}, { ...SHOP, "x-lodestar-tag": "private" })).status).toBe(403);
    const limited = await ask(gateway, { temperature: 0 }, SHOP);
    expect(sent()).toMatchObject({ model: "large", max_tokens: 7 });
    expect(limited.headers.get("x-lodestar-cache")).toBe("bypass; reason=rule");
    expect(limited.headers.get("x-lodestar-params")).toContain("rule theirs+short: 7");
    await ask(gateway, {}, { ...SHOP, "x-lodestar-tag": "mine" });
    expect(sent().model).toBe("small");
  });

  test("reach no model that the user's list for the project leaves out", async () => {
    const { gateway, upstream } = await scene(
      ["{ name: mine, when: { tag: x }, do: { target: up/small } }"],
      'projects: { shop: { models: ["up/small"] } }',
    );
    told(gateway, "{ name: theirs, do: { target: up/large } }");
    const response = await ask(gateway, {}, SHOP);
    expect(response.status).toBe(403);
    expect(upstream.calls).toHaveLength(0);
  });
});
