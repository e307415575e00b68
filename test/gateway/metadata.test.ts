import { afterAll, describe, expect, test } from "bun:test";
import { chatChunks, chatReply, eventsOf } from "../support/chat-chunks.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { openTestGateway } from "../support/test-gateway.ts";

const alive = await startFakeUpstream((call) =>
  JSON.parse(call.body).stream === true
    ? { kind: "stream", chunks: chatChunks(["hi"]) }
    : { kind: "json", body: chatReply("hi") },
);
const gateway = await openTestGateway(`
providers:
  dead: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1", models: [one] }
  alive: { dialect: openai-chat, baseUrl: "${alive.url}/v1", models: [two, three] }
chains:
  duo: [dead/one, alive/two]
  bug_fix: [alive/three]
  default: [alive/two]
`);

afterAll(async () => {
  await gateway.close();
  await alive.stop();
});

function ask(model: string, headers: Record<string, string>, more: object = {}): Promise<Response> {
  const json = { model, messages: [{ role: "user", content: "hello" }], ...more };
  return gateway.fetch("/v1/chat/completions", { json, headers });
}

describe("lodestar_metadata", () => {
  const tried = [
    { target: "dead/one", outcome: "connect" },
    { target: "alive/two", outcome: "answered" },
  ];

  test("stands in the usage of a whole answer, when asked for", async () => {
    const body = (await (await ask("duo", { "x-lodestar-metadata": "1" })).json()) as { usage: object };
    expect(body.usage).toMatchObject({ lodestar_metadata: { requested: "duo", attempts: tried } });
  });

  test("stands in the usage of a stream's last event, when asked for", async () => {
    const wire = await (await ask("duo", { "x-lodestar-metadata": "true" }, { stream: true })).text();
    const last = eventsOf(wire).at(-1);
    expect(last).toMatchObject({ usage: { lodestar_metadata: { requested: "duo" } } });
  });

  test("is not sent unasked", async () => {
    const body = await (await ask("duo", {})).text();
    expect(body).not.toContain("lodestar_metadata");
  });
});

describe("a stated task class", () => {
  const cases: readonly (readonly [task: string, model: string, answeredBy: string, reason: string])[] = [
    ["bug_fix", "auto", "three", "auto:bug_fix>header>chain:bug_fix"],
    ["architecture", "auto", "two", "auto:architecture>header"],
    ["bug_fix", "duo", "two", "chain:duo"],
    ["Not A Class!", "auto", "two", "auto"],
  ];
  for (const [task, model, answeredBy, reason] of cases) {
    test(`"${task}" with the model ${model} is answered by ${answeredBy}`, async () => {
      const response = await ask(model, { "x-lodestar-task": task, "x-session-id": task });
      await response.text();
      expect(response.headers.get("x-lodestar-model")).toBe(answeredBy);
      expect(response.headers.get("x-lodestar-route-reason")).toStartWith(reason);
    });
  }
});
