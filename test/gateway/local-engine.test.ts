import { describe, expect, test } from "bun:test";
import { createOllamaEngine } from "../../src/gateway/local-engine.ts";
import type { Behaviour } from "../support/fake-upstream.ts";
import { createWorld } from "../support/world.ts";

const { fake } = createWorld();
const never = new AbortController().signal;

async function openEngine(answers: Readonly<Record<string, Behaviour>>) {
  const upstream = await fake(({ path }) => answers[path] ?? { kind: "json", status: 404, body: { error: "no" } });
  const engine = createOllamaEngine(
    () => ({ baseUrl: `${upstream.url}/`, headers: { authorization: "Bearer k" } }),
    () => ({ keepAlive: "5m", timeoutMs: 5_000 }),
  );
  const sent = () => upstream.calls.map(({ path, body, headers }) => [path, body, headers.authorization]);
  return { engine, sent };
}

describe("Ollama's memory", () => {
  test("gets a model that only makes embeddings by the call that it has", async () => {
    const { engine, sent } = await openEngine({
      "/api/generate": { kind: "json", status: 400, body: { error: '"embed:1b" does not support generate' } },
      "/api/embed": { kind: "json", body: { embeddings: [] } },
    });
    expect(await engine.load("embed:1b", 4_096, never)).toMatchObject({ ok: true });
    const shared = { model: "embed:1b", keep_alive: "5m", options: { num_ctx: 4_096 } };
    expect(sent().map(([path, body]) => [path, JSON.parse(String(body))])).toEqual([
      ["/api/generate", { ...shared, stream: false }],
      ["/api/embed", { ...shared, input: [] }],
    ]);
  });

  test("is given back by name, with the credential of the server", async () => {
    const { engine, sent } = await openEngine({ "/api/generate": { kind: "json", body: { done: true } } });
    await engine.unload("a:1b");
    expect(sent()).toEqual([["/api/generate", '{"model":"a:1b","keep_alive":0,"stream":false}', "Bearer k"]]);
  });

  test("is told by model and context; an older server's has no context, and one that fails tells nothing", async () => {
    const models = [{ name: "a:1b", context_length: 8_192 }, { name: "b:1b" }];
    const { engine } = await openEngine({ "/api/ps": { kind: "json", body: { models } } });
    expect(await engine.loaded()).toEqual([
      { model: "a:1b", contextTokens: 8_192 },
      { model: "b:1b", contextTokens: null },
    ]);
    expect(await (await openEngine({})).engine.loaded()).toBeNull();
  });

  const failures = [
    [
      "a model that is not there",
      { kind: "json", status: 404, body: { error: "model 'a:1b' not found" } },
      "model-not-found",
    ],
    ["a queue that is full", { kind: "json", status: 503, body: { error: "server busy" } }, "overloaded"],
    ["a connection that breaks", { kind: "reset" }, "connect"],
  ] as const;
  test.each(failures)("%s is the fault that the same request would meet", async (_name, behaviour, kind) => {
    const { engine } = await openEngine({ "/api/generate": behaviour });
    expect(await engine.load("a:1b", 4_096, never)).toMatchObject({ ok: false, error: { kind } });
  });

  test("a load that is broken off ends at once", async () => {
    const { engine } = await openEngine({ "/api/generate": { kind: "hang" } });
    const controller = new AbortController();
    const loading = engine.load("a:1b", 4_096, controller.signal);
    controller.abort();
    expect(await loading).toMatchObject({ ok: false, error: { kind: "connect" } });
  });
});
