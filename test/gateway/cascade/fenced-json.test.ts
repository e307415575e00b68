import { describe, expect, test } from "bun:test";
import { contentOf } from "../../support/chat-chunks.ts";
import { createWorld } from "../../support/world.ts";
import { cascadeWorld, POINT_FORMAT } from "./world.ts";

const world = createWorld();

const FENCED = '```json\n{"x": 1}\n```';
const ASKED = { response_format: POINT_FORMAT };
const FLOW = "{ names: [trio], first: any }";

describe("JSON in a code fence", () => {
  test("is given without the fence, and nobody else is paid for it", async () => {
    const { ask, rows } = await cascadeWorld(world, { weak: () => FENCED }, FLOW);
    const response = await ask(ASKED);
    expect(response.headers.get("x-lodestar-verified")).toStartWith("passed; checks=");
    const said = (await response.json()) as { choices: { message: { content: string } }[]; usage: { cost: number } };
    expect(said.choices[0]?.message.content).toBe('{"x": 1}');
    const [row, ...others] = await rows();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ model: "weak", state: "final", fault: null });
    expect(said.usage.cost * 1e9).toBeCloseTo(row?.costNanoUsd ?? 0, 0);
  });

  test("is taken out of a stream too, which was held for its check", async () => {
    const { ask, rows } = await cascadeWorld(world, { weak: () => FENCED }, FLOW);
    const response = await ask({ ...ASKED, stream: true });
    expect(response.headers.get("x-lodestar-verified")).toStartWith("passed; checks=");
    const text = await response.text();
    expect(contentOf(text)).toBe('{"x": 1}');
    expect(text).toEndWith("data: [DONE]\n\n");
    expect(await rows()).toMatchObject([{ model: "weak", state: "final", fault: null }]);
  });

  test.each([false, true])("that does not fit the schema is rejected for that (stream: %p)", async (stream) => {
    const scripts = { weak: () => '```json\n{"x": "one"}\n```', middle: () => '{"x": 2}' };
    const { ask, rows } = await cascadeWorld(world, scripts, FLOW);
    const response = await ask({ ...ASKED, stream });
    await response.text();
    expect(response.headers.get("x-lodestar-verified")).toEndWith("rejected=weak/m:json-schema");
    expect((await rows()).map(({ model, fault }) => [model, fault])).toEqual([
      ["weak", "rejected"],
      ["middle", null],
    ]);
  });

  test("stays as it is in shadow mode, which counts it as good", async () => {
    const { ask } = await cascadeWorld(world, { weak: () => FENCED }, "{ mode: shadow, names: [trio], first: any }");
    const response = await ask(ASKED);
    expect(response.headers.get("x-lodestar-verified")).toStartWith("shadow-passed; ");
    const said = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(said.choices[0]?.message.content).toBe(FENCED);
  });
});
