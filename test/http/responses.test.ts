import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { messagesReply, ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

/** A client of the official kind, over a socket of its own. */
function clientOf(opened: TestGateway, apiKey = "any"): OpenAI {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => opened.forward(request) });
  closing.push(() => server.stop(true));
  return new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${server.port}/v1`, maxRetries: 0 });
}

/** The response of an upstream of this very dialect. */
function responseReply(id: string, text: string, extra: readonly object[] = []): object {
  const message = { type: "message", id: `msg_${id}`, role: "assistant", status: "completed", content: [] as object[] };
  message.content.push({ type: "output_text", text, annotations: [] });
  return {
    id,
    object: "response",
    created_at: 1,
    status: "completed",
    model: "upstream-name",
    output: [...extra, message],
    usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
  };
}

/** An upstream of any dialect that numbers its answers, and a gateway in front of it. */
async function numbered(config = "", environment: Readonly<Record<string, string>> = {}) {
  let count = 0;
  const upstream = await fake(({ path, body }) => {
    const catalogue = ollamaCatalogue(path, [{ name: "m", capabilities: ["completion"] }]);
    if (path === "/api/generate") return { kind: "json", body: { done: true, done_reason: "load" } };
    if (catalogue !== null) return { kind: "json", body: catalogue };
    count += 1;
    const text = `answer ${count}`;
    if (path.endsWith("/responses")) return { kind: "json", body: responseReply(`resp_up${count}`, text) };
    if (path.endsWith("/messages")) return { kind: "json", body: { ...messagesReply(text), id: `msg_${count}` } };
    if (path === "/api/chat") return { kind: "json", body: ollamaReply(text) };
    if (!body.includes('"stream":true')) return { kind: "json", body: { ...chatReply(text), id: `chatcmpl-${count}` } };
    return {
      kind: "stream",
      chunks: chatChunks([text]).map((chunk) => chunk.replaceAll("chatcmpl-1", `chatcmpl-${count}`)),
    };
  });
  const provider = (dialect: string, base: string) =>
    `{ dialect: ${dialect}, baseUrl: "${base}", models: [m], local: true }`;
  const opened = await gateway(
    `providers:
  chat: ${provider("openai-chat", `${upstream.url}/v1`)}
  claude: ${provider("anthropic", `${upstream.url}/v1`)}
  own: ${provider("openai-responses", `${upstream.url}/v1`)}
  llama: ${provider("ollama", upstream.url)}
${config}`,
    environment,
  );
  const lastBody = () => upstream.calls.filter((call) => call.method === "POST").at(-1)?.body ?? "";
  return { opened, upstream, lastBody };
}

/** An error as the value that it is. */
function told(error: unknown): unknown {
  return error;
}

/** What the test looks at of any answer of these routes. */
interface Answered {
  readonly id: string;
  readonly previous_response_id: string | null;
}

async function ask(opened: TestGateway, json: object, headers: Record<string, string> = {}): Promise<Answered> {
  const response = await opened.fetch("/v1/responses", { json, headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Answered;
}

describe("previous_response_id", () => {
  for (const provider of ["chat", "claude", "own", "llama"]) {
    test(`brings the turns before it to a provider of any dialect (${provider})`, async () => {
      const { opened, lastBody } = await numbered();
      const first = await ask(opened, { model: `${provider}/m`, input: "my name is Ada" });
      const second = await ask(opened, { model: `${provider}/m`, input: "and yours?", previous_response_id: first.id });
      await ask(opened, { model: `${provider}/m`, input: "what is my name?", previous_response_id: second.id });
      const said = ["my name is Ada", "answer 1", "and yours?", "answer 2", "what is my name?"];
      const places = said.map((text) => lastBody().indexOf(text));
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((left, right) => left - right));
      expect(lastBody()).not.toContain("previous_response_id");
    });
  }

  test("goes on at another provider than the one that answered before", async () => {
    const { opened, lastBody } = await numbered();
    const first = await ask(opened, { model: "own/m", input: "remember 42" });
    await ask(opened, { model: "claude/m", input: "which number?", previous_response_id: first.id });
    expect(JSON.parse(lastBody())).toMatchObject({
      messages: [{ role: "user" }, { role: "assistant" }, { role: "user" }],
    });
  });

  test("goes on from the answer that it names where the upstream gives all its answers one id", async () => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const opened = await gateway(
      `providers: { chat: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const first = await ask(opened, { model: "chat/m", input: "I am Ada" });
    const other = await ask(opened, { model: "chat/m", input: "I am Grace" });
    expect(other.id).not.toBe(first.id);
    await ask(opened, { model: "chat/m", input: "who am I?", previous_response_id: first.id });
    expect(upstream.calls.at(-1)?.body).toContain("I am Ada");
    expect(upstream.calls.at(-1)?.body).not.toContain("I am Grace");
  });

  test("is said again in the response, while instructions are not carried over", async () => {
    const { opened, lastBody } = await numbered();
    const first = await ask(opened, { model: "chat/m", input: "a", instructions: "speak like a pirate" });
    expect(first.previous_response_id).toBeNull();
    const second = await ask(opened, { model: "chat/m", input: "b", previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
    expect(lastBody()).not.toContain("pirate");
  });

  test.each([false, true])("is said again where the upstream's own bytes come back (streamed: %p)", async (stream) => {
    const upstream = await fake(({ body }) => {
      const whole = { ...responseReply("resp_9", "hi"), previous_response_id: null };
      if (!body.includes('"stream":true')) return { kind: "json", body: whole };
      const events = ["response.created", "response.completed"].map(
        (type, number) =>
          `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, response: whole })}\n\n`,
      );
      return { kind: "stream", chunks: events };
    });
    const opened = await gateway(
      `providers: { own: { dialect: openai-responses, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const first = await ask(opened, { model: "own/m", input: "a" });
    expect(first.previous_response_id).toBeNull();
    const json = { model: "own/m", input: "b", previous_response_id: first.id, stream };
    const text = await (await opened.fetch("/v1/responses", { json })).text();
    expect(text.split(`"previous_response_id":"${first.id}"`).length - 1).toBe(stream ? 2 : 1);
    expect(text).not.toContain('"previous_response_id":null');
  });

  test("keeps encrypted reasoning for the provider that minted it", async () => {
    const upstream = await fake(() => ({
      kind: "json",
      body: responseReply("resp_1", "hi", [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" }]),
    }));
    const opened = await gateway(
      `providers: { own: { dialect: openai-responses, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const first = await ask(opened, { model: "own/m", input: "a" });
    await ask(opened, { model: "own/m", input: "b", previous_response_id: first.id });
    expect(JSON.parse(upstream.calls.at(-1)?.body ?? "{}")).toEqual({
      model: "m",
      input: [
        { type: "message", role: "user", content: "a" },
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" },
        expect.objectContaining({ type: "message", id: "msg_resp_1", role: "assistant" }),
        { type: "message", role: "user", content: "b" },
      ],
    });
  });

  test.each(["previous_response_id", "item_reference", "input"])(
    "takes reasoning of another dialect back to it, and not to a provider that would look it up (by %s)",
    async (way) => {
      const message = { role: "assistant", content: "42", reasoning_content: "hm, thinking" };
      const upstream = await fake(({ path }) => {
        const reply = { ...chatReply("42"), choices: [{ index: 0, message, finish_reason: "stop" }] };
        return { kind: "json", body: path.endsWith("/responses") ? responseReply("resp_1", "hi") : reply };
      });
      const at = `baseUrl: "${upstream.url}/v1", models: [m], local: true`;
      const opened = await gateway(
        `providers:
  own: { dialect: openai-responses, ${at} }
  thinker: { dialect: openai-chat, ${at}, quirks: { reasoningField: reasoning_content } }`,
      );
      const first = await ask(opened, { model: "thinker/m", input: "a" });
      const got = await opened.fetch(`/v1/responses/${first.id}`);
      const { output } = (await got.json()) as { output: { type: string; id: string }[] };
      const user = { type: "message", role: "user", content: "b" };
      const before = way === "input" ? output : output.map(({ id }) => ({ type: "item_reference", id }));
      const next =
        way === "previous_response_id"
          ? { previous_response_id: first.id, input: [user] }
          : { input: [...before, user] };
      await ask(opened, { ...next, model: "thinker/m" });
      expect(upstream.calls.at(-1)?.body).toContain("hm, thinking");
      await ask(opened, { ...next, model: "own/m" });
      const sent = upstream.calls.at(-1)?.body ?? "";
      expect(sent).toContain('"42"');
      for (const foreign of ["lodestar:", "rs_", "hm, thinking"]) expect(sent).not.toContain(foreign);
    },
  );

  test("that is unknown is refused as OpenAI does, before any call", async () => {
    const { opened, upstream } = await numbered();
    const calls = upstream.calls.length;
    const response = await opened.fetch("/v1/responses", {
      json: { model: "chat/m", input: "x", previous_response_id: "resp_nowhere" },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: {
        code: "previous_response_not_found",
        type: "invalid_request_error",
        param: "previous_response_id",
        message: expect.stringContaining("Previous response with id 'resp_nowhere' not found."),
      },
    });
    expect(upstream.calls.slice(calls).filter((call) => call.method === "POST")).toEqual([]);
  });

  test("of an answer within its provider's conversation is refused: the turns before it were never here", async () => {
    const upstream = await fake(() => ({
      kind: "json",
      body: { ...responseReply("resp_in", "noon"), conversation: { id: "conv_1" } },
    }));
    const opened = await gateway(
      `providers: { up: { dialect: openai-responses, baseUrl: "${upstream.url}/v1", models: [m], local: true } }`,
    );
    const first = await ask(opened, { model: "up/m", input: "how late is it?", conversation: "conv_1" });
    expect(await (await opened.fetch(`/v1/responses/${first.id}`, { method: "GET" })).json()).toMatchObject({
      conversation: { id: "conv_1" },
    });
    const json = { model: "up/m", input: "and now?", previous_response_id: first.id };
    const response = await opened.fetch("/v1/responses", { json });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "previous_response_not_found", message: expect.stringContaining("conv_1") },
    });
    expect(upstream.calls.filter((call) => call.method === "POST")).toHaveLength(1);
  });

  test.each([[7], [[]], [{}]])("that is no id (%p) is refused by name", async (id) => {
    const { opened } = await numbered();
    const response = await opened.fetch("/v1/responses", {
      json: { model: "chat/m", input: "x", previous_response_id: id },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: "previous_response_id" } });
  });

  test("that would make the request larger than a body may be is refused, and says why", async () => {
    const { opened } = await numbered("server: { maxBody: 2KB }");
    const first = await ask(opened, { model: "chat/m", input: "x".repeat(1_500) });
    const response = await opened.fetch("/v1/responses", {
      json: { model: "chat/m", input: "y".repeat(1_500), previous_response_id: first.id },
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: "request_too_large" } });
  });

  test("and the reference to a single item find what was streamed", async () => {
    const { opened, lastBody } = await numbered();
    const stream = await opened.fetch("/v1/responses", { json: { model: "chat/m", input: "hello", stream: true } });
    const wire = await stream.text();
    const terminal = wire.split("\n").findLast((line) => line.includes('"type":"response.completed"')) ?? "";
    const { response } = JSON.parse(terminal.slice("data: ".length));
    const got = await opened.fetch(`/v1/responses/${response.id}`);
    expect(await got.json()).toEqual(response);
    const reference = { type: "item_reference", id: response.output[0].id };
    await ask(opened, {
      model: "claude/m",
      input: [{ role: "user", content: "hello" }, reference, { role: "user", content: "more" }],
    });
    expect(lastBody()).toContain("answer 1");
  });
});

describe("a kept response, to the official OpenAI client", () => {
  test("can be read, listed with what it answered, and deleted", async () => {
    const { opened } = await numbered();
    const client = clientOf(opened);
    const first = await client.responses.create({ model: "chat/m", input: "one" });
    const second = await client.responses.create({ model: "chat/m", input: "two", previous_response_id: first.id });
    const { output_text: _, ...resource } = second;
    expect(await client.responses.retrieve(second.id)).toMatchObject(resource);
    const items = await client.responses.inputItems.list(second.id, { order: "asc" });
    expect(items.data.map((item) => ("role" in item ? item.role : item.type))).toEqual(["user", "assistant", "user"]);
    const newest = await client.responses.inputItems.list(second.id, { limit: 1 });
    expect(newest.data).toMatchObject([{ content: [{ type: "input_text", text: "two" }] }]);
    expect(newest.hasNextPage()).toBe(true);
    await client.responses.delete(second.id);
    expect(await client.responses.retrieve(second.id).catch(told)).toMatchObject({
      status: 404,
      code: "response_not_found",
    });
    expect(await client.responses.delete(second.id).catch(told)).toMatchObject({ status: 404 });
    expect(await client.responses.inputItems.list(second.id).catch(told)).toMatchObject({ status: 404 });
    expect(await client.responses.retrieve(first.id)).toMatchObject({ id: first.id });
  });

  test("is the same after a stream, which passes as it came", async () => {
    const { opened } = await numbered();
    const client = clientOf(opened);
    const events = [];
    for await (const event of await client.responses.create({ model: "chat/m", input: "x", stream: true }))
      events.push(event);
    const last = events.at(-1);
    if (last?.type !== "response.completed") throw new Error(`the stream ended with ${last?.type}`);
    expect(await client.responses.retrieve(last.response.id)).toMatchObject({
      id: last.response.id,
      usage: { cost: 0 },
    });
  });

  test("is not streamed a second time, and says so", async () => {
    const { opened } = await numbered();
    const { id } = await ask(opened, { model: "chat/m", input: "x" });
    const response = await opened.fetch(`/v1/responses/${id}?stream=true`);
    expect([response.status, ((await response.json()) as { error: object }).error]).toMatchObject([
      400,
      { param: "stream" },
    ]);
  });
});

describe("what one key stored", () => {
  const wish = (name: string, project: string | null) => ({ name, project, expiresAt: null, models: [] });

  test("is there for no other key, and for nobody without one, by any route", async () => {
    const { opened } = await numbered();
    const keyless = await ask(opened, { model: "chat/m", input: "before there were keys" });
    const mint = (name: string, project: string | null) => opened.opening.keyring.mint(wish(name, project)).secret;
    const alice = { authorization: `Bearer ${mint("alice", "p")}` };
    const others = [
      { authorization: `Bearer ${mint("bob", "p")}` },
      { "x-api-key": mint("eve", null), "x-lodestar-project": "p" },
    ];
    const { id } = await ask(opened, { model: "chat/m", input: "hers" }, alice);
    for (const headers of others) {
      for (const path of [`/v1/responses/${id}`, `/v1/responses/${id}/input_items`]) {
        expect((await opened.fetch(path, { headers })).status).toBe(404);
      }
      expect((await opened.fetch(`/v1/responses/${id}`, { method: "DELETE", headers })).status).toBe(404);
      const json = { model: "chat/m", input: "x", previous_response_id: id };
      expect((await opened.fetch("/v1/responses", { headers, json })).status).toBe(400);
    }
    expect((await opened.fetch(`/v1/responses/${keyless.id}`, { headers: alice })).status).toBe(404);
    expect((await opened.fetch(`/v1/responses/${id}`)).status).toBe(401);
    expect((await opened.fetch(`/v1/responses/${id}`, { headers: alice })).status).toBe(200);
  });
});

describe("nothing is kept", () => {
  const CANARY = "Kanarienvogel-90fe";

  /** Whether any file of the state directory holds the text. */
  function isWritten(opened: TestGateway, text: string): boolean {
    const { stateDir } = opened.opening;
    const files = readdirSync(stateDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(3);
    return files.some((file) => readFileSync(join(file.parentPath, file.name)).includes(text));
  }

  test.each([false, true])("of a request that says `store: false` (streamed: %p)", async (stream) => {
    const { opened } = await numbered();
    await (
      await opened.fetch("/v1/responses", { json: { model: "chat/m", input: CANARY, store: false, stream } })
    ).text();
    expect(isWritten(opened, CANARY)).toBe(false);
    await (await opened.fetch("/v1/responses", { json: { model: "chat/m", input: CANARY, stream } })).text();
    expect(isWritten(opened, CANARY)).toBe(true);
  });

  test("when it is off: ids are unknown, and the error names the setting", async () => {
    const { opened } = await numbered("retention: { responses: off }");
    const { id } = await ask(opened, { model: "chat/m", input: CANARY });
    expect(isWritten(opened, CANARY)).toBe(false);
    const message = expect.stringContaining("retention.responses");
    expect(await (await opened.fetch(`/v1/responses/${id}`)).json()).toMatchObject({ error: { message } });
    const json = { model: "chat/m", input: "x", previous_response_id: id };
    expect(await (await opened.fetch("/v1/responses", { json })).json()).toMatchObject({ error: { message } });
  });

  test("of an answer that failed, or that is larger than the store", async () => {
    const { opened, upstream } = await numbered("retention: { responsesSize: 1KB }");
    const { id } = await ask(opened, { model: "chat/m", input: "x".repeat(2_000) });
    expect((await opened.fetch(`/v1/responses/${id}`)).status).toBe(404);
    await upstream.stop();
    expect((await opened.fetch("/v1/responses", { json: { model: "chat/m", input: CANARY } })).status).toBe(502);
    expect(isWritten(opened, CANARY)).toBe(false);
  });
});

describe("a request without a model", () => {
  test("gets one also where its own bytes go out", async () => {
    const { opened, lastBody } = await numbered("chains: { default: [own/m] }");
    await ask(opened, { input: "hello" });
    expect(JSON.parse(lastBody())).toEqual({ model: "m", input: "hello" });
  });
});
