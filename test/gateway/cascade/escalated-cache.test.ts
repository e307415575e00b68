import { describe, expect, test } from "bun:test";
import { createWorld } from "../../support/world.ts";
import { cascadeWorld, POINT_FORMAT, type Script } from "./world.ts";

const world = createWorld();

const ASKED = { temperature: 0, response_format: POINT_FORMAT };
const SCRIPTS: Readonly<Record<"weak" | "middle", Script>> = { weak: () => "no JSON", middle: () => '{"x": 2}' };
const FLOW = "{ names: [trio], first: any }";

describe("the answer that a cascade came to", () => {
  test.each([
    ["told what was wrong", FLOW, false],
    ["told nothing", "{ names: [trio], first: any, evidence: false }", false],
    ["streamed", FLOW, true],
  ])("%s: it is given again, and nobody is paid", async (_, cascade, stream) => {
    const { ask, upstreams, rows } = await cascadeWorld(world, SCRIPTS, cascade);
    await (await ask({ ...ASKED, stream })).text();
    const again = await ask(ASKED);
    expect(again.headers.get("x-lodestar-cache")).toStartWith("hit; ");
    expect(again.headers.get("x-lodestar-provider")).toBe("middle");
    expect(await again.text()).toContain('{\\"x\\": 2}');
    expect([upstreams.weak.calls.length, upstreams.middle.calls.length]).toEqual([1, 1]);
    expect((await rows()).at(-1)).toMatchObject({ model: "middle", state: "hit", costNanoUsd: 0 });
  });

  test("is not taken for what either model answers by itself", async () => {
    const { ask, upstreams } = await cascadeWorld(world, SCRIPTS, FLOW);
    await (await ask(ASKED)).text();
    const named = await ask({ ...ASKED, model: "middle/m" });
    expect(named.headers.get("x-lodestar-cache")).toBe("stored");
    await (await ask({ ...ASKED, model: "weak/m" })).text();
    expect([upstreams.weak.calls.length, upstreams.middle.calls.length]).toEqual([2, 2]);
  });

  test("is asked anew where the client wants it, and where something else is asked", async () => {
    const { ask, upstreams } = await cascadeWorld(world, SCRIPTS, FLOW);
    await (await ask(ASKED)).text();
    await (await ask({ ...ASKED, seed: 7 })).text();
    expect(upstreams.middle.calls).toHaveLength(2);
  });

  test("is not kept where it failed as well", async () => {
    const { ask, upstreams } = await cascadeWorld(
      world,
      { weak: () => "no", middle: () => "no", strong: () => "no" },
      FLOW,
    );
    await (await ask(ASKED)).text();
    await (await ask(ASKED)).text();
    expect(upstreams.weak.calls).toHaveLength(2);
  });
});
