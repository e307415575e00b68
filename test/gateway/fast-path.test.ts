import { describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { messagesEvents, messagesReply } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

function provider(dialect: string, url: string, more = "") {
  return gateway(
    `
providers: { up: { dialect: ${dialect}, baseUrl: "${url}/v1", models: [m], accounts: [{ key: env:UP_KEY }]${more} } }
aliases: { nick: up/real-name }
prices: { overrides: { "up/*": { input: 1, output: 2 } } }`,
    { UP_KEY: "up-key-0123456789" },
  );
}

/** Bodies as clients write them: odd order, odd spacing, escapes, numbers and fields that a re-serialiser would change. */
const ODD = `{ "temperature": 1.0, "unknown_thing": {"b":1,"a":[1e2, 2.50]},
  "messages": [ {"role":"user", "content":"h\\u00e9llo \\ud83d\\ude00 \\/"} ],\t"model" : "nick" , "max_tokens":16, "big": 12345678901234567890 }`;

describe("a client and a provider of one dialect", () => {
  test("chat: the provider gets the client's bytes with the model's name changed, and nothing else", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await provider("openai-chat", upstream.url);
    await (await opened.fetch("/v1/chat/completions", { method: "POST", body: ODD })).text();
    expect(upstream.calls[0]?.body).toBe(ODD.replace('"nick"', '"real-name"'));
  });

  test("messages: the same", async () => {
    const upstream = await fake(() => ({ kind: "json", body: messagesReply("x") }));
    const opened = await provider("anthropic", upstream.url);
    await (await opened.fetch("/v1/messages", { method: "POST", body: ODD })).text();
    expect(upstream.calls[0]?.body).toBe(ODD.replace('"nick"', '"real-name"'));
  });

  test("chat, streamed: the usage flag is set beside what the client set, and that is all", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]) }));
    const opened = await provider("openai-chat", upstream.url);
    const head = '{"model":"up/m","messages":[{"role":"user","content":"x"}], "stream":true';
    const cases: readonly (readonly [sent: string, received: string])[] = [
      [`${head}}`, `${head.replace("up/m", "m")},"stream_options":{"include_usage":true}}`],
      [
        `${head}, "stream_options": {"include_usage":false,"other":1} }`,
        `${head.replace("up/m", "m")}, "stream_options": {"include_usage":true,"other":1} }`,
      ],
      [
        `${head}, "stream_options": { "include_usage" : true } }`,
        `${head.replace("up/m", "m")}, "stream_options": { "include_usage" : true } }`,
      ],
    ];
    for (const [index, [sent, received]] of cases.entries()) {
      await (await opened.fetch("/v1/chat/completions", { method: "POST", body: sent })).text();
      expect(upstream.calls[index]?.body).toBe(received);
    }
  });

  test("a model's name that holds quotes and backslashes is written as JSON", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await provider("openai-chat", upstream.url);
    const name = 'we"ird\\name';
    const json = { model: `up/${name}`, messages: [{ role: "user", content: "x" }] };
    await (await opened.fetch("/v1/chat/completions", { json })).text();
    expect(JSON.parse(upstream.calls[0]?.body ?? "{}").model).toBe(name);
  });

  test("messages, streamed: every event comes back byte for byte but the first, for the model, and the one with the usage", async () => {
    const events = messagesEvents(["one", " two", " thr\u00e9e"]).map((event) =>
      event.replace('"index":0', '"index": 0 , "odd": 1.0'),
    );
    const upstream = await fake(() => ({ kind: "stream", chunks: events }));
    const opened = await provider("anthropic", upstream.url);
    const json = { model: "nick", max_tokens: 9, stream: true, messages: [{ role: "user", content: "x" }] };
    const wire = await (await opened.fetch("/v1/messages", { json })).text();
    const received = wire
      .split("\n\n")
      .filter((event) => event !== "")
      .map((event) => `${event}\n\n`);
    const changed = received.filter((event, index) => event !== events[index]);
    expect(received.length).toBe(events.length);
    expect(changed.map((event) => event.split("\n")[0])).toEqual(["event: message_start", "event: message_delta"]);
    expect(changed[0]).toContain('"model":"nick"');
    expect(changed[1]).toContain('"cost":0.00002');
  });

  test("chat, streamed: contents come back byte for byte but for the model's name, whatever the cut of the bytes", async () => {
    const chunks = chatChunks(["one", " tw\u00f6", " \ud83d\ude00"]).map((event) =>
      event.replace('"index":0', '"index": 0,"odd":1.0'),
    );
    for (const isBytewise of [false, true]) {
      const upstream = await fake(() => ({ kind: "stream", chunks, isBytewise }));
      const opened = await provider("openai-chat", upstream.url);
      const json = { model: "nick", stream: true, stream_options: { include_usage: true }, messages: [] };
      const asked = { ...json, messages: [{ role: "user", content: "x" }] };
      const received = (await (await opened.fetch("/v1/chat/completions", { json: asked })).text())
        .split("\n\n")
        .filter((event) => event !== "");
      const expected = chunks.map((event) => event.trim().replace("upstream-name", "nick"));
      expect(received.length).toBe(expected.length);
      expect(received.filter((event, index) => event !== expected[index])).toEqual([
        expect.stringContaining('"cost":0.00002'),
      ]);
    }
  });

  test("chat, streamed, where the client asked for no usage chunk: the cost rides on the last one it knows", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]) }));
    const opened = await provider("openai-chat", upstream.url);
    const json = { model: "nick", stream: true, messages: [{ role: "user", content: "x" }] };
    const wire = await (await opened.fetch("/v1/chat/completions", { json })).text();
    expect(wire.match(/"cost":/g)?.length).toBe(1);
    expect(wire.trim().endsWith("data: [DONE]")).toBe(true);
    for (const event of wire.split("\n\n").filter((line) => line.startsWith("data: {"))) {
      expect(JSON.parse(event.slice(6)).choices.length).toBeGreaterThan(0);
    }
  });

  test("a field that the provider is declared to refuse is left out, with a word about it", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await provider("openai-chat", upstream.url, ", quirks: { refusedFields: [logit_bias] }");
    const json = { model: "nick", logit_bias: { "1": 2 }, messages: [{ role: "user", content: "x" }] };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.headers.get("x-lodestar-params")).toBe("dropped logit_bias (refused by the provider)");
    expect(upstream.calls[0]?.body).not.toContain("logit_bias");
  });

  test("in strict mode that is a 400, and nothing is sent", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("x") }));
    const opened = await provider("openai-chat", upstream.url, ", quirks: { refusedFields: [logit_bias] }");
    const json = { model: "nick", logit_bias: { "1": 2 }, messages: [{ role: "user", content: "x" }] };
    const response = await opened.fetch("/v1/chat/completions", { json, headers: { "x-lodestar-strict": "1" } });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("logit_bias") } });
    expect(upstream.calls.length).toBe(0);
    expect(await opened.rows()).toMatchObject([{ state: "refused", fault: { kind: "unsupported" }, costNanoUsd: 0 }]);
  });

  test("passes the version and beta headers of a client on, and no other header of it", async () => {
    const upstream = await fake(() => ({ kind: "json", body: messagesReply("x") }));
    const opened = await provider("anthropic", upstream.url);
    const headers = {
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "context-1m",
      "x-private": "secret",
      cookie: "a=b",
      "x-api-key": "of-the-client",
    };
    const json = { model: "nick", max_tokens: 9, messages: [{ role: "user", content: "x" }] };
    await (await opened.fetch("/v1/messages", { json, headers })).text();
    const seen = upstream.calls[0]?.headers ?? {};
    expect(seen).toMatchObject({
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "context-1m",
      "x-api-key": "up-key-0123456789",
    });
    expect(seen["x-private"]).toBeUndefined();
    expect(seen.cookie).toBeUndefined();
    expect(seen["user-agent"]).toStartWith("lodestar/");
  });
});
