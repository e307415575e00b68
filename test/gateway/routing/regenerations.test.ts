import { describe, expect, test } from "bun:test";
import { chatReply } from "../../support/chat-chunks.ts";
import { eventually } from "../../support/eventually.ts";
import { later } from "../../support/later.ts";
import { createWorld } from "../../support/world.ts";

const { fake, gateway } = createWorld();

interface Message {
  readonly role: string;
  readonly content: string;
}

const QUESTION: readonly Message[] = [{ role: "user", content: "why does the parser drop the last line?" }];
const NEXT: readonly Message[] = [
  ...QUESTION,
  { role: "assistant", content: "because" },
  { role: "user", content: "thanks" },
];

async function world() {
  const upstream = await fake(() => ({ kind: "json", body: chatReply("because") }));
  const opened = await gateway(
    `
providers:
  first: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [one], accounts: [{ key: env:FIRST_KEY }] }
chains: { default: [first/one] }
prices: { overrides: { first/one: { input: 1, output: 1 } } }`,
    { FIRST_KEY: "first-key-0123456789" },
  );
  const side = opened.opening.runtime.evidenceSide;
  return {
    kept: () => side.store()?.list({}, 10) ?? [],
    async ask(messages: readonly Message[], model = "auto"): Promise<string> {
      const headers = { "x-lodestar-task": "bug_fix" };
      const response = await opened.fetch("/v1/chat/completions", { json: { model, messages }, headers });
      await response.text();
      return response.headers.get("x-lodestar-request-id") ?? "";
    },
  };
}

describe("a question that is asked again", () => {
  test("within minutes is weak evidence against the model that answered, of its class", async () => {
    const { ask, kept } = await world();
    const id = await ask(QUESTION);
    await later(60_000, () => ask(QUESTION));
    await eventually("evidence of the regeneration", () => kept().length === 1);
    expect(kept()).toMatchObject([
      {
        id: `regeneration:${id}`,
        kind: "regeneration",
        score: 0,
        provider: "first",
        model: "one",
        taskClass: "bug_fix",
      },
    ]);
  });

  test("much later, on another turn, or of a named model is none: only what follows is", async () => {
    const { ask, kept } = await world();
    await ask(QUESTION);
    await later(60_000, () => ask(QUESTION, "first/one"));
    await later(3_600_000, () => ask(QUESTION));
    const id = await later(3_660_000, () => ask(NEXT));
    await later(3_720_000, () => ask(NEXT));
    await eventually("evidence of the last one", () => kept().length > 0);
    expect(kept().map((one) => one.id)).toEqual([`regeneration:${id}`]);
  });
});
