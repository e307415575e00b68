import { afterAll, describe, expect, test } from "bun:test";
import type { LocalEvent } from "../../../src/core/local-view.ts";
import { createLocalCatalog, type LocalCatalog } from "../../../src/features/local-catalog/local-catalog.ts";
import { pullModel } from "../../../src/features/local-catalog/pull.ts";
import { openEngine } from "../../support/engine-queue.ts";

type Answer = (path: string, body: unknown, signal: AbortSignal) => Response | Promise<Response>;

const stops: (() => unknown)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

/** An Ollama with faults; real ones are driven in `test/real`. */
function fakeOllama(answer: Answer, { version = "0.24.0", models = ["small:1b"] } = {}): string {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/version") return Response.json({ version });
      if (pathname === "/api/tags") return Response.json({ models: models.map((name) => ({ name, size: 1_000 })) });
      if (pathname === "/api/ps") return Response.json({ models: [] });
      if (pathname === "/api/show") return Response.json({ error: "no" }, { status: 500 });
      return answer(pathname, await request.json(), request.signal);
    },
  });
  stops.push(() => server.stop(true));
  return server.url.origin;
}

function catalogOf(url: string | null, released?: (model: string) => void): LocalCatalog {
  return createLocalCatalog({
    servers: () => new Map(url === null ? [] : [["ollama", url]]),
    ...openEngine(released),
    folders: [],
    monotonic: () => performance.now(),
  });
}

function lines(...values: readonly (object | string)[]): Response {
  return new Response(values.map((value) => `${typeof value === "string" ? value : JSON.stringify(value)}\n`).join(""));
}

async function eventsOf(events: AsyncIterable<LocalEvent>): Promise<readonly LocalEvent[]> {
  return Array.fromAsync(events);
}

const never = (): AbortSignal => new AbortController().signal;
const WISH = { model: "small:1b", provider: null };
const PULL = { ...WISH, isInsecure: false };

describe("pulling", () => {
  test("adds the parts up, says each step once, and ends", async () => {
    const url = fakeOllama(() =>
      lines(
        { status: "pulling manifest" },
        { status: "pulling aaa", digest: "sha256:a", total: 100 },
        { status: "pulling aaa", digest: "sha256:a", total: 100, completed: 60 },
        { status: "pulling bbb", digest: "sha256:b", total: 50, completed: 10 },
        { status: "verifying sha256 digest" },
        { status: "verifying sha256 digest" },
        { status: "success" },
      ),
    );
    expect(await eventsOf(catalogOf(url).pull(PULL, never()))).toEqual([
      { kind: "step", text: "pulling manifest" },
      { kind: "progress", completedBytes: 0, totalBytes: 100 },
      { kind: "progress", completedBytes: 60, totalBytes: 100 },
      { kind: "progress", completedBytes: 70, totalBytes: 150 },
      { kind: "step", text: "verifying sha256 digest" },
      { kind: "done" },
    ]);
  });

  const faults: readonly (readonly [string, Response | (() => Response), string, RegExp])[] = [
    [
      "a disk that fills up",
      () => lines({ error: "write /m/blobs/x-partial: no space left on device" }),
      "disk_full",
      /full/,
    ],
    [
      "an Ollama too old for the model",
      () => lines({ error: "412: the model requires a newer version of Ollama" }),
      "ollama_too_old",
      /too old/,
    ],
    [
      "no such model",
      () => lines({ error: "pull model manifest: file does not exist" }),
      "model_not_in_library",
      /library/,
    ],
    [
      "a refusal in other words",
      () => Response.json({ error: "max retries exceeded" }, { status: 500 }),
      "ollama_refused",
      /max retries/,
    ],
    ["an answer that is no JSON", () => lines("<html>"), "ollama_refused", /no JSON/],
    ["an answer without an end", () => lines({ status: "pulling manifest" }), "ollama_refused", /without an end/],
    ["an empty error", () => new Response("", { status: 502 }), "ollama_refused", /502/],
  ];
  test.each(faults)("%s is told, with what to do", async (_, answer, code, message) => {
    const url = fakeOllama(() => (answer instanceof Response ? answer : answer()));
    const last = (await eventsOf(catalogOf(url).pull(PULL, never()))).at(-1);
    expect(last).toMatchObject({ kind: "failed", problem: { code, message: expect.stringMatching(message) } });
  });

  test("stops before it downloads what the disk has no room for, and lets Ollama go", async () => {
    const left = Promise.withResolvers<void>();
    const url = fakeOllama((_path, _body, signal) => {
      signal.addEventListener("abort", () => left.resolve());
      const first = new TextEncoder().encode(
        `${JSON.stringify({ status: "pulling a", digest: "sha256:a", total: 3 * 2 ** 30 })}\n`,
      );
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(first) }));
    });
    const freeBytes = async (): Promise<number> => 2 ** 30;
    const pulled = pullModel({ baseUrl: url, model: "m", isInsecure: false, freeBytes, signal: never() });
    expect(await eventsOf(pulled)).toMatchObject([
      { kind: "failed", problem: { code: "disk_full", message: expect.stringContaining("3072 MiB more") } },
    ]);
    await left.promise;
  });

  test("goes on where it stopped: only what is left has to fit", async () => {
    const part = { status: "pulling a", digest: "sha256:a", total: 3 * 2 ** 30, completed: 3 * 2 ** 30 - 1 };
    const url = fakeOllama(() => lines(part, { status: "success" }));
    const freeBytes = async (): Promise<number> => 2 ** 29;
    const pulled = pullModel({ baseUrl: url, model: "m", isInsecure: true, freeBytes, signal: never() });
    expect((await eventsOf(pulled)).at(-1)).toEqual({ kind: "done" });
  });

  test("is cancelled by who asked for it", async () => {
    const abort = new AbortController();
    const first = new TextEncoder().encode(`${JSON.stringify({ status: "pulling manifest" })}\n`);
    const url = fakeOllama(
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(first) })),
    );
    const events: LocalEvent[] = [];
    for await (const event of catalogOf(url).pull(PULL, abort.signal)) {
      events.push(event);
      abort.abort();
    }
    expect(events).toMatchObject([{ kind: "step" }, { kind: "failed", problem: { code: "cancelled" } }]);
  });
});

describe("without an engine that can be used", () => {
  const cases: readonly (readonly [string, string | null, string])[] = [
    ["none is configured", null, "no_local_engine"],
    ["none answers", "http://127.0.0.1:9", "ollama_unreachable"],
    ["it is too old", fakeOllama(() => lines(), { version: "0.5.1" }), "ollama_too_old"],
  ];
  test.each(cases)("where %s, everything says so", async (_, url, code) => {
    const catalog = catalogOf(url);
    const failed = [{ kind: "failed", problem: { code } }];
    expect(await eventsOf(catalog.pull(PULL, never()))).toMatchObject(failed);
    expect(await eventsOf(catalog.bench({ ...WISH, runs: 1 }, never()))).toMatchObject(failed);
    const made = { ...WISH, from: "small:1b", contextTokens: null, temperature: null, system: null };
    expect(await eventsOf(catalog.create(made, never()))).toMatchObject(failed);
    expect(await catalog.remove(WISH, never())).toMatchObject({ ok: false, error: { code } });
    expect(await catalog.keep(WISH, "warm", never())).toMatchObject({ ok: false, error: { code } });
  });

  test("a server is listed with its problem, and versions are compared by number", async () => {
    const [server] = (await catalogOf("http://127.0.0.1:9").list()).servers;
    expect(server).toMatchObject({ version: null, problem: expect.stringContaining("127.0.0.1:9") });
    const old = await catalogOf(fakeOllama(() => lines(), { version: "0.6.3" })).list();
    expect(old.servers[0]?.problem).toContain("0.6.4 is the oldest");
    for (const version of ["0.6.4", "0.30.1", "1.0.0", "0.0.0", "unknown"]) {
      const { servers } = await catalogOf(fakeOllama(() => lines(), { version })).list();
      expect([version, servers[0]?.problem]).toEqual([version, null]);
    }
  });

  test("another provider's name is suggested", async () => {
    const shape = await catalogOf(fakeOllama(() => lines())).remove({ model: "m", provider: "olama" }, never());
    expect(shape).toMatchObject({ ok: false, error: { message: expect.stringContaining("ollama") } });
  });
});

describe("a model", () => {
  test("that is not installed is not loaded, measured or removed, and a near name is offered", async () => {
    const catalog = catalogOf(fakeOllama(() => lines(), { models: ["qwen2.5-coder:1.5b"] }));
    const wish = { model: "qwen2.5-codr:1.5b", provider: null };
    const problem = { code: "model_not_found", message: expect.stringContaining("qwen2.5-coder:1.5b") };
    expect(await catalog.keep(wish, "pin", never())).toMatchObject({ ok: false, error: problem });
    expect(await catalog.remove(wish, never())).toMatchObject({ ok: false, error: problem });
    expect(await eventsOf(catalog.bench({ ...wish, runs: 1 }, never()))).toMatchObject([{ kind: "failed", problem }]);
  });

  test("of Ollama's cloud takes no memory here, is not measured, and is shown as what it is", async () => {
    const catalog = catalogOf(fakeOllama(() => lines(), { models: ["gpt-oss:20b-cloud"] }));
    const wish = { model: "gpt-oss:20b-cloud", provider: null };
    const problem = { code: "model_not_local" };
    expect(await catalog.keep(wish, "warm", never())).toMatchObject({ ok: false, error: problem });
    expect(await catalog.shape(wish)).toMatchObject({ ok: false, error: problem });
    expect(await eventsOf(catalog.bench({ ...wish, runs: 1 }, never()))).toMatchObject([{ kind: "failed", problem }]);
    expect((await catalog.list()).models).toMatchObject([{ name: "gpt-oss:20b-cloud", isCloud: true }]);
  });

  test("that is neither installed nor in the catalogue has no shape, and a near name is offered", async () => {
    const catalog = catalogOf(null);
    expect(await catalog.shape({ model: "llama3.2:3b", provider: null })).toMatchObject({
      ok: true,
      value: { source: "catalogue", facts: null },
    });
    const unknown = await catalog.shape({ model: "llama3.2:3c", provider: null });
    expect(unknown).toMatchObject({ ok: false, error: { message: expect.stringContaining("llama3.2:3b") } });
  });

  test("is loaded with the context and keep-alive of requests, pinned without an end, and unloaded by the queue", async () => {
    const bodies: unknown[] = [];
    const unloaded: string[] = [];
    const catalog = catalogOf(
      fakeOllama((_path, body) => {
        bodies.push(body);
        return Response.json({ done: true });
      }),
      (model) => unloaded.push(model),
    );
    const pinned: unknown[] = [];
    for (const how of ["warm", "pin", "warm", "unload"] as const) {
      expect(await catalog.keep(WISH, how, never())).toEqual({ ok: true, value: null });
      pinned.push((await catalog.list()).models[0]?.isPinned);
    }
    expect(pinned).toEqual([false, true, true, false]);
    expect(bodies).toMatchObject([
      { model: "small:1b", keep_alive: "5m", options: { num_ctx: 4_096 } },
      { model: "small:1b", keep_alive: "-1s", options: { num_ctx: 4_096 } },
      { model: "small:1b", keep_alive: "-1s", options: { num_ctx: 4_096 } },
    ]);
    expect(unloaded).toEqual(["small:1b"]);
  });

  test("that the engine cannot load is told in its own words", async () => {
    const words = "model requires more system memory (20 GiB) than is available (2 GiB)";
    const catalog = catalogOf(fakeOllama(() => Response.json({ error: words }, { status: 500 })));
    const kept = await catalog.keep(WISH, "warm", never());
    expect(kept).toMatchObject({
      ok: false,
      error: { code: "ollama_refused", message: expect.stringContaining(words) },
    });
  });
});
