import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chatChunks, contentOf } from "../../support/chat-chunks.ts";
import type { Behaviour } from "../../support/fake-upstream.ts";
import { createWorld } from "../../support/world.ts";
import { cascadeWorld, type ModelName, POINT_FORMAT, PRICES, type Script } from "./world.ts";

const world = createWorld();
const MODELS: readonly ModelName[] = ["weak", "middle", "strong"];

/** Ways in which a model may answer a request for a point. What it bills is 15 tokens whenever it answers at all. */
const MANNERS: Readonly<
  Record<string, { readonly isGood: boolean; readonly bills: boolean; readonly script: Script }>
> = {
  perfect: { isGood: true, bills: true, script: () => '{"x": 1}' },
  wrong: { isGood: false, bills: true, script: () => '{"x": "one"}' },
  malformed: { isGood: false, bills: true, script: () => '{"x": 1' },
  fenced: { isGood: true, bills: true, script: () => '```json\n{"x": 1}\n```' },
  silent: { isGood: false, bills: true, script: () => "" },
  broken: {
    isGood: false,
    bills: false,
    script: () => ({ kind: "json", status: 500, body: { error: { message: "no" } } }),
  },
  gone: { isGood: false, bills: false, script: () => ({ kind: "reset" }) },
  slow: { isGood: true, bills: true, script: ({ stream }) => slowly('{"x": 7}', stream === true) },
};

function slowly(text: string, isStream: boolean): Behaviour | string {
  return isStream ? { kind: "stream", chunks: chatChunks([text]), everyMs: 5 } : text;
}

const manner = fc.constantFrom(...Object.keys(MANNERS));

describe("whatever the models answer", () => {
  test("every attempt is settled once, the client gets one whole answer, and the ledger is the upstreams' bill", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(manner, manner, manner), fc.boolean(), async (manners, isStream) => {
        const scripts = Object.fromEntries(MODELS.map((name, index) => [name, MANNERS[manners[index] ?? ""]?.script]));
        const { ask, gateway, upstreams } = await cascadeWorld(world, scripts);
        const response = await ask({ response_format: POINT_FORMAT, stream: isStream });
        const wire = await response.text();
        const rows = await gateway.rows();
        await gateway.close();

        const answers = manners.map((name) => MANNERS[name]).filter((one) => one?.bills === true);
        expect(response.status).toBe(answers.length === 0 ? 502 : 200);
        const settled = gateway.events.filter(({ event }) => event === "settled");
        expect(settled).toHaveLength(rows.length);
        expect(rows.map(({ attempt }) => attempt)).toEqual(rows.map((_, index) => index + 1));
        expect(rows.every(({ state }) => state !== "reserved" && state !== "streaming")).toBe(true);

        const asked = (name: ModelName): number => upstreams[name].calls.length;
        const billed = MODELS.filter((name, index) => asked(name) > 0 && MANNERS[manners[index] ?? ""]?.bills === true);
        const bill = billed.reduce((sum, name) => sum + 15_000 * PRICES[name], 0);
        expect(rows.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? Number.NaN), 0)).toBe(bill);
        expect(MODELS.every((name) => asked(name) <= 1)).toBe(true);

        if (answers.length === 0) return;
        const said = isStream
          ? contentOf(wire)
          : (JSON.parse(wire) as { choices: [{ message: { content: string } }] }).choices[0].message.content;
        if (isStream) expect(wire.match(/\[DONE\]/g)).toHaveLength(1);
        const isVerified = response.headers.get("x-lodestar-verified")?.startsWith("passed") === true;
        expect(isVerified).toBe(manners.some((name) => MANNERS[name]?.isGood === true));
        if (isVerified) expect(JSON.parse(said)).toHaveProperty("x", expect.any(Number));
      }),
      { numRuns: 25, seed: 7 },
    );
  }, 60_000);
});
