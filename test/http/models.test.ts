import { describe, expect, test } from "bun:test";
import { ollamaCatalogue } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

async function world() {
  const upstream = await fake(({ path }) => ({
    kind: "json",
    body:
      ollamaCatalogue(path, [
        { name: "qwen:3b", capabilities: ["completion", "tools"] },
        { name: "llama3:latest", capabilities: ["completion", "vision"] },
      ]) ?? {},
  }));
  return gateway(
    `providers:
  lab: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1", models: [vendor/big, small], accounts: [{ key: env:LAB_KEY }] }
aliases: { coder: ollama/qwen:3b }
prices: { overrides: { lab/small: { input: 0.25, output: 1.5 } } }`,
    { OLLAMA_HOST: upstream.url, LAB_KEY: "lab-key-0123456789" },
  );
}

interface Listing {
  readonly data: readonly { readonly id: string }[];
}

describe("GET /v1/models", () => {
  test("lists choices, aliases and every provider's models in OpenAI's shape, with prices in plain decimals", async () => {
    const opened = await world();
    const body = (await (await opened.fetch("/v1/models")).json()) as Listing;
    const ids = body.data.map((model) => model.id);
    for (const id of ["auto", "free", "cheap", "best", "coder", "ollama/qwen:3b", "lab/vendor/big", "lab/small"]) {
      expect(ids).toContain(id);
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(body).toMatchObject({ object: "list" });
    expect(body.data.find((model) => model.id === "lab/small")).toMatchObject({
      object: "model",
      owned_by: "lab",
      pricing: { prompt: "0.00000025", completion: "0.0000015" },
    });
    expect(body.data.find((model) => model.id === "ollama/qwen:3b")).toMatchObject({
      pricing: { prompt: "0", completion: "0" },
    });
    expect(body.data.find((model) => model.id === "lab/vendor/big")).toMatchObject({
      pricing: { prompt: null, completion: null },
    });
  });

  test("is in Anthropic's shape for a client that speaks it", async () => {
    const opened = await world();
    const response = await opened.fetch("/v1/models", { headers: { "anthropic-version": "2023-06-01" } });
    const body = (await response.json()) as Listing;
    expect(body).toMatchObject({ has_more: false, first_id: body.data[0]?.id, last_id: body.data.at(-1)?.id });
    expect(body.data[0]).toMatchObject({ type: "model", id: expect.any(String), display_name: expect.any(String) });
  });

  test("has context, prices and capabilities in every dialect's shape", async () => {
    const opened = await gateway("", { ANTHROPIC_API_KEY: "sk-ant-0123456789" });
    const name = "anthropic/claude-opus-5";
    const pricing = { prompt: "0.000005", completion: "0.000025" };
    const can = { tools: true, images: true, reasoning: true };
    const one = async (headers: Record<string, string>, path = `/v1/models/${name}`) =>
      (await opened.fetch(path, { headers })).json();
    expect(await one({})).toMatchObject({ context_length: 1_000_000, pricing, capabilities: can });
    expect(await one({ "anthropic-version": "2026-10-21" })).toMatchObject({
      max_input_tokens: 1_000_000,
      max_tokens: 128_000,
      pricing,
      lodestar_capabilities: can,
    });
    const google = { name: `models/${name}`, inputTokenLimit: 1_000_000, pricing, capabilities: can };
    expect(await one({}, `/v1beta/models/${name}`)).toMatchObject(google);
    expect(await one({ "x-goog-api-key": "any" })).toMatchObject(google);
    const shown = await (await opened.fetch("/api/show", { json: { model: name } })).json();
    expect(shown).toMatchObject({
      model_info: { "anthropic.context_length": 1_000_000 },
      pricing,
      capabilities: ["completion", "tools", "vision", "thinking"],
    });
  });

  test("is Gemini's shape for one model too where its key header is sent, unknown names included", async () => {
    const opened = await world();
    const response = await opened.fetch("/v1/models/lab/smal", { headers: { "x-goog-api-key": "any" } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 404, status: "NOT_FOUND" } });
  });

  for (const path of ["/v1/models/lab/vendor/big", "/v1/models/lab%2Fvendor%2Fbig", "/models/lab/vendor/big/"]) {
    test(`finds one whose name holds slashes at ${path}`, async () => {
      const opened = await world();
      expect(await (await opened.fetch(path)).json()).toMatchObject({ id: "lab/vendor/big", object: "model" });
    });
  }

  test("suggests where a name is misspelt", async () => {
    const opened = await world();
    const response = await opened.fetch("/v1/models/lab/smal");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('Did you mean "lab/small"') },
    });
  });
});

describe("Ollama's catalogue", () => {
  test("/api/tags has local models under their own names and everything else under Lodestar's", async () => {
    const opened = await world();
    const body = (await (await opened.fetch("/api/tags")).json()) as {
      models: readonly { name: string; model: string; digest: string }[];
    };
    const names = body.models.map((model) => model.name);
    expect(names).toContain("qwen:3b");
    expect(names).toContain("lab/small");
    expect(names).not.toContain("ollama/qwen:3b");
    for (const model of body.models) {
      expect(model.model).toBe(model.name);
      expect(model.digest).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  for (const [asked, capabilities] of [
    ["qwen:3b", ["completion", "tools"]],
    ["ollama/qwen:3b", ["completion", "tools"]],
    ["llama3", ["completion", "vision"]],
    ["lab/small", ["completion", "tools"]],
  ] as const) {
    test(`/api/show knows "${asked}" by \`model\` and by \`name\``, async () => {
      const opened = await world();
      for (const json of [{ model: asked }, { name: asked }]) {
        const response = await opened.fetch("/api/show", { json });
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ capabilities });
      }
    });
  }

  test("/api/ps shows what is loaded, /api/version the version of the local server", async () => {
    const opened = await world();
    expect(await (await opened.fetch("/api/ps")).json()).toMatchObject({
      models: [{ name: "qwen:3b", size: 1_000, size_vram: 900, expires_at: expect.stringContaining("2030-01-01") }],
    });
    expect(await (await opened.fetch("/api/version")).json()).toMatchObject({ version: "0.24.0" });
  });

  test("is there without an Ollama too", async () => {
    const opened = await gateway("");
    expect(await (await opened.fetch("/api/ps")).json()).toEqual({ models: [] });
    expect(await (await opened.fetch("/api/version")).json()).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    expect((await opened.fetch("/api/tags")).status).toBe(200);
    const head = await opened.fetch("/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(await (await opened.fetch("/")).text()).toStartWith("Ollama is running");
  });
});
