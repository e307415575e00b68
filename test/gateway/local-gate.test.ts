import { describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import type { SeenCall } from "../support/fake-upstream.ts";
import { ollamaCatalogue, ollamaLines, ollamaReply } from "../support/other-replies.ts";
import { loopMs } from "../support/own-time.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

interface OllamaBody {
  readonly model: string;
  readonly keep_alive?: string;
  readonly messages?: readonly unknown[];
  readonly stream?: boolean;
  readonly truncate?: boolean;
  readonly options?: { readonly num_ctx?: number };
}

const bodyOf = ({ body }: SeenCall): OllamaBody => JSON.parse(body) as OllamaBody;

/** An Ollama that holds one model at a time, with what it does instead in `odd`. */
async function openOllama(
  odd: {
    readonly loadStatus?: number;
    readonly broken?: string;
    readonly promptTokens?: number;
    readonly hangs?: () => boolean;
  } = {},
) {
  let memory: readonly object[] = [];
  const upstream = await fake((call) => {
    const { path } = call;
    if (path === "/api/ps") return { kind: "json", body: { models: memory } };
    if (path === "/api/show") {
      const info = { "general.architecture": "llama", "llama.context_length": 16_384 };
      return { kind: "json", body: { details: { family: "llama" }, model_info: info, capabilities: ["completion"] } };
    }
    const known = ollamaCatalogue(path, [{ name: "a:1b" }, { name: "b:1b" }]);
    if (known !== null) return { kind: "json", body: known };
    const { model, options, stream } = bodyOf(call);
    if (path === "/api/generate") {
      if (odd.loadStatus !== undefined) {
        const error = "model requires more system memory (9 GiB) than is available";
        return { kind: "json", status: odd.loadStatus, body: { error } };
      }
      if (odd.broken === model) {
        return { kind: "json", status: 500, body: { error: "llama runner process has terminated: exit status 2" } };
      }
      memory = [{ name: model, size: 1, size_vram: 1, context_length: options?.num_ctx }];
      return { kind: "json", body: { model, done: true, done_reason: "load" } };
    }
    if (odd.hangs?.() === true) return { kind: "hang" };
    if (path === "/api/embed") return { kind: "json", body: { model, embeddings: [[1, 2]], prompt_eval_count: 2 } };
    if (stream === true) return { kind: "stream", chunks: ollamaLines(["one", "two"]), type: "application/x-ndjson" };
    return { kind: "json", body: { ...ollamaReply("hi"), prompt_eval_count: odd.promptTokens ?? 10 } };
  });
  const asked = (path: string): readonly OllamaBody[] =>
    upstream.calls.filter((call) => call.path === path).map(bodyOf);
  return { upstream, asked };
}

async function open(config = "", odd: Parameters<typeof openOllama>[0] = {}) {
  const ollama = await openOllama(odd);
  const opened = await gateway(config, { OLLAMA_HOST: ollama.upstream.url });
  const { scheduler } = opened.opening.runtime.localSide;
  const chat = (model: string, content = "Hi", more: object = {}, init: RequestInit = {}) =>
    opened.fetch("/v1/chat/completions", { ...init, json: { model, messages: [{ role: "user", content }], ...more } });
  return { ...ollama, opened, scheduler, chat };
}

describe("a request to a local engine", () => {
  test("goes with the context that the model was loaded with, whatever endpoint, and without leave to cut", async () => {
    const { chat, asked, opened } = await open();
    expect((await chat("ollama/a:1b")).status).toBe(200);
    await (await chat("ollama/a:1b", "Hi", { stream: true })).text();
    expect((await opened.fetch("/v1/embeddings", { json: { model: "ollama/a:1b", input: "x" } })).status).toBe(200);
    expect(asked("/api/generate")).toMatchObject([{ model: "a:1b", keep_alive: "5m", options: { num_ctx: 8_192 } }]);
    const sent = [...asked("/api/chat"), ...asked("/api/embed")];
    expect(sent.map(({ options }) => options?.num_ctx)).toEqual([8_192, 8_192, 8_192]);
    expect(sent.map(({ truncate }) => truncate)).toEqual([false, false, false]);
  });

  test("a model that cannot be loaded is left out, and the other models of its server go on", async () => {
    const { chat } = await open("breaker: { failures: 2 }\n", { broken: "b:1b" });
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await chat("ollama/b:1b")).status);
    expect(statuses.at(-1)).toBe(503);
    expect((await chat("ollama/a:1b")).status).toBe(200);
  });

  test("keeps a pinned model pinned until it is pinned no more", async () => {
    const { chat, asked, opened } = await open();
    opened.opening.runtime.localSide.pins.add("ollama", "a:1b");
    await chat("ollama/a:1b");
    await chat("ollama/b:1b");
    opened.opening.runtime.localSide.pins.remove("ollama", "a:1b");
    await chat("ollama/a:1b");
    expect(asked("/api/generate").map(({ keep_alive }) => keep_alive)).toEqual(["-1s", "5m", "5m"]);
    expect(asked("/api/chat").map(({ keep_alive }) => keep_alive)).toEqual(["-1s", "5m", "5m"]);
  });

  test("climbs the ladder for a long prompt, in one load, and stays there", async () => {
    const { chat, asked, scheduler } = await open();
    await chat("ollama/a:1b");
    await chat("ollama/a:1b", "ship ".repeat(8_000));
    await chat("ollama/a:1b");
    expect(asked("/api/chat").map(({ options }) => options?.num_ctx)).toEqual([8_192, 16_384, 16_384]);
    expect(scheduler.snapshot()[0]).toMatchObject({ reloads: { context: 1 } });
  });

  test("whose prompt is surely longer than the model reads is refused without being sent, in words that help", async () => {
    const { chat, asked } = await open();
    const refused = await chat("ollama/a:1b", "ship ".repeat(60_000));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { code: "context_length_exceeded", message: expect.stringContaining("reads at most 16384") },
    });
    expect(asked("/api/chat")).toEqual([]);
  });

  test("goes to the next target of its chain instead, where there is one", async () => {
    const cloud = await fake(() => ({ kind: "json", body: { id: "x", choices: [{ message: { content: "far" } }] } }));
    const { chat } = await open(
      `providers: { far: { dialect: openai-chat, baseUrl: "${cloud.url}/v1", key: env:OLLAMA_HOST } }\nchains: { duo: [ollama/a:1b, far/m] }`,
    );
    const answer = await chat("duo", "ship ".repeat(60_000));
    expect([answer.status, answer.headers.get("x-lodestar-provider")]).toEqual([200, "far"]);
  });

  test("of which the engine read less than was sent is told so: to the client, in the events and in the metrics", async () => {
    const { chat, opened } = await open("", { promptTokens: 40 });
    const answer = await chat("ollama/a:1b", "ship ".repeat(600));
    expect(answer.headers.get("x-lodestar-params")).toContain("the engine read less than was sent");
    expect(opened.events.filter((event) => event.event === "local" && event.step === "truncation")).toMatchObject([
      { model: "a:1b", contextTokens: 8_192 },
    ]);
    expect([...opened.opening.runtime.localSide.truncations]).toEqual([["ollama/a:1b", 1]]);
  });

  test("that cannot be loaded fails in the engine's own words, and says what to do", async () => {
    const { chat, opened } = await open("retries: { attempts: 1 }", { loadStatus: 500 });
    const answer = await chat("ollama/a:1b");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringContaining("choose a smaller model") },
    });
    expect(await opened.rows()).toMatchObject([{ state: "refused", fault: { kind: "unavailable" } }]);
  });

  test("passes beside the queue with `schedule: off`, and its model is not loaded before", async () => {
    const { chat, asked } = await open("local: { schedule: off, keepAlive: -1 }".replace("-1", '"-1"'));
    expect((await chat("ollama/a:1b")).status).toBe(200);
    expect(asked("/api/generate")).toEqual([]);
    expect(asked("/api/chat")).toMatchObject([{ keep_alive: "-1s", options: { num_ctx: 8_192 } }]);
  });

  test("for a model that is not there is asked at once, for the engine's own words", async () => {
    const { chat, asked } = await open();
    await chat("ollama/absent:1b");
    expect([asked("/api/generate").length, asked("/api/chat").length]).toEqual([0, 1]);
  });
});

describe("requests that meet at a local engine", () => {
  test("wait for each other's models; one that leaves is booked as left by its client and never sent", async () => {
    let isHanging = true;
    const { chat, scheduler, opened, asked } = await open("", { hangs: () => isHanging });
    const first = new AbortController();
    const hanging = chat("ollama/a:1b", "Hi", {}, { signal: first.signal });
    await eventually("the first runs", () => scheduler.snapshot()[0]?.running === 1);
    const second = new AbortController();
    const waiting = chat("ollama/b:1b", "Hi", {}, { signal: second.signal });
    await eventually("the second waits", () => scheduler.snapshot()[0]?.waiting.length === 1);
    second.abort();
    const forgotten = eventually("it is forgotten", () => scheduler.snapshot()[0]?.waiting.length === 0);
    expect(await loopMs(forgotten)).toBeLessThan(100);
    first.abort();
    await eventually("the place is free", () => scheduler.snapshot()[0]?.running === 0);
    await Promise.allSettled([hanging, waiting]);
    isHanging = false;
    expect((await chat("ollama/b:1b")).status).toBe(200);
    const rows = await opened.rows();
    expect(rows.map(({ model, state, upstreamStatus }) => [model, state, upstreamStatus]).toSorted()).toEqual([
      ["a:1b", "aborted", null],
      ["b:1b", "aborted", null],
      ["b:1b", "final", 200],
    ]);
    expect(asked("/api/chat").filter(({ model }) => model === "b:1b")).toHaveLength(1);
  });

  test("go to another server of the chain where the answer is expected sooner, and stay where it is not", async () => {
    const den = await openOllama();
    let isHanging = true;
    const { chat, scheduler } = await open(
      `providers: { den: { dialect: ollama, baseUrl: "${den.upstream.url}", local: true } }\nchains: { duo: [ollama/b:1b, den/b:1b] }`,
      { hangs: () => isHanging },
    );
    const left = new AbortController();
    const hanging = chat("ollama/a:1b", "Hi", {}, { signal: left.signal });
    await eventually("the first runs", () => scheduler.snapshot()[0]?.running === 1);
    const sent = await chat("duo");
    expect([sent.status, sent.headers.get("x-lodestar-provider")]).toEqual([200, "den"]);
    left.abort();
    await hanging;
    isHanging = false;
    await chat("ollama/b:1b");
    const kept = await chat("duo");
    expect([kept.status, kept.headers.get("x-lodestar-provider")]).toEqual([200, "ollama"]);
  });

  test("are answered by class: what the header calls batch work comes last", async () => {
    let isHanging = true;
    const { chat, scheduler, asked } = await open("local: { parallel: 1 }", { hangs: () => isHanging });
    const first = new AbortController();
    const hanging = chat("ollama/a:1b", "first", {}, { signal: first.signal });
    await eventually("the first runs", () => scheduler.snapshot()[0]?.running === 1);
    const batch = chat("ollama/a:1b", "batch", {}, { headers: { "x-lodestar-priority": "batch" } });
    await eventually("it waits", () => scheduler.snapshot()[0]?.waiting.length === 1);
    const usual = chat("ollama/a:1b", "chat");
    await eventually("both wait", () => scheduler.snapshot()[0]?.waiting.length === 2);
    isHanging = false;
    first.abort();
    await Promise.allSettled([hanging, batch, usual]);
    expect(asked("/api/chat").map(({ messages }) => messages?.[0])).toMatchObject([
      { content: "first" },
      { content: "chat" },
      { content: "batch" },
    ]);
  });
});
