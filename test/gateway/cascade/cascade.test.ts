import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply, contentOf } from "../../support/chat-chunks.ts";
import { eventually } from "../../support/eventually.ts";
import { createWorld } from "../../support/world.ts";
import { type Asked, cascadeWorld, POINT_FORMAT } from "./world.ts";

const world = createWorld();
const FORMAT = { response_format: POINT_FORMAT };
/** 15 tokens at 1, 2, 4 and 8 USD per million. */
const COST = { weak: 15_000, middle: 30_000, strong: 60_000, judge: 120_000 };

async function content(response: Response): Promise<string> {
  const body = (await response.json()) as { choices: [{ message: { content: string } }] };
  return body.choices[0].message.content;
}

describe("an answer that fails a check", () => {
  test("is paid for, marked as rejected and replaced by the next model's", async () => {
    const { ask, rows, gateway } = await cascadeWorld(world, { weak: () => '{"x": "one"}', middle: () => '{"x": 1}' });
    const response = await ask(FORMAT);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-attempts")).toBe("2");
    expect(response.headers.get("x-lodestar-provider")).toBe("middle");
    expect(response.headers.get("x-lodestar-verified")).toBe(
      "passed; checks=empty,cut-off,repetition,json,json-schema; rejected=weak/m:json-schema",
    );
    expect(await content(response)).toBe('{"x": 1}');
    expect(await rows()).toEqual([
      { model: "weak", state: "failed", fault: "rejected", costNanoUsd: COST.weak },
      { model: "middle", state: "final", fault: null, costNanoUsd: COST.middle },
    ]);
    const [rejected] = await gateway.rows();
    expect(rejected?.fault?.message).toBe(
      "rejected: json-schema (the answer does not fit the JSON schema: $.x must be of type number)",
    );
    expect(rejected?.usageSource).toBe("provider");
  });

  test("is not told to the next model word for word, but what was wrong with it is", async () => {
    const { ask, upstreams } = await cascadeWorld(world, { weak: () => '{"x": "one"}', middle: () => '{"x": 1}' });
    await ask(FORMAT);
    const [first] = upstreams.weak.calls;
    const [second] = upstreams.middle.calls;
    expect(first?.body).not.toContain("was not used");
    const sent = JSON.parse(second?.body ?? "") as { messages: { role: string; content: string }[] };
    expect(sent.messages).toHaveLength(2);
    expect(sent.messages[0]).toEqual({ role: "user", content: "Give me the point." });
    expect(sent.messages[1]?.content).toContain(
      "was not used, because the answer does not fit the JSON schema: $.x must be",
    );
  });

  test("leaves the request as it is where nobody is to be told", async () => {
    const settings = "{ names: [trio], first: any, evidence: false }";
    const { ask, upstreams } = await cascadeWorld(world, { weak: () => "no JSON", middle: () => '{"x": 1}' }, settings);
    await ask(FORMAT);
    const messages = upstreams.middle.calls.map(({ body }) => (JSON.parse(body) as { messages: unknown }).messages);
    expect(messages).toEqual([[{ role: "user", content: "Give me the point." }]]);
  });

  test("tells nothing where telling does not help: an empty answer", async () => {
    const { ask, upstreams } = await cascadeWorld(world, { weak: () => "", middle: () => "Here it is." });
    expect(await content(await ask())).toBe("Here it is.");
    expect(upstreams.middle.calls[0]?.body).not.toContain("was not used");
  });

  test("is given after all, with a header that says so, where the last model's fails too", async () => {
    const bad = { weak: () => "a", middle: () => "b", strong: () => "c" };
    const { ask, rows } = await cascadeWorld(world, bad);
    const response = await ask(FORMAT);
    expect(response.status).toBe(200);
    expect(await content(response)).toBe("c");
    expect(response.headers.get("x-lodestar-verified")).toBe("failed; reason=json; rejected=weak/m:json,middle/m:json");
    expect((await rows()).map(({ state, fault }) => [state, fault])).toEqual([
      ["failed", "rejected"],
      ["failed", "rejected"],
      ["final", null],
    ]);
  });

  test("is given where the others only fail, never their error", async () => {
    const broken = () => ({ kind: "json", status: 500, body: { error: { message: "boom" } } }) as const;
    const { ask, rows } = await cascadeWorld(world, { weak: () => "not JSON", middle: broken, strong: broken });
    const response = await ask(FORMAT);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-provider")).toBe("weak");
    expect(response.headers.get("x-lodestar-verified")).toBe("failed; reason=json; rejected=weak/m:json");
    expect(response.headers.get("x-lodestar-attempts")).toBe("3");
    expect(await content(response)).toBe("not JSON");
    expect((await rows()).map(({ costNanoUsd }) => costNanoUsd)).toEqual([COST.weak, 0, 0]);
  });

  test("is given where the last one is worse", async () => {
    const { ask, rows } = await cascadeWorld(world, { weak: () => "not JSON", middle: () => "", strong: () => "" });
    const response = await ask(FORMAT);
    expect(await content(response)).toBe("not JSON");
    expect(response.headers.get("x-lodestar-model")).toBe("m");
    expect(response.headers.get("x-lodestar-provider")).toBe("weak");
    expect((await rows()).map(({ fault }) => fault)).toEqual(["rejected", "rejected", "rejected"]);
  });
});

describe("the limits", () => {
  test("of number: no more models are asked than allowed", async () => {
    const settings = "{ names: [trio], first: any, maxEscalations: 1 }";
    const bad = { weak: () => "a", middle: () => "b", strong: () => '{"x": 1}' };
    const { ask, upstreams } = await cascadeWorld(world, bad, settings);
    const response = await ask(FORMAT);
    expect(await content(response)).toBe("b");
    expect(response.headers.get("x-lodestar-verified")).toStartWith("failed; reason=json");
    expect(upstreams.strong.calls).toHaveLength(0);
  });

  test("of money: a model that would go beyond the cap is not asked", async () => {
    // The rejected answer cost $0.000015, and the next would cost about $0.00003.
    for (const [capUsd, asked] of [
      ["0.00004", 0],
      ["0.00005", 1],
    ] as const) {
      const settings = `{ names: [trio], first: any, capUsd: ${capUsd} }`;
      const bad = { weak: () => "a", middle: () => '{"x": 1}' };
      const { ask, upstreams } = await cascadeWorld(world, bad, settings);
      const response = await ask(FORMAT);
      expect(response.status).toBe(200);
      expect(upstreams.middle.calls).toHaveLength(asked);
    }
  });

  test("of time: who takes too long is left, and the answer at hand is given", async () => {
    const settings = "{ names: [trio], first: any, maxTime: 1s }";
    const slow = { weak: () => "no JSON", middle: () => ({ kind: "hang" }) as const, strong: () => '{"x": 1}' };
    const { ask, rows, upstreams } = await cascadeWorld(world, slow, settings);
    const response = await ask(FORMAT);
    expect(await content(response)).toBe("no JSON");
    expect(upstreams.strong.calls).toHaveLength(0);
    expect((await rows()).map(({ model, fault }) => [model, fault])).toEqual([
      ["weak", "rejected"],
      ["middle", "timeout"],
    ]);
  });
});

describe("who is checked", () => {
  const bad = { weak: () => "not JSON", middle: () => '{"x": 1}' };

  test.each([
    ["the cascade is off", "{ mode: off, names: [trio], first: any }", null],
    ["another name was asked for", "{ first: any }", null],
    ["the first target is not local", "{ names: [trio] }", null],
    ["the cascade is a shadow", "{ mode: shadow, names: [trio], first: any }", "shadow-failed; reason=json"],
  ])("nobody else is asked where %s", async (_, settings, header) => {
    const { ask, rows } = await cascadeWorld(world, bad, settings);
    const response = await ask(FORMAT);
    expect(await content(response)).toBe("not JSON");
    expect(response.headers.get("x-lodestar-verified")).toBe(header);
    expect(await rows()).toEqual([{ model: "weak", state: "final", fault: null, costNanoUsd: COST.weak }]);
  });

  test("a local first target is checked by default under the name auto, at no cost and without a saving claimed", async () => {
    const local = await world.fake(() => ({ kind: "json", body: chatReply("not JSON") }));
    const paid = await world.fake(() => ({ kind: "json", body: chatReply('{"x":2}') }));
    const gateway = await world.gateway(
      `
providers:
  mine: { dialect: openai-chat, baseUrl: "${local.url}/v1", models: [m], local: true }
  paid: { dialect: openai-chat, baseUrl: "${paid.url}/v1", models: [m], accounts: [{ key: env:KEY }] }
chains: { default: [mine/m, paid/m] }
routing: { mode: off }
prices: { overrides: { paid/m: { input: 1, output: 1 } } }
baselineModel: paid/m`,
      { KEY: "some-key-0123456789" },
    );
    const response = await gateway.fetch("/v1/chat/completions", {
      json: { model: "auto", messages: [{ role: "user", content: "Give me the point." }], ...FORMAT },
    });
    expect(await content(response)).toBe('{"x":2}');
    const rows = await gateway.rows();
    expect(rows.map(({ provider, costNanoUsd, savedNanoUsd }) => [provider, costNanoUsd, savedNanoUsd])).toEqual([
      ["mine", 0, null],
      ["paid", 15_000, null],
    ]);
  });
});

describe("the judge", () => {
  const settings = "{ names: [trio], first: any, judge: judge/m }";
  const answers = { weak: () => "The point is 3.", middle: () => "The point is 4." };

  test("has an answer that it finds bad replaced, and is paid for under a request of its own", async () => {
    const judge = () => '{"good": false, "why": "it says 3 and not 4"}';
    const { ask, rows, upstreams, gateway } = await cascadeWorld(world, { ...answers, judge }, settings);
    const response = await ask();
    // The judge finds the second answer bad as well, and the third model has none.
    expect(response.headers.get("x-lodestar-verified")).toStartWith(
      "failed; reason=judge; rejected=weak/m:judge,middle/m:judge",
    );
    expect(upstreams.middle.calls[0]?.body).toContain("it says 3 and not 4");
    expect((await rows()).map(({ model, costNanoUsd }) => `${model} ${costNanoUsd}`).sort()).toEqual([
      `judge ${COST.judge}`,
      `judge ${COST.judge}`,
      `middle ${COST.middle}`,
      "strong 0",
      `weak ${COST.weak}`,
    ]);
    expect((await gateway.rows()).filter(({ task }) => task === "judge")).toHaveLength(2);
  });

  test("lets a good answer pass, and is not asked about one that a check rejected or that nobody could better", async () => {
    const judge = () => 'Sure! {"good": true}';
    const { ask, upstreams } = await cascadeWorld(world, { ...answers, judge }, settings);
    const response = await ask();
    expect(await content(response)).toBe("The point is 3.");
    expect(response.headers.get("x-lodestar-verified")).toBe("passed; checks=empty,cut-off,repetition,judge");
    expect(upstreams.judge.calls).toHaveLength(1);
    await ask(FORMAT);
    expect(upstreams.judge.calls).toHaveLength(1);
  });

  test("has no say where it fails or says something else", async () => {
    for (const judge of [() => "I think so", () => ({ kind: "reset" }) as const]) {
      const { ask } = await cascadeWorld(world, { ...answers, judge }, settings);
      const response = await ask();
      expect(await content(response)).toBe("The point is 3.");
      expect(response.headers.get("x-lodestar-verified")).toBe("passed; checks=empty,cut-off,repetition");
    }
  });
});

describe("what is no fault of the model", () => {
  test("a judge that hangs is not waited for beyond the cascade's time", async () => {
    const settings = "{ names: [trio], first: any, judge: judge/m, maxTime: 1s }";
    const judge = () => ({ kind: "hang" }) as const;
    const { ask, rows } = await cascadeWorld(world, { weak: () => "The point is 3.", judge }, settings);
    const response = await ask();
    expect(await content(response)).toBe("The point is 3.");
    expect((await rows()).map(({ model, fault }) => [model, fault]).toSorted()).toEqual([
      ["judge", "timeout"],
      ["weak", null],
    ]);
  });

  test("a limit of output that a budget set", async () => {
    const cut = ({ max_tokens: limit = 0 }: Asked) => {
      const message = { role: "assistant", content: "The point is" };
      const usage = { prompt_tokens: 10, completion_tokens: limit };
      return { ...chatReply(""), choices: [{ index: 0, message, finish_reason: "length" }], usage };
    };
    const { ask, upstreams } = await cascadeWorld(
      world,
      { weak: (asked) => ({ kind: "json", body: cut(asked) }) },
      "{ names: [trio], first: any }",
      "budgets: [{ scope: global, limitUsd: 0.002, period: day }]",
    );
    const response = await ask();
    expect(response.headers.get("x-lodestar-params")).toContain("budget:");
    expect(response.headers.get("x-lodestar-verified")).toStartWith("passed");
    expect(upstreams.middle.calls).toHaveLength(0);
  });
});

describe("a stream", () => {
  const stream = { stream: true };

  test("is held until it is checked: nothing of a rejected answer reaches the client", async () => {
    const { ask, rows } = await cascadeWorld(world, { weak: () => '{"x": "one"}', middle: () => '{"x": 1}' });
    const response = await ask({ ...FORMAT, ...stream });
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    expect(response.headers.get("x-lodestar-verified")).toStartWith("passed;");
    const wire = await response.text();
    expect(contentOf(wire)).toBe('{"x": 1}');
    expect(wire.match(/\[DONE\]/g)).toHaveLength(1);
    expect(await rows()).toEqual([
      { model: "weak", state: "failed", fault: "rejected", costNanoUsd: COST.weak },
      { model: "middle", state: "final", fault: null, costNanoUsd: COST.middle },
    ]);
  });

  test("passes unchecked where it is not held, and the header says so", async () => {
    const settings = "{ names: [trio], first: any }";
    const { ask, rows } = await cascadeWorld(world, { weak: () => "Some prose." }, settings);
    const response = await ask(stream);
    expect(response.headers.get("x-lodestar-verified")).toBe("no; reason=streamed");
    expect(contentOf(await response.text())).toBe("Some prose.");
    expect(await rows()).toEqual([{ model: "weak", state: "final", fault: null, costNanoUsd: COST.weak }]);
  });

  test("is held by default where JSON was asked for", async () => {
    const settings = "{ names: [trio], first: any }";
    const { ask } = await cascadeWorld(world, { weak: () => "no", middle: () => '{"x": 1}' }, settings);
    expect(contentOf(await (await ask({ ...FORMAT, ...stream })).text())).toBe('{"x": 1}');
  });

  test.each(["content", "reasoning_content"])(
    "that goes round in a loop in its %s is left at once, billed for what it said",
    async (member) => {
      const words = Array.from({ length: 4_000 }, () => "the same again ");
      const chunks = chatChunks(words, null)
        .slice(0, -2)
        .map((chunk) => chunk.replace('"content":"the', `"${member}":"the`));
      const { ask, rows, upstreams } = await cascadeWorld(world, {
        weak: () => ({ kind: "stream", chunks, ending: "hang" }),
        middle: () => "An answer that ends.",
      });
      const response = await ask(stream);
      expect(contentOf(await response.text())).toBe("An answer that ends.");
      const [first] = await rows();
      expect(first).toMatchObject({ model: "weak", state: "failed", fault: "rejected" });
      expect(first?.costNanoUsd).toBeGreaterThan(0);
      expect(upstreams.weak.calls).toHaveLength(1);
    },
  );

  test("that breaks while it is held is a fault like any other", async () => {
    const { ask, rows } = await cascadeWorld(world, {
      weak: () => ({ kind: "stream", chunks: chatChunks(["half an "], null).slice(0, 2), ending: "cut" }),
      middle: () => "A whole answer.",
    });
    expect(contentOf(await (await ask(stream)).text())).toBe("A whole answer.");
    expect((await rows()).map(({ state }) => state)).toEqual(["failed", "final"]);
  });

  test("keeps its client waiting with heartbeats while it is held", async () => {
    const { ask } = await cascadeWorld(
      world,
      { weak: () => ({ kind: "stream", chunks: chatChunks(["late, ", "but whole"]), everyMs: 150 }) },
      "{ names: [trio], first: any, streams: hold }",
      "server: { heartbeat: 100ms }",
    );
    const wire = await (await ask(stream)).text();
    expect(wire).toStartWith(":");
    expect(contentOf(wire)).toBe("late, but whole");
  });

  test("reaches a client of another dialect whole, with the cost of what it got", async () => {
    const { gateway } = await cascadeWorld(world, {
      weak: () => "",
      middle: () => "Held, and told in another dialect.",
    });
    const response = await gateway.fetch("/v1/messages", {
      json: { model: "trio", max_tokens: 100, messages: [{ role: "user", content: "Say it." }], stream: true },
    });
    expect(response.headers.get("x-lodestar-verified")).toBe(
      "passed; checks=empty,cut-off,repetition; rejected=weak/m:empty",
    );
    const wire = await response.text();
    expect(wire.match(/event: message_stop/g)).toHaveLength(1);
    const texts = [...wire.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, text]) => text);
    expect(texts.join("")).toBe("Held, and told in another dialect.");
    expect(wire).toContain('"cost":0.00003');
  });

  test("that its client leaves while it is held ends the upstream's call, and nobody else is asked", async () => {
    const { gateway, upstreams } = await cascadeWorld(world, {
      weak: () => ({ kind: "stream", chunks: chatChunks(["never ", "ends"], null).slice(0, 3), ending: "hang" }),
    });
    const leaving = new AbortController();
    const pending = gateway.fetch("/v1/chat/completions", {
      json: { model: "trio", messages: [{ role: "user", content: "Say it." }], ...stream },
      signal: leaving.signal,
    });
    await upstreams.weak.seen(1);
    await eventually("content", async () => (await gateway.rows())[0]?.state === "streaming");
    leaving.abort();
    await pending.then((response) => response.text()).catch(() => "");
    await eventually("the end", async () => (await gateway.rows())[0]?.state === "aborted");
    const rows = await gateway.rows();
    expect(rows.map(({ fault }) => fault?.kind)).toEqual(["client-left"]);
    expect(rows[0]?.costNanoUsd).toBeGreaterThan(0);
    expect(upstreams.middle.calls).toHaveLength(0);
  });
});
