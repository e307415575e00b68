import { afterEach, describe, expect, test } from "bun:test";
import { NO_USAGE } from "../../src/core/usage.ts";
import type { CachedAnswer } from "../../src/stores/ports.ts";
import { openResponseCache } from "../../src/stores/response-cache.ts";
import { NOON } from "../stores/attempts.ts";
import { type CliWorld, makeCliWorld } from "./harness.ts";

const open: CliWorld[] = [];

afterEach(() => {
  for (const world of open.splice(0)) world.close();
});

const HOUR_MS = 3_600_000;

function answerOf(digest: string, more: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    digest: digest.padEnd(64, "0"),
    keyId: "key_1",
    project: null,
    provider: "cloud",
    account: "default",
    model: "m",
    endpoint: "chat",
    createdAt: NOON - HOUR_MS,
    dialect: "openai-chat",
    form: "reply",
    framing: "sse",
    isVerbatim: true,
    usage: NO_USAGE,
    usageSource: "provider",
    warnings: [],
    body: '{"say":"\u001b[31mred"}',
    ...more,
  };
}

function world(answers: readonly CachedAnswer[], options: Parameters<typeof makeCliWorld>[0] = {}): CliWorld {
  const made = makeCliWorld(options);
  open.push(made);
  const cache = openResponseCache({ stateDir: made.stateDir, maxBytes: () => 1_000_000 });
  if (!cache.ok) throw new Error(cache.error.message);
  for (const answer of answers) cache.value.save(answer);
  cache.value.close();
  return made;
}

const THREE = [
  answerOf("aa11"),
  answerOf("aa22", { project: "web", createdAt: NOON - 5 * HOUR_MS }),
  answerOf("bb33", { model: "n", keyId: null }),
];

describe("cache stats", () => {
  test("tells what is kept, what it saved, and why requests were left out", async () => {
    const counts = { hits: 3, misses: 1, stored: 1, bypassed: { "tool-results": 9, temperature: 2 }, notKept: {} };
    const { run, settle } = world(THREE, { cacheCounts: counts });
    await settle({ requestId: "req_1", state: "hit", costNanoUsd: 0, savedNanoUsd: 5_000_000, savedKind: "cache" });
    expect((await run(["cache", "stats"])).out).toMatchSnapshot();
    expect(JSON.parse((await run(["cache", "stats", "--json"])).out)).toMatchObject({
      entries: 3,
      hits: 1,
      savedNanoUsd: 5_000_000,
      sinceStart: counts,
    });
  });
});

describe("providers' own caches", () => {
  const usage = (cacheRead: number, cacheWrite5m: number) => ({
    input: { uncached: 100, cacheRead, cacheWrite5m, cacheWrite1h: 0 },
    output: { text: 5, reasoning: 0 },
    raw: null,
  });

  test("are told with the part of the input that they served in the last 30 days, where they were used", async () => {
    const { run, settle } = world([]);
    await settle(
      { requestId: "req_1", provider: "anthropic", usage: usage(300, 0), startedAt: NOON - HOUR_MS },
      { requestId: "req_2", provider: "anthropic", usage: usage(0, 100), startedAt: NOON - HOUR_MS },
      { requestId: "req_3", provider: "openai", usage: usage(0, 0), startedAt: NOON - HOUR_MS },
      { requestId: "req_5", provider: "anthropic", usage: usage(300, 0), startedAt: NOON - HOUR_MS, state: "hit" },
      { requestId: "req_4", provider: "deepseek", usage: usage(50, 0), startedAt: NOON - 40 * 24 * HOUR_MS },
    );
    const { promptCaches } = JSON.parse((await run(["cache", "stats", "--json"])).out) as { promptCaches: unknown };
    expect(promptCaches).toEqual([{ provider: "anthropic", inputTokens: 600, readTokens: 300, writeTokens: 100 }]);
    expect((await run(["cache", "stats"])).out).toMatch(
      /anthropic +its own cache served 50\.0 % of 600 input tokens in 30 days, 100 written to it/,
    );
  });
});

describe("cache list", () => {
  test("shows whose answers they are and not what they say", async () => {
    const { out } = await world(THREE).run(["cache", "list"]);
    expect(out).toMatchSnapshot();
    expect(out).not.toContain("say");
  });

  test.each([
    [["--model", "cloud/n"], ["bb33"]],
    [["--project", "web"], ["aa22"]],
    [
      ["--key", "key_1"],
      ["aa11", "aa22"],
    ],
    [["--older-than", "2h"], ["aa22"]],
    [["--limit", "1"], ["aa11"]],
  ])("knows %p", async (flags, found) => {
    const { out } = await world(THREE).run(["cache", "list", "--json", ...flags]);
    const { entries } = JSON.parse(out) as { entries: { digest: string }[] };
    expect(entries.map(({ digest }) => digest.slice(0, 4)).toSorted()).toEqual(found);
  });

  test("refuses a time without its unit", async () => {
    expect(await world([]).run(["cache", "list", "--older-than", "2"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--older-than 2h"),
    });
  });
});

describe("cache show", () => {
  test("tells one answer by the beginning of its digest, and nothing that a terminal would obey", async () => {
    const { code, out } = await world(THREE).run(["cache", "show", "bb33"]);
    expect(code).toBe(0);
    expect(out).toContain("cloud/n");
    expect(out).toContain('{"say":"');
    expect(out).not.toContain("\u001b[31m");
  });

  test.each([
    ["aa11aa11", "cache_entry_not_found"],
    ["0000", "cache_entry_not_found"],
    ["zz", "bad_query"],
  ])("says why there is none under %p", async (digest, code) => {
    expect((await world(THREE).run(["cache", "show", digest])).err).toContain(code);
  });

  test("asks for more of a digest that several answers begin with", async () => {
    const twins = [answerOf("cccc1"), answerOf("cccc2")];
    expect((await world(twins).run(["cache", "show", "cccc"])).err).toContain("digest_ambiguous");
  });
});

test("cache clear deletes what matches, and then all", async () => {
  const { run } = world(THREE, { isRunning: false });
  expect((await run(["cache", "clear", "--older-than", "2h"])).out).toBe("deleted 1 kept answer\n");
  expect((await run(["cache", "clear", "--json"])).out).toBe('{"deleted":2}\n');
  expect((await run(["cache", "list"])).err + (await run(["cache", "list"])).out).toContain("no answer is kept");
});

test("cache export writes one answer a line, with what it says", async () => {
  const { out } = await world(THREE).run(["cache", "export", "--key", "key_1"]);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { body: string; digest: string });
  expect(lines).toHaveLength(2);
  expect(lines.every(({ body }) => body.includes("red"))).toBe(true);
});
