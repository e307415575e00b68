import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adminContext } from "../../src/compose/admin.ts";
import type { ModelView } from "../../src/core/admin-view.ts";
import { watchLocalModels } from "../../src/gateway/local-models.ts";
import { eventually } from "../support/eventually.ts";
import { ollamaCatalogue } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

/** What a real Ollama 0.24 says of smollm2:135m, but for most of its tensors. */
const SHOWN = JSON.parse(
  readFileSync(join(import.meta.dir, "../dialects/ollama/captures/show.json"), "utf8"),
) as Readonly<Record<string, unknown>>;
const { tensors: _tensors, ...TOLD } = SHOWN;
const CAN_ALL = { ...SHOWN, capabilities: ["completion", "tools", "vision", "thinking"] };
const DETAILS = { family: "llama", parameter_size: "134.52M", quantization_level: "Q4_1" };

interface Pulled {
  readonly name: string;
  readonly digest: string;
}

/** An Ollama whose `/api/tags` names no capabilities, as that of 0.24 does not; `cards` answers `/api/show`, null by a failure. */
async function engine(pulled: () => readonly Pulled[], cards: (name: string) => object | null) {
  const upstream = await fake(({ path, body }) => {
    if (path === "/api/show") {
      const card = cards((JSON.parse(body) as { model: string }).model);
      return { kind: "json", body: card ?? { error: "no" }, ...(card === null ? { status: 500 } : {}) };
    }
    const models = pulled().map((model) => ({ ...model, details: DETAILS, modified_at: "2026-11-22T18:07:25Z" }));
    return { kind: "json", body: ollamaCatalogue(path, models) ?? {} };
  });
  const opened = await gateway("aliases: { tiny: ollama/smol:1b }", { OLLAMA_HOST: upstream.url });
  const { local } = opened.opening.runtime;
  const shows = (): number => upstream.calls.filter(({ path }) => path === "/api/show").length;
  const get = async (path: string, json?: object) =>
    (await opened.fetch(path, json === undefined ? {} : { json })).json();
  return { local, shows, get, opened };
}

const ONE: readonly Pulled[] = [{ name: "smol:1b", digest: "d1".repeat(32) }];

describe("what Ollama says of its models", () => {
  test.each(["smol:1b", "ollama/smol:1b"])("is what /api/show says of %s, word for word", async (model) => {
    const { get } = await engine(
      () => ONE,
      () => SHOWN,
    );
    expect(await get("/api/show", { model })).toEqual(TOLD);
    expect(TOLD).toMatchObject({ capabilities: ["completion"], model_info: { "llama.context_length": 8192 } });
  });

  test("is what /api/show says of a model at another Ollama too, and of one whose name has slashes", async () => {
    const upstream = await fake(({ path }) => ({
      kind: "json",
      body: path === "/api/show" ? SHOWN : (ollamaCatalogue(path, [{ name: "hf.co/lab/smol:1b" }]) ?? {}),
    }));
    const opened = await gateway(`providers: { den: { dialect: ollama, baseUrl: "${upstream.url}", local: true } }`, {
      OLLAMA_HOST: upstream.url,
    });
    for (const model of ["den/hf.co/lab/smol:1b", "hf.co/lab/smol:1b"]) {
      expect(await (await opened.fetch("/api/show", { json: { model } })).json()).toEqual(TOLD);
    }
  });

  test("is in every list of models: context and what it can, for an alias of it too", async () => {
    const { get } = await engine(
      () => ONE,
      () => CAN_ALL,
    );
    const facts = {
      context_length: 8192,
      capabilities: { tools: true, images: true, reasoning: true },
      pricing: { prompt: "0", completion: "0" },
    };
    expect(await get("/v1/models/ollama/smol:1b")).toMatchObject(facts);
    expect(await get("/v1/models/tiny")).toMatchObject(facts);
    expect(await get("/v1beta/models/ollama/smol:1b")).toMatchObject({ inputTokenLimit: 8192 });
    expect(await get("/api/show", { model: "tiny" })).toMatchObject({
      capabilities: ["completion", "tools", "vision", "thinking"],
      model_info: { "lodestar.context_length": 8192 },
    });
    const { models } = (await get("/api/tags")) as { models: readonly { name: string }[] };
    expect(models.find(({ name }) => name === "smol:1b")).toMatchObject({
      digest: "d1".repeat(32),
      details: DETAILS,
      modified_at: "2026-11-22T18:07:25.000Z",
    });
  });

  test("is false where the model cannot, and unknown where the server does not say", async () => {
    const { get, local } = await engine(
      () => [...ONE, { name: "mute:1b", digest: "d2" }],
      (name) => (name === "mute:1b" ? null : SHOWN),
    );
    const cannot = { tools: false, images: false, reasoning: false };
    expect(await get("/v1/models/ollama/smol:1b")).toMatchObject({ capabilities: cannot });
    const unknown = { tools: null, images: null, reasoning: null };
    expect(await get("/v1/models/ollama/mute:1b")).toMatchObject({ context_length: null, capabilities: unknown });
    expect(await get("/api/show", { model: "mute:1b" })).toMatchObject({ details: { family: "llama" } });
    expect(local.factsOf("ollama", "nobody")).toBeNull();
    expect(local.cardOf("nobody", "smol:1b")).toBeNull();
  });

  test("is asked once for each content, again for a model pulled anew, and again where it failed", async () => {
    let digest = "d1";
    let isBroken = true;
    const { local, shows } = await engine(
      () => [{ name: "smol:latest", digest }],
      () => (isBroken ? null : SHOWN),
    );
    expect([shows(), local.factsOf("ollama", "smol")?.contextTokens]).toEqual([1, null]);
    isBroken = false;
    await local.refresh();
    expect([shows(), local.factsOf("ollama", "smol")?.contextTokens]).toEqual([2, 8192]);
    await local.refresh();
    expect(shows()).toBe(2);
    digest = "d2";
    await local.refresh();
    expect(shows()).toBe(3);
  });

  test("keeps nobody waiting: the list is there before a slow server has said anything of its models", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/show") await promise;
        return Response.json(pathname === "/api/show" ? SHOWN : (ollamaCatalogue(pathname, [...ONE]) ?? {}));
      },
    });
    try {
      const opened = await gateway("", {});
      const local = watchLocalModels(() => new Map([["slow", server.url.href]]), opened.opening.runtime.services.clock);
      const looking = local.refresh();
      await eventually("the list", () => local.stateOf("slow") !== null, 1_500);
      expect(local.factsOf("slow", "smol:1b")?.contextTokens).toBeNull();
      resolve();
      await looking;
      expect(local.factsOf("slow", "smol:1b")?.contextTokens).toBe(8192);
      local.stop();
    } finally {
      await server.stop(true);
    }
  });

  test("is what `lodestar models` shows", async () => {
    const { opened } = await engine(
      () => ONE,
      () => CAN_ALL,
    );
    const { runtime, stores } = opened.opening;
    const admin = adminContext({
      runtime,
      stores,
      responses: null,
      stateDir: "",
      keyring: null,
      token: "",
      version: "",
      serving: () => null,
      control: null,
    });
    const models: readonly ModelView[] = await admin.models();
    expect(models.find(({ id }) => id === "ollama/smol:1b")).toMatchObject({
      aliases: ["tiny"],
      contextTokens: 8192,
      canUseTools: true,
      canReadImages: true,
      canReason: true,
    });
  });
});
