import { describe, expect, test } from "bun:test";
import { later } from "../../support/later.ts";
import { createWorld } from "../../support/world.ts";
import { cascadeWorld, POINT_FORMAT } from "./world.ts";

const world = createWorld();
const FORMAT = { response_format: POINT_FORMAT };

/** A chat reply that calls the tool `run`. */
function toolReply(id: string) {
  const call = { id, type: "function", function: { name: "run", arguments: "{}" } };
  const message = { role: "assistant", content: null, tool_calls: [call] };
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  return { id: "c", object: "chat.completion", choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage };
}

describe("what is remembered of verdicts", () => {
  test("is every rejection, and a pass only of a check that says something of the answer", async () => {
    const { ask, gateway } = await cascadeWorld(world, { weak: () => '{"x": "one"}', middle: () => '{"x": 1}' });
    const { evidenceSide } = gateway.opening.runtime;
    await ask(FORMAT);
    const kept = (provider: string) => evidenceSide.store()?.ofModel(provider, "m", "general") ?? [];
    expect(kept("weak").map(({ kind, score }) => [kind, score])).toEqual([["verdict", 0]]);
    expect(kept("middle").map(({ kind, score }) => [kind, score])).toEqual([["verdict", 1]]);
    await cascadeWorld(world, { weak: () => "Prose." }).then(async (prose) => {
      await prose.ask();
      expect(prose.gateway.opening.runtime.evidenceSide.store()?.ofModel("weak", "m", "general")).toEqual([]);
    });
  });
});

describe("what is remembered of a conversation", () => {
  const CALLS = { kind: "json", body: toolReply("c9") } as const;
  const TOOLS = [{ type: "function", function: { name: "run", parameters: { type: "object" } } }];
  const step = (count: number, about = "Mend the test.") => ({
    tools: TOOLS,
    messages: [
      { role: "user", content: about },
      ...Array.from({ length: count }, (_, index) => [
        toolReply(`c${index}`).choices[0]?.message,
        { role: "tool", tool_call_id: `c${index}`, content: "Error: 2 failed" },
      ]).flat(),
    ],
  });

  test("is one verdict a day, however many steps an agent takes: well-formed calls prove nothing anew", async () => {
    const { ask, gateway } = await cascadeWorld(world, { weak: () => CALLS });
    const kept = () => gateway.opening.runtime.evidenceSide.store()?.ofModel("weak", "m", "general") ?? [];
    for (let count = 0; count < 4; count++) await (await ask(step(count))).text();
    expect(kept().map(({ kind, score }) => [kind, score])).toEqual([["verdict", 1]]);
    await (await ask(step(0, "Now the other one."))).text();
    expect(kept()).toHaveLength(2);
    await later(86_400_000, async () => (await ask(step(0))).text());
    expect(kept()).toHaveLength(3);
  });

  test("is a failure beside a pass: neither hides the other", async () => {
    const answers = ['{"x": 1}', '{"x": "one"}', '{"x": 1}'];
    const { ask, gateway } = await cascadeWorld(world, { weak: () => answers.shift() ?? "", middle: () => '{"x": 1}' });
    for (let round = 0; round < 3; round++) await (await ask(FORMAT)).text();
    const kept = gateway.opening.runtime.evidenceSide.store()?.ofModel("weak", "m", "general") ?? [];
    expect(kept.map(({ score }) => score).toSorted()).toEqual([0, 1]);
  });
});
