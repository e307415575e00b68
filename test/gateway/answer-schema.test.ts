import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { messagesReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const SCHEMA = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
const CHAT = { response_format: { type: "json_schema", json_schema: { name: "person", schema: SCHEMA } } };
const HELLO = { messages: [{ role: "user", content: "how old?" }] };
const PARAMS = "x-lodestar-params";

/** A provider with JSON mode only, and one whose models have no JSON at all; both answer by the script. */
async function open(script: (index: number) => Behaviour, second: Behaviour = chatReplyOf('{"age": 1}')) {
  const words = await fake((_, index) => script(index));
  const other = await fake(() => second);
  const opened = await gateway(
    `providers:
  deepseek: { baseUrl: "${words.url}", key: env:ANY_KEY }
  claude: { dialect: anthropic, baseUrl: "${words.url}", models: [old] }
  able: { dialect: openai-chat, baseUrl: "${other.url}/v1", models: [m] }
chains: { duo: [deepseek/deepseek-v4-flash, able/m] }
retries: { attempts: 3 }`,
    { ANY_KEY: "any-key-0123456789" },
  );
  return { opened, words, other };
}

function chatReplyOf(text: string): Behaviour {
  return { kind: "json", body: chatReply(text) };
}

const DEEPSEEK = "deepseek/deepseek-v4-flash";

describe("corner case 9: an answer whose JSON schema went to the target as words", () => {
  const FENCED = '```json\n{"age": 36}\n```';
  const ANSWERS: readonly (readonly [string, string, string])[] = [
    ['{"age": 36}', '{"age": 36}', "the answer was checked and matches"],
    [FENCED, '{"age": 36}', "the answer was checked and matches"],
    ["```\n{}\n```", "```\n{}\n```", "the answer does not match: it is not JSON"],
    ["I am 36.", "I am 36.", "the answer does not match: it is not JSON"],
    ['{"age": "36"}', '{"age": "36"}', "the answer does not match: $.age must be of type integer"],
    ['{"age": 3', '{"age": 3', "the answer does not match: it is not JSON"],
  ];

  test.each(ANSWERS)("%j reaches the client as %j, and the header says: %s", async (given, told, word) => {
    const { opened } = await open(() => chatReplyOf(given));
    const response = await opened.fetch("/v1/chat/completions", { json: { model: DEEPSEEK, ...HELLO, ...CHAT } });
    expect(response.headers.get(PARAMS)).toContain(word);
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: told } }] });
  });

  const ASKED: readonly (readonly [string, string, object])[] = [
    ["OpenAI chat", "/v1/chat/completions", { ...HELLO, ...CHAT }],
    [
      "Responses",
      "/v1/responses",
      { input: "x", text: { format: { type: "json_schema", name: "p", schema: SCHEMA } } },
    ],
    ["Ollama", "/api/chat", { ...HELLO, format: SCHEMA, stream: false }],
    [
      "Gemini",
      "/v1beta/models/MODEL:generateContent",
      {
        contents: [{ role: "user", parts: [{ text: "x" }] }],
        generationConfig: { responseMimeType: "application/json", responseSchema: SCHEMA },
      },
    ],
  ];
  const TARGETS = [
    [DEEPSEEK, (text: string) => chatReplyOf(text)],
    ["claude/old", (text: string): Behaviour => ({ kind: "json", body: messagesReply(text) })],
  ] as const;

  for (const [model, replyOf] of TARGETS) {
    test.each(ASKED)(`is checked for a client of %s at ${model}`, async (_, path, body) => {
      const { opened } = await open((index) => replyOf(index === 0 ? FENCED : "no JSON"));
      const ask = () => opened.fetch(path.replace("MODEL", model), { json: { model, ...body } });
      const fitting = await ask();
      expect(fitting.headers.get(PARAMS)).toContain("checked and matches");
      expect(await fitting.text()).not.toContain("```");
      expect((await ask()).headers.get(PARAMS)).toContain("does not match: it is not JSON");
    });
  }

  test("JSON without a schema is checked where the target has no JSON mode", async () => {
    const { opened } = await open(() => ({ kind: "json", body: messagesReply("[1]") }));
    const json = { model: "claude/old", ...HELLO, response_format: { type: "json_object" } };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.headers.get(PARAMS)).toContain("does not match: $ must be of type object");
  });

  test("every alternative is checked, and a call of a tool stands in the place of an answer", async () => {
    const choices = ['{"age": 1}', "{}"].map((content, index) => {
      return { index, message: { role: "assistant", content }, finish_reason: "stop" };
    });
    const two = { ...chatReply(""), choices };
    const tool_calls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
    const called = {
      ...chatReply(""),
      choices: [{ index: 0, message: { role: "assistant", content: "wait", tool_calls }, finish_reason: "tool_calls" }],
    };
    const { opened } = await open((index) => ({ kind: "json", body: index === 0 ? two : called }));
    const ask = () => opened.fetch("/v1/chat/completions", { json: { model: DEEPSEEK, ...HELLO, ...CHAT } });
    expect((await ask()).headers.get(PARAMS)).toContain("$.age is missing");
    expect((await ask()).headers.get(PARAMS)).not.toContain("does not match");
  });

  test("a streamed answer is not checked, and the header says so before it begins", async () => {
    const { opened } = await open(() => ({ kind: "stream", chunks: chatChunks(["no JSON"]) }));
    const json = { model: DEEPSEEK, ...HELLO, ...CHAT, stream: true };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.headers.get(PARAMS)).toContain("a streamed answer is not checked");
    expect(await response.text()).toContain("no JSON");
  });

  test("a native schema is left to the target that enforces it", async () => {
    const { opened } = await open(() => chatReplyOf(""), chatReplyOf("no JSON"));
    const response = await opened.fetch("/v1/chat/completions", { json: { model: "able/m", ...HELLO, ...CHAT } });
    expect(response.headers.get(PARAMS)).toBeNull();
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "no JSON" } }] });
  });
});

describe("strict mode and a JSON schema in words", () => {
  const STRICT = { "x-lodestar-strict": "1" };

  test("an answer that matches is as good as a native one", async () => {
    const { opened } = await open(() => chatReplyOf('{"age": 36}'));
    const json = { model: DEEPSEEK, ...HELLO, ...CHAT };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: STRICT });
    expect([response.status, response.headers.get(PARAMS)]).toEqual([200, expect.stringContaining("matches")]);
  });

  test("one that does not is paid for and falls back to the next target, without another try at the same", async () => {
    const { opened, words, other } = await open(() => chatReplyOf("I am 36."));
    const json = { model: "duo", ...HELLO, ...CHAT };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: STRICT });
    expect([response.status, response.headers.get("x-lodestar-provider")]).toEqual([200, "able"]);
    expect([words.calls.length, other.calls.length]).toEqual([1, 1]);
    const rows = await opened.rows();
    expect(rows).toMatchObject([
      { attempt: 1, state: "failed", provider: "deepseek", fault: { kind: "unsupported" } },
      { attempt: 2, state: "final", provider: "able" },
    ]);
    expect(rows[0]?.usage.output.text).toBeGreaterThan(0);
  });

  test("at the end of the chain it is a 400 that says what is wrong with the answer", async () => {
    const { opened } = await open(() => chatReplyOf("{}"));
    const json = { model: DEEPSEEK, ...HELLO, ...CHAT };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: STRICT });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("$.age is missing");
  });

  test("a stream, which nobody would check, is refused before any call", async () => {
    const { opened, words } = await open(() => chatReplyOf("{}"));
    const json = { model: DEEPSEEK, ...HELLO, ...CHAT, stream: true };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: STRICT });
    expect([response.status, words.calls.length]).toEqual([400, 0]);
  });

  test("what else the target cannot take is refused all the same", async () => {
    const { opened, words } = await open(() => ({ kind: "json", body: messagesReply('{"age": 1}') }));
    const json = { model: "claude/old", ...HELLO, ...CHAT, seed: 1, max_tokens: 5 };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: STRICT });
    expect([response.status, words.calls.length]).toEqual([400, 0]);
    const text = await response.text();
    expect(text).toContain("seed");
    expect(text).not.toContain("response_format");
  });
});
