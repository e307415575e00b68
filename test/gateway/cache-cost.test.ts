import { expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const ROUNDS = 300;
const WORDS = Array.from({ length: 200 }, (_, index) => ` word${index}`);

async function timed(gateway: TestGateway, json: object): Promise<number> {
  const startedAt = performance.now();
  await (await gateway.fetch("/v1/chat/completions", { json })).text();
  return performance.now() - startedAt;
}

function quantile(sorted: readonly number[], share: number): string {
  return `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2)} ms`;
}

/** The figures are printed and not judged: a machine at work is no yardstick. The bar is one millisecond more than routing alone. */
test("what a hit takes from request to last byte, beside a request that is only routed and refused", async () => {
  const upstream = await fake((call) =>
    JSON.parse(call.body).stream === true
      ? { kind: "stream", chunks: chatChunks(WORDS) }
      : { kind: "json", body: chatReply(WORDS.join("")) },
  );
  const gateway = await duo(upstream.url, upstream.url);
  const ask = { model: "first/one", temperature: 0, messages: [{ role: "user", content: "x".repeat(4_000) }] };
  const kinds = {
    "routed and refused": { ...ask, model: "nothing" },
    "hit, whole": ask,
    "hit, 200 events": { ...ask, seed: 1, stream: true },
    "hit of a stream, in another form": { ...ask, seed: 1 },
  };
  await timed(gateway, kinds["hit, 200 events"]);
  const times = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [kind, json] of Object.entries(kinds)) times.get(kind)?.push(await timed(gateway, json));
  }
  for (const [kind, taken] of times) {
    const sorted = taken.slice(ROUNDS / 5).toSorted((left, right) => left - right);
    console.log(`${kind.padEnd(34)} p50 ${quantile(sorted, 0.5)}, p90 ${quantile(sorted, 0.9)}`);
  }
  expect(upstream.calls).toHaveLength(2);
}, 60_000);
