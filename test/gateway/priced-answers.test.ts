import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply, eventsOf } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

/** One answer of a provider whose model costs $1 in and $2 out, on the flex tier half of it. */
async function answered(behaviour: Behaviour, isStream: boolean) {
  const upstream = await fake(() => behaviour);
  const opened = await gateway(
    `
providers: { lab: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], accounts: [{ key: env:LAB_KEY }] } }
prices:
  overrides:
    lab/m:
      input: 1
      output: 2
      webSearchesPerThousand: 10
      serviceTiers: { flex: { input: 0.5, output: 1 } }
`,
    { LAB_KEY: "lab-key-0123456789" },
  );
  const json = { model: "lab/m", stream: isStream, messages: [{ role: "user", content: "hello" }] };
  const response = await opened.fetch("/v1/chat/completions", { json });
  const text = await response.text();
  const bodies = isStream ? eventsOf(text) : [JSON.parse(text)];
  const usage = bodies
    .map((body) => (body as { usage?: Record<string, unknown> | null }).usage)
    .findLast((each) => each);
  const [row] = await opened.rows();
  return { usage, row };
}

const USAGE = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };

function reply(tier: string | null, usage: object = USAGE, isStream = false): Behaviour {
  const more = tier === null ? {} : { service_tier: tier };
  if (!isStream) return { kind: "json", body: { ...chatReply("hi", usage), ...more } };
  const chunks = chatChunks(["hi"], usage).map((chunk) =>
    chunk.includes("[DONE]") || tier === null ? chunk : chunk.replace('"model"', `"service_tier":"${tier}","model"`),
  );
  return { kind: "stream", chunks };
}

describe("an answer that names its service tier", () => {
  for (const isStream of [false, true]) {
    const how = isStream ? "streamed" : "whole";
    test.each([
      [null, 1_200_000, null],
      ["default", 1_200_000, null],
      ["flex", 600_000, null],
      ["priority", null, "no-tier-price"],
    ] as const)(`${how}, %p, costs %p`, async (tier, nanoUsd, reason) => {
      const { usage, row } = await answered(reply(tier, USAGE, isStream), isStream);
      expect([row?.costNanoUsd, row?.costReason]).toEqual([nanoUsd, reason]);
      expect(usage?.cost).toBe(nanoUsd === null ? null : nanoUsd / 1e9);
    });
  }
});

describe("absurd counts of a provider", () => {
  test.each([
    ["negative", { prompt_tokens: -1_000, completion_tokens: 100 }, 200_000],
    ["in no number", { prompt_tokens: "many", completion_tokens: 100 }, 200_000],
    ["null", { prompt_tokens: null, completion_tokens: 100 }, 200_000],
    ["a fraction", { prompt_tokens: 999.6, completion_tokens: 100 }, 1_200_000],
    ["more cached than there were", { ...USAGE, prompt_tokens_details: { cached_tokens: 9_999 } }, 1_200_000],
    ["a fraction of a search", { ...USAGE, num_search_queries: 1.5 }, 21_200_000],
    ["fewer searches than none", { ...USAGE, num_search_queries: -5 }, 1_200_000],
  ])("%s are repaired before they are priced", async (_, counts, nanoUsd) => {
    for (const isStream of [false, true]) {
      const { row } = await answered(reply(null, counts, isStream), isStream);
      expect([row?.costNanoUsd, row?.state]).toEqual([nanoUsd, "final"]);
    }
  });

  // "hello" and "hi" are a token each: $1 and $2 a million.
  test.each([
    ["beyond any model", { prompt_tokens: 1_000, completion_tokens: 1e15 }],
    ["beyond any number", { prompt_tokens: 1e300, completion_tokens: 1 }],
  ])("that cannot be true since they are %s give way to an estimate, which the row says", async (_, counts) => {
    for (const isStream of [false, true]) {
      const { row, usage } = await answered(reply(null, counts, isStream), isStream);
      expect(row).toMatchObject({ state: "estimated", usageSource: "estimated", costNanoUsd: 3_000 });
      expect(row?.usage).toEqual({
        input: { uncached: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
        output: { text: 1, reasoning: 0 },
      });
      expect(usage).toMatchObject({ cost: 0.000003, usage_source: "estimated" });
    }
  });
});
