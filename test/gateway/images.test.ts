import { afterEach, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/core/json.ts";
import { eventually } from "../support/eventually.ts";
import { type DrawerKind, type FakeCard, startFakeCard } from "../support/fake-card.ts";
import { chunksOf } from "../support/png.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();
const cards: FakeCard[] = [];
afterEach(async () => {
  for (const card of cards.splice(0)) await card.stop();
});

async function open({ kind = "a1111", more = "" }: { readonly kind?: DrawerKind; readonly more?: string } = {}) {
  const card = await startFakeCard(kind);
  cards.push(card);
  const opened = await gateway(
    `providers: { stable-diffusion: { baseUrl: "${card.drawerUrl}" } }\nretries: { attempts: 1 }\n${more}`,
  );
  const ask = (body: JsonObject, headers = {}) =>
    opened.fetch("/v1/images/generations", {
      json: { model: "stable-diffusion/default", prompt: "a lighthouse", ...body },
      headers,
    });
  return { card, opened, ask };
}

describe("a Stable Diffusion server", () => {
  test("draws a whole PNG, free of cost, with one row in the ledger", async () => {
    const { opened, ask } = await open();
    const response = await ask({ size: "256x128", seed: 5 });
    const { data, ...rest } = (await response.json()) as { data: { b64_json: string; seed: number }[] };
    expect(chunksOf(data[0]?.b64_json ?? "")).toEqual(["IHDR", "IDAT", "IEND"]);
    expect(data).toMatchObject([{ seed: 5 }]);
    expect(rest).toMatchObject({
      size: "256x128",
      output_format: "png",
      usage: { cost: 0, cost_details: { reason: "local" } },
    });
    expect(response.headers.get("x-litellm-response-cost")).toBe("0");
    expect(await opened.rows()).toMatchObject([
      { endpoint: "images", state: "final", provider: "stable-diffusion", costNanoUsd: 0, costReason: "local" },
    ]);
  });

  const mapped: readonly (readonly [string, JsonObject, JsonObject, string | null])[] = [
    ["nothing but a prompt", {}, { prompt: "a lighthouse", seed: -1, batch_size: 1 }, null],
    ["a quality", { quality: "high" }, { steps: 35 }, "changed quality (35 steps)"],
    ["steps beside a quality", { quality: "low", steps: 4 }, { steps: 4 }, "changed quality (4 steps)"],
    [
      "a size that is no multiple of 8",
      { size: "515x300" },
      { width: 512, height: 304 },
      "changed size (drawn at 512x304)",
    ],
    ["a negative prompt", { negative_prompt: "fog", cfg_scale: 5 }, { negative_prompt: "fog", cfg_scale: 5 }, null],
    [
      "what only OpenAI has",
      { style: "vivid", user: "me" },
      {},
      "dropped style (not in Stable Diffusion); dropped user",
    ],
    ["automatic choices", { size: "auto", quality: "auto", output_format: "png" }, {}, null],
    [
      "a checkpoint by name",
      { model: "stable-diffusion/sd15" },
      { override_settings: { sd_model_checkpoint: "sd15" } },
      null,
    ],
  ];
  for (const [title, body, sent, told] of mapped) {
    test(`takes ${title}, and says what became of it`, async () => {
      const { card, ask } = await open();
      const response = await ask(body);
      expect(response.status).toBe(200);
      expect(card.drawn).toMatchObject([sent]);
      const params = response.headers.get("x-lodestar-params");
      if (told === null) expect(params).toBeNull();
      else expect(params).toContain(told);
    });
  }

  test("draws several one after the other, each from the next seed", async () => {
    const { card, ask } = await open();
    const { data } = (await (await ask({ n: 3, seed: 40 })).json()) as { data: { b64_json: string }[] };
    expect(new Set(data.map(({ b64_json }) => b64_json)).size).toBe(3);
    expect(card.drawn.map(({ seed }) => seed)).toEqual([40, 41, 42]);
    expect(card.clashes).toEqual([]);
  });

  test("answers a wish for a URL with one that holds the image itself", async () => {
    const { ask } = await open();
    const response = await ask({ response_format: "url" });
    const { data } = (await response.json()) as { data: { url: string }[] };
    const image = await fetch(data[0]?.url ?? "");
    expect(chunksOf((await image.bytes()).toBase64())).toContain("IDAT");
    expect(response.headers.get("x-lodestar-params")).toContain("a data: URL");
  });

  const refused: readonly (readonly [string, JsonObject, string])[] = [
    ["no prompt", { prompt: " " }, "prompt must say"],
    ["a size in words", { size: "large" }, "WIDTHxHEIGHT"],
    ["eleven images", { n: 11 }, "n must be a whole number from 1 to 10"],
    ["half an image", { n: 0.5 }, "n must be"],
    ["a quality that nobody has", { quality: "superb" }, "quality must be auto or one of"],
    ["an unknown format", { response_format: "bmp" }, "b64_json or url"],
  ];
  for (const [title, body, words] of refused) {
    test(`refuses ${title} before anything is asked of it`, async () => {
      const { card, opened, ask } = await open();
      const response = await ask(body);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(words);
      expect(card.log).toEqual([]);
      expect(await opened.rows()).toMatchObject([{ costNanoUsd: 0, fault: { kind: "bad-request" } }]);
    });
  }

  test("is not asked by a strict client for what it would leave out", async () => {
    const { card, ask } = await open();
    const response = await ask({ style: "vivid" }, { "x-lodestar-strict": "1" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("style (not in Stable Diffusion)");
    expect(card.drawn).toEqual([]);
  });

  test("does not draw with another checkpoint than the one named", async () => {
    const { card, ask } = await open();
    const response = await ask({ model: "stable-diffusion/sd16" });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Did you mean \\"sd15\\"');
    expect(card.drawn).toEqual([]);
  });

  test("is no place for a chat, and says what it is for", async () => {
    const { opened } = await open();
    const json = { model: "stable-diffusion/default", messages: [{ role: "user", content: "hi" }] };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("draws images and answers nothing else");
  });

  test("is never what `free` leads to", async () => {
    const { opened } = await open();
    const json = { model: "free", messages: [{ role: "user", content: "hi" }] };
    const response = await opened.fetch("/v1/chat/completions", { json });
    expect(response.headers.get("x-lodestar-provider")).toBeNull();
    expect(await response.text()).not.toContain("stable-diffusion");
  });

  test("stands in the list of models, as one that draws", async () => {
    const { opened } = await open();
    const { data } = (await (await opened.fetch("/v1/models")).json()) as {
      data: { id: string; capabilities: JsonObject }[];
    };
    expect(data.find(({ id }) => id === "stable-diffusion/default")?.capabilities).toMatchObject({ drawing: true });
  });

  test("keeps its client waiting with white space while it draws, and tells how far it is", async () => {
    const { card, opened, ask } = await open({ more: "server: { heartbeat: 100ms }" });
    card.holdDrawings();
    const response = await ask({});
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value).trim()).toBe("");
    const isDrawing = () =>
      opened.events.some((event) => event.event === "local" && event.step === "draw" && event.progress === 0.4);
    await eventually("progress", isDrawing);
    card.finish();
    let text = "";
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      text += new TextDecoder().decode(chunk.value);
    }
    expect(JSON.parse(text)).toMatchObject({ output_format: "png", usage: { cost: 0 } });
  });

  test("that is away is followed by the next of its chain", async () => {
    const other = await fake(() => ({ kind: "json", body: { created: 1, data: [{ b64_json: "aGk=" }] } }));
    const opened = await gateway(`
providers:
  stable-diffusion: { baseUrl: "http://127.0.0.1:9" }
  up: { dialect: openai-chat, baseUrl: "${other.url}/v1", models: [m] }
chains: { art: [stable-diffusion/default, up/m] }
retries: { attempts: 1 }`);
    const response = await opened.fetch("/v1/images/generations", { json: { model: "art", prompt: "a" } });
    expect(response.headers.get("x-lodestar-provider")).toBe("up");
    expect((await opened.rows()).map(({ provider, state }) => [provider, state])).toEqual([
      ["stable-diffusion", "failed"],
      ["up", "estimated"],
    ]);
  });

  const failures: readonly (readonly [string, number, unknown, number, string])[] = [
    ["runs out of memory", 500, { error: "OutOfMemoryError", errors: "CUDA out of memory" }, 502, "CUDA out of memory"],
    ["has its API switched off", 404, { detail: "Not Found" }, 400, "start AUTOMATIC1111 with --api"],
    ["wants a password", 401, { detail: "Unauthorized" }, 502, "Unauthorized"],
    ["refuses a sampler", 400, { detail: "Sampler not found" }, 400, "Sampler not found"],
    ["sends no image", 200, { images: [] }, 502, "no image under"],
    ["sends something else", 200, { images: ["aGVsbG8="] }, 502, "no PNG"],
  ];
  for (const [title, status, body, answered, words] of failures) {
    test(`that ${title} is told in OpenAI's envelope`, async () => {
      const upstream = await fake(() => ({ kind: "json", status, body }));
      const opened = await gateway(
        `providers: { art: { extends: stable-diffusion, baseUrl: "${upstream.url}/sdapi/v1" } }\nretries: { attempts: 1 }`,
      );
      const response = await opened.fetch("/v1/images/generations", { json: { model: "art/default", prompt: "a" } });
      expect(response.status).toBe(answered);
      expect(await response.text()).toContain(words);
      expect(upstream.calls.map(({ path }) => path)).toContain("/sdapi/v1/txt2img");
    });
  }
});
