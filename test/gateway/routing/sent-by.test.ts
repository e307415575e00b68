import { expect, test } from "bun:test";
import { chatReply } from "../../support/chat-chunks.ts";
import { createWorld } from "../../support/world.ts";

const { fake, gateway } = createWorld();

const RULES = `rules:
    - { name: aimed, when: { tag: aimed }, do: { target: c/three } }
    - { name: down, when: { tag: down }, do: { chain: [gone, c/three] } }
    - { name: strict, when: { tag: strict }, do: { floor: 0.99 } }`;

/** Three models, of which the default chain asks the dearest first and the floor sends requests to the cheapest. */
async function headersOf(tag: string, { mode = "on", chains = "" } = {}) {
  const upstream = await fake(() => ({ kind: "json", body: chatReply("ok") }));
  const provider = (name: string, model: string) =>
    `  ${name}: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [${model}], accounts: [{ key: env:KEY }] }`;
  const opened = await gateway(
    `
providers:
${provider("a", "one")}
${provider("b", "two")}
${provider("c", "three")}
chains: { default: [a/one, b/two]${chains} }
aliases: { "gone": a/one }
prices: { overrides: { a/one: { input: 9, output: 9 }, b/two: { input: 1, output: 1 }, c/three: { input: 2, output: 2 } } }
routing:
  mode: ${mode}
  floor: 0.3
  ${RULES}`,
    { KEY: "some-key-0123456789" },
  );
  const response = await opened.fetch("/v1/chat/completions", {
    json: { model: "auto", messages: [{ role: "user", content: "why?" }] },
    headers: { "x-lodestar-task": "general", "x-lodestar-tag": tag },
  });
  await response.text();
  const { headers } = response;
  return { route: headers.get("x-lodestar-route"), by: `${headers.get("x-lodestar-provider")}` };
}

test.each([
  ["the target of a rule", "aimed", {}, "auto:general>c/three; why=rule:aimed", "c"],
  ["what is asked first of a rule's chain", "down", {}, "auto:general>a/one; why=rule:down", "a"],
  [
    "the class's own chain",
    "none",
    { chains: ", general: [c/three, a/one]" },
    "auto:general>c/three; why=chain:general",
    "c",
  ],
  [
    "what a rule would have asked, in shadow mode",
    "aimed",
    { mode: "shadow" },
    "auto:general>c/three; why=rule:aimed; shadow",
    "a",
  ],
])("the header names %s", async (_, tag, more, route, by) => {
  expect(await headersOf(tag, more)).toEqual({ route, by });
});

test("a rule that only sets a floor stands beside the reason, and hides none", async () => {
  const { route, by } = await headersOf("strict");
  expect(route).toMatch(/^auto:general>a\/one; q=0\.\d\d; floor=0\.99; why=best-there-is; rule=strict$/);
  expect(by).toBe("a");
});
