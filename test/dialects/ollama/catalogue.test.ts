import { describe, expect, test } from "bun:test";
import { Ollama } from "ollama/browser";
import {
  type CatalogueModel,
  decodeShowRequest,
  psReply,
  showReply,
  tagsReply,
  versionReply,
} from "../../../src/dialects/ollama/catalogue.ts";

const CLOUD: CatalogueModel = {
  name: "anthropic/claude-opus-5",
  capabilities: ["completion", "tools", "vision"],
  contextLength: 200_000,
};
const LOCAL: CatalogueModel = {
  name: "qwen2.5-coder:3b",
  capabilities: ["completion", "insert"],
  contextLength: 32_768,
  family: "qwen2",
  parameterSize: "3.1B",
  quantization: "Q4_K_M",
  sizeBytes: 1_900_000_000,
  digest: "f".repeat(64),
  modifiedAtMs: Date.UTC(2026, 0, 2),
};

describe("the catalogue for tools that only speak Ollama", () => {
  test("lists any model as one of Ollama's", () => {
    const [cloud, local] = tagsReply([CLOUD, LOCAL]).models as { digest: string }[];
    expect(local).toEqual({
      name: "qwen2.5-coder:3b",
      model: "qwen2.5-coder:3b",
      size: 1_900_000_000,
      digest: "f".repeat(64),
      details: {
        parent_model: "",
        format: "gguf",
        family: "qwen2",
        families: ["qwen2"],
        parameter_size: "3.1B",
        quantization_level: "Q4_K_M",
      },
      modified_at: "2026-01-02T00:00:00.000Z",
    } as unknown as { digest: string });
    expect(cloud?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(tagsReply([CLOUD])).toEqual(tagsReply([CLOUD]));
    expect(tagsReply([{ ...CLOUD, name: "other" }])).not.toMatchObject({ models: [{ digest: cloud?.digest }] });
  });

  test("shows the context length under the architecture's name, and what the model can do twice over", () => {
    expect(showReply(CLOUD)).toMatchObject({
      capabilities: ["completion", "tools", "vision"],
      template: "{{ .System }}{{ .Tools }}{{ .Prompt }}",
      model_info: { "general.architecture": "lodestar", "lodestar.context_length": 200_000 },
    });
    expect(showReply(LOCAL)).toMatchObject({
      template: "{{ .System }}{{ .Prompt }}{{ .Suffix }}",
      parameters: "num_ctx                        32768",
      model_info: { "general.architecture": "qwen2", "qwen2.context_length": 32_768 },
    });
  });

  test("says nothing of a context length nobody knows", () => {
    const { contextLength: _, ...unknown } = CLOUD;
    expect(JSON.stringify(showReply(unknown))).not.toContain("context_length");
    expect(showReply(unknown).parameters).toBe("");
  });

  test("lists what lies in memory", () => {
    const loaded = { ...LOCAL, sizeVramBytes: 5, expiresAtMs: 0 };
    expect(psReply([loaded])).toMatchObject({
      models: [{ name: LOCAL.name, size_vram: 5, context_length: 32_768, expires_at: "1970-01-01T00:00:00.000Z" }],
    });
    expect(psReply([{ ...CLOUD, contextLength: 1, sizeVramBytes: 0, expiresAtMs: 0 }])).toMatchObject({
      models: [{ size: 0 }],
    });
  });

  test.each([
    [{ model: "a" }, "a"],
    [{ name: "b" }, "b"],
    [{ model: "", name: "b" }, "b"],
    [{ model: "a", name: "b" }, "a"],
  ] as const)("%j asks to show %s", (body, name) => {
    expect(decodeShowRequest(body)).toEqual({ ok: true, value: name });
  });

  test("a body that names no model is refused", () => {
    const result = decodeShowRequest({ name: 1 });
    expect(result.ok ? undefined : result.error.param).toBe("model");
  });

  test("the official client reads all four", async () => {
    const bodies: Record<string, unknown> = {
      "/api/tags": tagsReply([CLOUD]),
      "/api/ps": psReply([]),
      "/api/show": showReply(CLOUD),
      "/api/version": versionReply("0.24.0"),
    };
    const answer = async (url: string | URL | Request) => Response.json(bodies[new URL(String(url)).pathname]);
    const client = new Ollama({ fetch: answer as typeof fetch });
    expect((await client.list()).models.map(({ name }) => name)).toEqual([CLOUD.name]);
    expect((await client.ps()).models).toEqual([]);
    expect((await client.show({ model: CLOUD.name })).capabilities).toContain("tools");
    expect(await client.version()).toEqual({ version: "0.24.0" });
  });
});
