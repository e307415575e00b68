import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply, contentOf, eventsOf } from "../support/chat-chunks.ts";
import type { Behaviour, SeenCall } from "../support/fake-upstream.ts";
import { messagesEvents, messagesReply, ollamaReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const GEMINI_REPLY = {
  candidates: [{ content: { role: "model", parts: [{ text: "hi" }] }, finishReason: "STOP", index: 0 }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
};
const MESSAGE = { id: "msg_1", type: "message", role: "assistant", status: "completed" };
const RESPONSE = {
  id: "resp_1",
  object: "response",
  status: "completed",
  output: [{ ...MESSAGE, content: [{ type: "output_text", text: "hi", annotations: [] }] }],
  usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
};

/** Answers "hi" in the dialect that the path tells. */
function answer({ path, body }: SeenCall): Behaviour {
  const isStream = body.includes('"stream":true');
  if (path.endsWith("/messages"))
    return isStream ? { kind: "stream", chunks: messagesEvents(["hi"]) } : { kind: "json", body: messagesReply("hi") };
  if (path.includes(":generateContent")) return { kind: "json", body: GEMINI_REPLY };
  if (path.endsWith("/responses")) return { kind: "json", body: RESPONSE };
  if (path.endsWith("/api/chat")) return { kind: "json", body: ollamaReply("hi") };
  return isStream ? { kind: "stream", chunks: chatChunks(["hi"]) } : { kind: "json", body: chatReply("hi") };
}

/** One provider of each dialect, and some that are built in, all at one fake. */
async function open(script: (call: SeenCall) => Behaviour = answer) {
  const upstream = await fake(script);
  const opened = await gateway(
    `providers:
  chat: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m] }
  messages: { dialect: anthropic, baseUrl: "${upstream.url}", models: [m] }
  responses: { dialect: openai-responses, baseUrl: "${upstream.url}/v1", models: [m] }
  google: { dialect: gemini, baseUrl: "${upstream.url}/v1beta", key: env:ANY_KEY }
  llama: { dialect: ollama, baseUrl: "${upstream.url}", models: [m] }
  anthropic: { baseUrl: "${upstream.url}", key: env:ANY_KEY }
  deepseek: { baseUrl: "${upstream.url}", key: env:ANY_KEY }
  mistral: { baseUrl: "${upstream.url}/v1", key: env:ANY_KEY }
retries: { attempts: 1 }`,
    { ANY_KEY: "any-key-0123456789" },
  );
  const ask = async (path: string, json: object, headers: Record<string, string> = {}) => {
    const response = await opened.fetch(path, { json, headers });
    const text = await response.text();
    const call = upstream.calls.findLast(({ method }) => method === "POST");
    return { response, text, call, sent: call === undefined ? null : JSON.parse(call.body) };
  };
  return { opened, upstream, ask };
}

const CHAT = "/v1/chat/completions";
const HELLO = [{ role: "user", content: "hello" }];
const TOOL = { type: "function", function: { name: "f", parameters: { type: "object" } } };
const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
const ROUND = [
  ...HELLO,
  { role: "assistant", content: null, tool_calls: [call("call.1:2"), call("second")] },
  { role: "tool", tool_call_id: "call.1:2", content: "1" },
  { role: "tool", tool_call_id: "second", content: "2" },
  { role: "user", content: "go on" },
];

describe("corner cases of the wire formats", () => {
  test("corner case 1: tool ids are written as the target wants them, call and result alike", async () => {
    const { ask } = await open();
    const claude = await ask(CHAT, { model: "messages/m", messages: ROUND, tools: [TOOL] });
    const [used] = claude.sent.messages[1].content;
    expect(used.id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(claude.sent.messages[2].content[0].tool_use_id).toBe(used.id);
    const mistral = await ask(CHAT, { model: "mistral/mistral-small-latest", messages: ROUND, tools: [TOOL] });
    const [first] = mistral.sent.messages[1].tool_calls;
    expect(first.id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(mistral.sent.messages[2].tool_call_id).toBe(first.id);
  });

  test("corner case 2: parallel results are one turn with the results first, and one call at a time is a wish kept", async () => {
    const { ask } = await open();
    const json = { model: "messages/m", messages: ROUND, tools: [TOOL], parallel_tool_calls: false };
    const { sent } = await ask(CHAT, json);
    expect(sent.messages[2].content.map(({ type }: { type: string }) => type)).toEqual([
      "tool_result",
      "tool_result",
      "text",
    ]);
    expect(sent.tool_choice).toEqual({ type: "auto", disable_parallel_tool_use: true });
  });

  test("corner case 3: what Codex sends is never refused by a target of another dialect", async () => {
    const { ask } = await open();
    const { response, sent } = await ask("/v1/responses", {
      model: "chat/m",
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "rules" }] },
        { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] },
        { type: "additional_tools", tools: [] },
      ],
      tools: [
        { type: "namespace", name: "n", tools: [] },
        { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
        { type: "web_search" },
      ],
    });
    expect(response.status).toBe(200);
    expect(sent.messages.map(({ role }: { role: string }) => role)).toEqual(["system", "user"]);
    expect(response.headers.get("x-lodestar-params")).toContain("tools[0]");
  });

  test("corner case 4: what Claude Code sends goes to Anthropic as it came, and without its betas elsewhere", async () => {
    const { ask } = await open();
    const json = {
      max_tokens: 5,
      messages: [{ role: "system", content: "rules" }, ...HELLO],
      tools: [{ name: "f", input_schema: { type: "object" }, defer_loading: true }],
      thinking: { type: "adaptive" },
      context_management: { edits: [] },
    };
    const headers = { "anthropic-beta": "one-1,two-2", "anthropic-version": "2023-06-01" };
    const own = await ask("/v1/messages?beta=true", { ...json, model: "messages/m" }, headers);
    expect(own.call?.headers["anthropic-beta"]).toBe("one-1,two-2");
    expect(own.sent).toEqual({ ...json, model: "m" });
    const other = await ask("/v1/messages?beta=true", { ...json, model: "chat/m" }, headers);
    expect(other.response.status).toBe(200);
    expect(other.call?.headers["anthropic-beta"]).toBeUndefined();
    expect(other.call?.body).not.toContain("defer_loading");
  });

  test("corner case 5: a signature of one provider does not reach another", async () => {
    const { ask } = await open();
    const thinking = { type: "thinking", thinking: "hm", signature: "c2lnbmF0dXJl" };
    const messages = [...HELLO, { role: "assistant", content: [thinking, { type: "text", text: "hi" }] }, ...HELLO];
    const { call: seen } = await ask("/v1/messages", {
      model: "google/gemini-3.1-flash-lite",
      max_tokens: 5,
      messages,
    });
    expect(seen?.path).toContain(":generateContent");
    expect(seen?.body).not.toContain("c2lnbmF0dXJl");
  });

  test("corner case 6: cache marks reach Anthropic where they stood, and the front of a prompt is left alone", async () => {
    const { ask } = await open();
    const system = [{ type: "text", text: "rules", cache_control: { type: "ephemeral" } }];
    const { sent } = await ask("/v1/messages", { model: "messages/m", max_tokens: 5, system, messages: HELLO });
    expect(sent).toEqual({ model: "m", max_tokens: 5, system, messages: HELLO });
  });

  test("corner case 7: the limit of an answer has the name that each target knows", async () => {
    const { ask } = await open();
    const limited = async (model: string) =>
      (await ask(CHAT, { model, messages: HELLO, max_completion_tokens: 77 })).sent;
    expect(await limited("messages/m")).toMatchObject({ max_tokens: 77 });
    expect(await limited("responses/m")).toMatchObject({ max_output_tokens: 77 });
    expect(await limited("google/gemini-3.1-flash-lite")).toMatchObject({ generationConfig: { maxOutputTokens: 77 } });
    expect(await limited("llama/m")).toMatchObject({ options: { num_predict: 77 } });
  });

  test("corner case 8: developer and several system messages are one system, and a prefill stays last", async () => {
    const { ask } = await open();
    const front = [
      { role: "system", content: "one" },
      { role: "developer", content: "two" },
    ];
    const messages = [...front, ...HELLO, { role: "assistant", content: "It is" }];
    const { sent } = await ask(CHAT, { model: "messages/m", messages });
    expect(JSON.stringify(sent.system)).toMatch(/one.*two/);
    expect(sent.messages).toMatchObject([{ role: "user" }, { role: "assistant" }]);
    const mistral = await ask(CHAT, { model: "mistral/mistral-small-latest", messages });
    expect(mistral.sent.messages[1]).toEqual({ role: "system", content: "two" });
    expect(mistral.response.headers.get("x-lodestar-params")).toContain("developer written as system");
  });

  test("corner case 9: a JSON schema is native where it exists, else asked for in words that the header tells of", async () => {
    const { ask } = await open();
    const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    const response_format = { type: "json_schema", json_schema: { name: "n", schema } };
    const google = await ask(CHAT, { model: "google/gemini-3.1-flash-lite", messages: HELLO, response_format });
    expect(google.sent.generationConfig.responseMimeType).toBe("application/json");
    const claude = await ask(CHAT, { model: "messages/m", messages: HELLO, response_format });
    expect(claude.call?.body).toContain("JSON schema");
    expect(claude.response.headers.get("x-lodestar-params")).toContain("changed response_format");
    const deepseek = await ask(CHAT, { model: "deepseek/deepseek-v4-flash", messages: HELLO, response_format });
    expect(deepseek.sent.response_format).toEqual({ type: "json_object" });
    expect(deepseek.sent.messages[0].content).toContain(JSON.stringify(schema));
    expect(deepseek.response.headers.get("x-lodestar-params")).toContain("changed response_format");
  });

  test("corner case 10: what Anthropic has no word for is told by name, and refused in strict mode", async () => {
    const { ask } = await open();
    const json = { model: "messages/m", messages: HELLO, n: 2, logprobs: true, seed: 1, temperature: 1.7 };
    const { response } = await ask(CHAT, json);
    for (const name of ["n", "logprobs", "seed", "temperature"])
      expect(response.headers.get("x-lodestar-params")).toMatch(new RegExp(`(?:dropped|changed) ${name} `));
    expect((await ask(CHAT, json, { "x-lodestar-strict": "true" })).response.status).toBe(400);
  });

  test("corner case 11: a tool call beside the word stop is a stop for tools", async () => {
    const reply = {
      ...ollamaReply(""),
      message: { role: "assistant", content: "", tool_calls: [{ function: { name: "f", arguments: {} } }] },
    };
    const { ask } = await open(() => ({ kind: "json", body: reply }));
    const { text } = await ask(CHAT, { model: "llama/m", messages: HELLO, tools: [TOOL] });
    expect(JSON.parse(text).choices[0].finish_reason).toBe("tool_calls");
  });

  test("corner case 12: an image at an address that is not public is refused before any call", async () => {
    const { ask, upstream } = await open();
    const image = { type: "image_url", image_url: { url: "http://169.254.169.254/latest.png" } };
    const { response, text } = await ask(CHAT, {
      model: "google/gemini-3.1-flash-lite",
      messages: [{ role: "user", content: [image] }],
    });
    expect([response.status, upstream.calls.filter(({ method }) => method === "POST").length]).toEqual([400, 0]);
    expect(text).toContain("not public");
  });

  const TARGETS = ["chat/m", "messages/m", "responses/m", "google/gemini-3.1-flash-lite"];
  test.each(TARGETS)("corner case 12: a PDF, and an image in a tool's result, reach %s", async (model) => {
    const { ask } = await open();
    const source = (media_type: string, data: string) => ({ type: "base64", media_type, data });
    const { response, call: seen } = await ask("/v1/messages", {
      model,
      max_tokens: 50,
      messages: [
        { role: "user", content: [{ type: "document", title: "a.pdf", source: source("application/pdf", "UERG") }] },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look", input: {} }] },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "toolu_1",
              content: [
                { type: "text", text: "the shot" },
                { type: "image", source: source("image/png", "SU1H") },
              ],
            },
          ],
        },
      ],
      tools: [{ name: "look", input_schema: { type: "object" } }],
    });
    expect(response.status).toBe(200);
    for (const said of ["UERG", "application/pdf", "the shot", "SU1H", "image/png"]) expect(seen?.body).toContain(said);
  });

  test("corner case 8: a turn without content is left out where the target refuses it", async () => {
    const { ask } = await open();
    const messages = [...HELLO, { role: "assistant", content: "" }, { role: "user", content: "go on" }];
    const { response, sent } = await ask(CHAT, { model: "messages/m", messages });
    expect(response.status).toBe(200);
    expect(sent.messages).toMatchObject([{ role: "user", content: [{ text: "hello" }, { text: "go on" }] }]);
  });

  const ENDS = [
    ["pause_turn", "stop"],
    ["refusal", "content_filter"],
    ["max_tokens", "length"],
    ["stop_sequence", "stop"],
    ["model_context_window_exceeded", "length"],
  ] as const;
  test.each(ENDS)("corner case 11: Anthropic's %s is %s to a client of chat", async (stop_reason, told) => {
    const { ask } = await open(() => ({ kind: "json", body: { ...messagesReply("hi"), stop_reason } }));
    const { text } = await ask(CHAT, { model: "messages/m", messages: HELLO });
    expect(JSON.parse(text).choices[0].finish_reason).toBe(told);
  });

  test("corner case 13: stream: true is answered as a stream where the upstream answers whole", async () => {
    const { ask } = await open(() => ({ kind: "json", body: chatReply("whole") }));
    const { response, text } = await ask(CHAT, { model: "chat/m", messages: HELLO, stream: true });
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    expect(contentOf(text)).toBe("whole");
    expect(text).toEndWith("data: [DONE]\n\n");
  });

  test("corner case 14: letters of several bytes survive a stream that comes byte by byte", async () => {
    const words = ["Grüße ", "für 3 € ", "😀"];
    const { ask } = await open(() => ({ kind: "stream", chunks: chatChunks(words), isBytewise: true }));
    expect(contentOf((await ask(CHAT, { model: "chat/m", messages: HELLO, stream: true })).text)).toBe(words.join(""));
  });
});

describe("facts measured on clients", () => {
  test("fact 1: Gemini's calls are served below /v1 as below /v1beta", async () => {
    const { ask } = await open();
    const contents = [{ role: "user", parts: [{ text: "hello" }] }];
    for (const root of ["/v1", "/v1beta"])
      expect((await ask(`${root}/models/chat/m:generateContent`, { contents })).text).toContain('"text":"hi"');
  });

  test("fact 2: a thread of Anthropic's tool runner is refused in the words at which it falls back", async () => {
    const { ask, upstream } = await open();
    const thread = { type: "continue", previous_message_id: "msg_1" };
    const { response, text } = await ask("/v1/messages", {
      model: "messages/m",
      max_tokens: 5,
      messages: HELLO,
      thread,
    });
    expect([response.status, upstream.calls.length]).toEqual([400, 0]);
    expect(JSON.parse(text).error.details.error_code).toBe("thread_unsupported_request");
  });

  test("fact 5: a chat stream that is cut ends in an error event, never as if it were whole", async () => {
    const chunks = chatChunks(["half"]).slice(0, 2);
    const { ask } = await open(() => ({ kind: "stream", chunks, ending: "cut" }));
    const { text } = await ask(CHAT, { model: "chat/m", messages: HELLO, stream: true });
    expect(eventsOf(text).at(-1)).toMatchObject({ error: { message: expect.any(String) } });
    expect(text).not.toContain('"finish_reason":"stop"');
  });

  test("fact 6: the paths that Claude Code and Aider look at first are there", async () => {
    const { opened, ask } = await open();
    expect((await opened.fetch("/api/hello", { method: "HEAD" })).status).toBe(200);
    const list = await opened.fetch("/v1/models?limit=1000", { headers: { "anthropic-version": "2023-06-01" } });
    expect(await list.json()).toMatchObject({ has_more: false });
    expect((await ask("/api/show", { name: "chat/m" })).response.status).toBe(200);
  });

  test("fact 7: a request without a limit goes to Anthropic with the model's own", async () => {
    const { ask } = await open();
    const { sent } = await ask(CHAT, { model: "anthropic/claude-opus-5", messages: HELLO });
    expect(sent.max_tokens).toBe(128_000);
  });
});

describe("a call of Ollama's that only loads or unloads a model", () => {
  const CALLS = [
    ["/api/chat", { messages: [] }, "load"],
    ["/api/chat", { stream: false }, "load"],
    ["/api/generate", { prompt: "" }, "load"],
    ["/api/generate", { keep_alive: 0, stream: false }, "unload"],
  ] as const;

  test.each(CALLS)(
    "%s with %o is answered without asking a provider that has no such call",
    async (path, json, word) => {
      const { opened, upstream, ask } = await open();
      const { response, text } = await ask(path, { model: "messages/m", ...json });
      expect([response.status, upstream.calls.map((seen) => `${seen.method} ${seen.path}`)]).toEqual([200, []]);
      expect(JSON.parse(text.trim().split("\n").at(-1) ?? "")).toMatchObject({ done: true, done_reason: word });
      expect(await opened.rows()).toMatchObject([{ provider: "messages", usage: { output: { text: 0 } } }]);
    },
  );
});

describe("what only its own service can look up", () => {
  const CASES = [
    ["/v1/responses", { input: "and then?", conversation: "conv_1" }, "conversation", "previous_response_id"],
    ["/v1/responses", { prompt: { id: "pmpt_1" } }, "prompt", "instructions"],
    [
      "/v1beta/models/messages/m:generateContent",
      { contents: [{ role: "user", parts: [{ text: "x" }] }], cachedContent: "cachedContents/1" },
      "cachedContent",
      "contents",
    ],
  ] as const;

  test.each(CASES)(
    "is refused at %s with %o elsewhere, with what to send instead",
    async (path, body, name, instead) => {
      const { ask, upstream } = await open();
      const { response, text } = await ask(path, { model: "messages/m", ...body });
      expect([response.status, upstream.calls.length]).toEqual([400, 0]);
      expect(text).toContain(name);
      expect(text).toContain(instead);
    },
  );

  test("passes to a provider of the client's own dialect", async () => {
    const { ask } = await open();
    const { sent } = await ask("/v1/responses", { model: "responses/m", input: "x", conversation: "conv_1" });
    expect(sent).toMatchObject({ conversation: "conv_1" });
  });
});
