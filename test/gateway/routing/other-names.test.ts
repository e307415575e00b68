import { describe, expect, test } from "bun:test";
import { chatReply } from "../../support/chat-chunks.ts";
import { createWorld } from "../../support/world.ts";

const { fake, gateway } = createWorld();

/** A dear provider before a cheap one in the default chain; the floor sends the router to the cheap one. */
async function open({ routing = "floor: 0.5", names = "" } = {}) {
  const [dear, cheap] = await Promise.all(
    ["dear", "cheap"].map((text) => fake(() => ({ kind: "json", body: chatReply(text) }))),
  );
  return await gateway(
    `
providers:
  dear: { dialect: openai-chat, baseUrl: "${dear?.url}/v1", models: [big], accounts: [{ key: env:KEY }] }
  cheap: { dialect: openai-chat, baseUrl: "${cheap?.url}/v1", models: [small], accounts: [{ key: env:KEY }] }
${names === "" ? "chains: { default: [dear/big, cheap/small], only: [auto], mixed: [dear/big, auto], bug_fix_only: [only] }" : names}
aliases: { gpt-4o: auto, big: dear/big }
prices:
  overrides:
    dear/big: { input: 10, output: 40 }
    cheap/small: { input: 1, output: 2 }
routing: { ${routing} }`,
    { KEY: "some-key-0123456789" },
  );
}

type Opened = Awaited<ReturnType<typeof open>>;

const PROMPT = "Why is the sky blue at noon, and red in the evening?";
const CHAT = { messages: [{ role: "user", content: PROMPT }] };

async function ask(opened: Opened, model: string, path = "/v1/chat/completions", body: object = CHAT) {
  const response = await opened.fetch(path, { json: { model, ...body }, headers: { "x-lodestar-task": "general" } });
  const { headers } = response;
  const said = (await response.json()) as { error?: { code: string } };
  return {
    status: response.status,
    code: said.error?.code,
    answeredBy: headers.get("x-lodestar-model"),
    route: headers.get("x-lodestar-route"),
    reason: headers.get("x-lodestar-route-reason"),
  };
}

describe("another word for auto", () => {
  test.each([
    ["an alias of it", "gpt-4o", "alias:gpt-4o>auto:general>header"],
    ["a chain of nothing else", "only", "chain:only>auto:general>header"],
    ["a chain of such a chain", "bug_fix_only", "chain:bug_fix_only>chain:only>auto:general>header"],
  ])("%s is routed like it", async (_, model, reason) => {
    const answer = await ask(await open(), model);
    expect(answer).toMatchObject({ status: 200, answeredBy: "small", reason });
    expect(answer.route).toStartWith(`${model}:general>cheap/small; `);
  });

  test.each([
    ["a chain that names others beside it", "mixed", "big"],
    ["a model", "dear/big", "big"],
    ["an alias of a model", "big", "big"],
  ])("%s is not", async (_, model, answeredBy) => {
    expect(await ask(await open(), model)).toMatchObject({ status: 200, answeredBy, route: null });
  });

  test("rules about auto are about it too, and rules about the word itself", async () => {
    const denied = await open({ routing: "mode: off, rules: [{ name: no, when: {}, do: { deny: closed } }]" });
    expect(await ask(denied, "gpt-4o")).toMatchObject({ status: 403, code: "rule_denied" });
    expect(await ask(denied, "dear/big")).toMatchObject({ status: 200 });
    const named = await open({ routing: "rules: [{ name: mine, requested: gpt-4o, when: {}, do: { target: big } }]" });
    expect(await ask(named, "gpt-4o")).toMatchObject({ answeredBy: "big" });
    expect((await ask(named, "auto")).reason).not.toContain("rule:mine");
  });

  test("the class's own chain is followed", async () => {
    const opened = await open({ names: "chains: { default: [dear/big], general: [cheap/small, dear/big] }" });
    expect(await ask(opened, "gpt-4o")).toMatchObject({ answeredBy: "small" });
  });
});

describe("a pool", () => {
  test("is enough where the default chain leads nowhere", async () => {
    const opened = await open({
      routing: "pool: [dear/big, cheap/small], floor: 0.5",
      names: "chains: { default: [free] }",
    });
    expect(await ask(opened, "auto")).toMatchObject({ status: 200, answeredBy: "small" });
  });

  test("is asked in its own order where nothing is known of the class", async () => {
    const opened = await open({ routing: "pool: [cheap/small, dear/big]", names: "chains: { default: [free] }" });
    const answer = await ask(opened, "auto", "/v1/chat/completions", { messages: [{ role: "user", content: "" }] });
    expect(answer).toMatchObject({ status: 200, answeredBy: "small" });
  });

  test("changes nothing in shadow mode, also not what is refused", async () => {
    const opened = await open({ routing: "mode: shadow, pool: [cheap/small]", names: "chains: { default: [free] }" });
    expect(await ask(opened, "auto")).toMatchObject({ status: 400, code: "no_local_model" });
  });
});

describe("what is no chat", () => {
  test("a text completion for auto is routed and told", async () => {
    const answer = await ask(await open(), "auto", "/v1/completions", { prompt: PROMPT });
    expect(answer).toMatchObject({ status: 200, answeredBy: "small" });
    expect(answer.route).toStartWith("auto:general>cheap/small; ");
  });

  test("rules hold for text completions: they are no way around what is refused or limited", async () => {
    const denied = await open({ routing: 'rules: [{ name: no, requested: "*", when: {}, do: { deny: closed } }]' });
    const answer = await ask(denied, "dear/big", "/v1/completions", { prompt: PROMPT });
    expect(answer).toMatchObject({ status: 403, code: "rule_denied" });
    const dear = await open({
      routing: 'rules: [{ name: low, requested: "*", when: {}, do: { ceilingUsd: 0.0001 } }]',
    });
    expect(await ask(dear, "dear/big", "/v1/completions", { prompt: PROMPT })).toMatchObject({ code: "rule_ceiling" });
  });

  test("tokens are counted for the model that would be asked, and nothing is remembered of it", async () => {
    const opened = await open();
    const counted = await ask(opened, "auto", "/v1/messages/count_tokens", CHAT);
    expect(counted).toMatchObject({ status: 200, answeredBy: "small", route: null });
    const chat = await ask(opened, "auto");
    expect(chat.route).toEndWith("why=cheapest");
  });
});
