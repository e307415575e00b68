import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour, FakeUpstream } from "../support/fake-upstream.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const ASK = { model: "first/one", temperature: 0, messages: [{ role: "user", content: "what is a waist?" }] };

function ask(gateway: TestGateway, more: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return gateway.fetch("/v1/chat/completions", { json: { ...ASK, ...more }, headers });
}

/** Asks, reads to the end, and gives what the cache said. */
async function told(gateway: TestGateway, more: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const response = await ask(gateway, more, headers);
  await response.text();
  return response.headers.get("x-lodestar-cache") ?? "nothing";
}

function reply(finish: string, message: object = { role: "assistant", content: "yes" }): Behaviour {
  const body = { ...chatReply("yes"), choices: [{ index: 0, message, finish_reason: finish }] };
  return { kind: "json", body };
}

async function open(
  behaviour: Behaviour = reply("stop"),
  more = "",
): Promise<{ gateway: TestGateway; upstream: FakeUpstream }> {
  const upstream = await fake(() => behaviour);
  return { upstream, gateway: await duo(upstream.url, upstream.url, more) };
}

const TOOL = { type: "function", function: { name: "look", parameters: { type: "object" } } };
const CALL = { id: "call_1", type: "function", function: { name: "look", arguments: "{}" } };
const TOOL_TURN = [
  ...ASK.messages,
  { role: "assistant", content: null, tool_calls: [CALL] },
  { role: "tool", tool_call_id: "call_1", content: "42" },
];

describe("the cache is left out of", () => {
  const cases: readonly (readonly [title: string, request: object, reason: string])[] = [
    ["a temperature above the threshold", { temperature: 0.7 }, "temperature"],
    ["an absent temperature, which counts as the provider's 1", { temperature: undefined }, "temperature-default"],
    ["a turn that tells what tools did", { messages: TOOL_TURN, tools: [TOOL] }, "tool-results"],
    ["several answers at once", { n: 2 }, "several-answers"],
  ];
  for (const [title, request, reason] of cases) {
    test(title, async () => {
      const { gateway, upstream } = await open();
      expect(await told(gateway, request)).toBe(`bypass; reason=${reason}`);
      expect(await told(gateway, request)).toBe(`bypass; reason=${reason}`);
      expect(upstream.calls).toHaveLength(2);
    });
  }

  test("everything where it is off, and of a project that has it off", async () => {
    const off = await open(reply("stop"), "cache: { ttl: off }");
    expect(await told(off.gateway)).toBe("bypass; reason=off");
    const { gateway } = await open(reply("stop"), "projects: { apart: { cache: off } }");
    expect(await told(gateway, {}, { "x-lodestar-project": "apart" })).toBe("bypass; reason=project-off");
    expect(await told(gateway, {}, { "x-lodestar-project": "other" })).toBe("stored");
  });
});

test("a later turn without tools is cached again, and a name in `always` and `on` whatever its temperature", async () => {
  const { gateway } = await open(reply("stop"), "cache: { always: [duo] }");
  const after = [...TOOL_TURN, { role: "assistant", content: "42" }, { role: "user", content: "sure?" }];
  expect(await told(gateway, { messages: after, tools: [TOOL] })).toBe("stored");
  expect(await told(gateway, { model: "duo", temperature: 0.9 })).toBe("stored");
  expect(await told(gateway, { temperature: 0.5 }, { "x-lodestar-cache": "on" })).toBe("stored");
  expect(await told(gateway, { temperature: 0.5 }, { "x-lodestar-cache": "on" })).toMatch(/^hit/);
  expect(await told(gateway, { messages: TOOL_TURN, tools: [TOOL] }, { "x-lodestar-cache": "on" })).toBe(
    "bypass; reason=tool-results",
  );
});

describe("an answer is never kept that", () => {
  const unfinished = chatChunks(["a", "b"]).slice(0, 3);
  const cases: readonly (readonly [title: string, behaviour: Behaviour, isStream: boolean])[] = [
    ["was cut at its limit", reply("length"), false],
    ["a filter stopped", reply("content_filter"), false],
    ["the model refused", reply("stop", { role: "assistant", content: null, refusal: "no" }), false],
    ["is an error", { kind: "json", status: 400, body: { error: { message: "no" } } }, false],
    ["broke off as a stream", { kind: "stream", chunks: unfinished, ending: "cut" }, true],
    ["ended as a stream without its end", { kind: "stream", chunks: unfinished }, true],
  ];
  for (const [title, behaviour, stream] of cases) {
    test(title, async () => {
      const { gateway, upstream } = await open(behaviour);
      await told(gateway, { stream });
      expect(await told(gateway, { stream })).not.toMatch(/hit|stored/);
      expect(upstream.calls.length).toBeGreaterThan(1);
    });
  }

  test("a budget cut short", async () => {
    const budget = "budgets: [{ scope: global, period: day, limitUsd: 0.003 }]";
    const { gateway, upstream } = await open(reply("stop"), budget);
    expect(await told(gateway)).toBe("miss; reason=budget-cap");
    expect(JSON.parse(upstream.calls[0]?.body ?? "{}").max_tokens).toBeGreaterThan(0);
  });

  test("its client left in the middle", async () => {
    const upstream = await fake((_, index) =>
      index === 0
        ? { kind: "stream", chunks: chatChunks(["a", "b"]).slice(0, 3), ending: "hang" }
        : { kind: "stream", chunks: chatChunks(["whole"]) },
    );
    const gateway = await duo(upstream.url, upstream.url);
    const reader = (await ask(gateway, { stream: true })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await told(gateway, { stream: true })).toBe("miss");
    expect(await told(gateway, { stream: true })).toMatch(/^hit/);
  });
});

describe("a client decides by", () => {
  const cases: readonly (readonly [headers: Record<string, string>, again: RegExp, calls: number])[] = [
    [{ "x-lodestar-cache": "off" }, /^bypass; reason=asked$/, 2],
    [{ "x-lodestar-cache": "refresh" }, /^stored$/, 2],
    [{ "x-lodestar-cache": "only" }, /^hit/, 1],
    [{ "cache-control": "no-store" }, /^bypass; reason=asked$/, 2],
    [{ "cache-control": "no-cache" }, /^stored$/, 2],
    [{ "cache-control": "max-age=3600" }, /^hit/, 1],
    [{ "cache-control": "only-if-cached" }, /^hit/, 1],
  ];
  for (const [headers, again, calls] of cases) {
    test(JSON.stringify(headers), async () => {
      const { gateway, upstream } = await open();
      expect(await told(gateway)).toBe("stored");
      expect(await told(gateway, {}, headers)).toMatch(again);
      expect(upstream.calls).toHaveLength(calls);
    });
  }

  test("`only` without a kept answer is told 504, and asks nobody", async () => {
    const { gateway, upstream } = await open();
    const response = await ask(gateway, {}, { "x-lodestar-cache": "only" });
    expect(response.status).toBe(504);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await response.json()).toMatchObject({ error: { code: "cache_miss" } });
    expect(upstream.calls).toHaveLength(0);
  });

  test("a word that is unknown is refused with the one it may have meant", async () => {
    const { gateway } = await open();
    const response = await ask(gateway, {}, { "x-lodestar-cache": "refesh" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('"refresh"') } });
  });
});

test("a hit is a row of its own: no cost, the original's usage, and what it would have cost as saved", async () => {
  const { gateway } = await open();
  await told(gateway);
  const hit = (await (await ask(gateway)).json()) as { usage: object };
  expect(hit.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5, cost: 0, cost_saved: 0.000015 });
  const [paid, row] = await gateway.rows();
  expect(paid).toMatchObject({ state: "final", costNanoUsd: 15_000, savedNanoUsd: null });
  expect(row).toMatchObject({
    state: "hit",
    provider: "first",
    model: "one",
    routeReason: "explicit>cache",
    costNanoUsd: 0,
    costReason: "cache",
    savedNanoUsd: 15_000,
    savedKind: "cache",
    usage: { input: { uncached: 10 }, output: { text: 5 } },
    upstreamStatus: null,
  });
});

test("a budget that is used up never blocks a hit", async () => {
  const { gateway } = await open(reply("stop"), "budgets: [{ scope: project, name: p, period: day, limitUsd: 0.002 }]");
  const inProject = { "x-lodestar-project": "p" };
  await told(gateway, { max_tokens: 10 }, inProject);
  for (let index = 0; index < 200; index += 1) {
    if ((await ask(gateway, { max_tokens: 10 + index, seed: index }, inProject)).status === 429) break;
  }
  expect((await ask(gateway, { max_tokens: 1_900, seed: 1 }, inProject)).status).toBe(429);
  expect(await told(gateway, { max_tokens: 10 }, inProject)).toMatch(/^hit/);
});

test("an answer stands under the target that gave it, and is looked for under the first of the plan", async () => {
  const first = await fake((_, index) => (index === 0 ? { kind: "json", status: 500, body: {} } : reply("stop")));
  const second = await fake(() => reply("stop"));
  const gateway = await duo(first.url, second.url, "retries: { attempts: 1 }");
  expect(await told(gateway, { model: "duo" })).toBe("stored");
  expect(await told(gateway, { model: "second/two" })).toMatch(/^hit/);
  expect(await told(gateway, { model: "duo" })).toBe("stored");
  expect(await told(gateway, { model: "first/one" })).toMatch(/^hit/);
  expect([first.calls.length, second.calls.length]).toEqual([2, 1]);
});

test("where the file fails while serving, models are asked", async () => {
  const { gateway, upstream } = await open();
  gateway.opening.runtime.cacheSide.store?.close();
  for (let index = 0; index < 3; index += 1) expect(await told(gateway)).toBe("miss; reason=unusable");
  expect(upstream.calls).toHaveLength(3);
});

test("embeddings are kept too, whatever the client's dialect", async () => {
  const vectors = {
    data: [{ index: 0, embedding: [0.5] }],
    model: "e",
    usage: { prompt_tokens: 50, total_tokens: 50 },
  };
  const { gateway, upstream } = await open({ kind: "json", body: { object: "list", ...vectors } });
  const embed = (path: string, input: unknown) => gateway.fetch(path, { json: { model: "first/one", input } });
  expect((await embed("/v1/embeddings", "words")).headers.get("x-lodestar-cache")).toBe("stored");
  const again = await embed("/api/embed", ["words"]);
  expect(again.headers.get("x-lodestar-cache")).toMatch(/^hit/);
  expect(await again.json()).toMatchObject({ embeddings: [[0.5]], cost: 0 });
  expect(upstream.calls).toHaveLength(1);
});
