import { afterAll, describe, expect, test } from "bun:test";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { makeAdminWorld, TOKEN } from "./admin-world.ts";

const closing: (() => unknown)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

function open(ollama: Readonly<Record<string, string>> = {}) {
  const world = makeAdminWorld({ ollama });
  closing.push(world.close);
  const app = createAdminApp(world.admin);
  return (path: string, body?: unknown, init: RequestInit = {}) => {
    const headers = { host: "127.0.0.1", authorization: `Bearer ${TOKEN}`, ...init.headers };
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return app.fetch(new Request(`http://127.0.0.1${path}`, { ...sent, ...init, headers }));
  };
}

describe("local models on the admin port", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["/v1/local/pull", {}],
    ["/v1/local/pull", { model: "" }],
    ["/v1/local/pull", { model: "a b" }],
    ["/v1/local/pull", { model: "small:1b", force: true }],
    ["/v1/local/remove", { model: 7 }],
    ["/v1/local/keep", { model: "small:1b", how: "boil" }],
    ["/v1/local/bench", { model: "small:1b", runs: 0 }],
    ["/v1/local/bench", { model: "small:1b", runs: 2.5 }],
    ["/v1/local/create", { model: "small:1b" }],
    ["/v1/local/create", { model: "x", from: "y", temperature: 3 }],
    ["/v1/local/create", { model: "x", from: "y", context: 1 }],
  ];
  test.each(wrong)("%s refuses %p before any engine is asked", async (path, body) => {
    const response = await open()(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "bad_body" } });
  });

  test.each(["/v1/local?x=1", "/v1/local/catalog?vram=much", "/v1/local/catalog?task=cook", "/v1/local/shape"])(
    "%s is a bad query",
    async (path) => {
      expect((await open()(path)).status).toBe(400);
    },
  );

  test("without an engine says so: at once where nothing was sent yet, as the last line of a stream", async () => {
    const ask = open();
    const removed = await ask("/v1/local/remove", { model: "small:1b" });
    expect([removed.status, await removed.json()]).toMatchObject([404, { error: { code: "no_local_engine" } }]);
    const gone = await open({ ollama: "http://127.0.0.1:9" })("/v1/local/keep", { model: "small:1b", how: "warm" });
    expect([gone.status, await gone.json()]).toMatchObject([503, { error: { code: "ollama_unreachable" } }]);
    const pulled = await ask("/v1/local/pull", { model: "small:1b" });
    expect(pulled.headers.get("content-type")).toBe("application/x-ndjson");
    expect(JSON.parse(await pulled.text())).toMatchObject({ kind: "failed", problem: { code: "no_local_engine" } });
  });

  test("needs the admin's credential, and a browser's session may only look", async () => {
    const ask = open();
    const stranger = { headers: { authorization: "Bearer ls-somebody" } };
    for (const path of [
      "/v1/local/pull",
      "/v1/local/create",
      "/v1/local/remove",
      "/v1/local/keep",
      "/v1/local/bench",
    ]) {
      expect([path, (await ask(path, { model: "small:1b" }, stranger)).status]).toEqual([path, 401]);
    }
  });

  test("who leaves a download ends it at the engine", async () => {
    const left = Promise.withResolvers<void>();
    const engine = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/version") return Response.json({ version: "0.24.0" });
        if (pathname !== "/api/pull") return Response.json({ models: [] });
        request.signal.addEventListener("abort", () => left.resolve());
        const line = new TextEncoder().encode(`${JSON.stringify({ status: "pulling manifest" })}\n`);
        return new Response(new ReadableStream({ start: (controller) => controller.enqueue(line) }));
      },
    });
    closing.push(() => engine.stop(true));
    const response = await open({ ollama: engine.url.origin })("/v1/local/pull", { model: "small:1b" });
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("pulling manifest");
    await reader?.cancel();
    await left.promise;
  });

  test("the shape of a model of the catalogue needs no engine", async () => {
    const response = await open()("/v1/local/shape?model=llama3.2:3b");
    expect(await response.json()).toMatchObject({ source: "catalogue", shape: { architecture: "llama" } });
    const cloud = await open()("/v1/local/shape?model=gpt-oss:20b-cloud");
    expect([cloud.status, await cloud.json()]).toMatchObject([409, { error: { code: "model_not_local" } }]);
  });
});
