import { describe, expect, test } from "bun:test";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const IMAGE = { created: 1, data: [{ b64_json: "iVBORw0KGgo=" }], size: "1024x1024" };
const USAGE = {
  input_tokens: 10,
  output_tokens: 100,
  total_tokens: 110,
  input_tokens_details: { text_tokens: 8, image_tokens: 2 },
};

async function painter(body: unknown, status = 200) {
  const upstream = await fake(() => ({ kind: "json", body, status }));
  const opened = await gateway(
    `providers:
  up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], key: env:UP_KEY }
  claude: { dialect: anthropic, baseUrl: "${upstream.url}/v1", models: [m], key: env:UP_KEY }
chains: { art: [claude/m, up/m] }
prices: { overrides: { up/m: { input: 5, output: 40, inputImage: 10 } } }
retries: { attempts: 1 }`,
    { UP_KEY: "up-key-0123456789" },
  );
  return { upstream, opened };
}

const ASK = { model: "up/m", prompt: "a lighthouse", size: "1024x1024", unheard_of: 1 };

describe("images", () => {
  test("are passed on with the provider's key, and priced by their tokens", async () => {
    const { upstream, opened } = await painter({ ...IMAGE, usage: USAGE });
    const response = await opened.fetch("/v1/images/generations", { json: ASK });
    expect(await response.json()).toEqual({ ...IMAGE, usage: expect.objectContaining({ ...USAGE, cost: 0.00406 }) });
    expect(response.headers.get("x-litellm-response-cost")).toBe("0.00406");
    expect(upstream.calls).toMatchObject([{ path: "/v1/images/generations" }]);
    expect(upstream.calls[0]?.headers.authorization).toBe("Bearer up-key-0123456789");
    expect(JSON.parse(upstream.calls[0]?.body ?? "{}")).toEqual({ ...ASK, model: "m" });
    expect(await opened.rows()).toMatchObject([{ endpoint: "images", state: "final", costNanoUsd: 4_060_000 }]);
  });

  test("sold by the piece have no cost rather than a silent 0, and say why", async () => {
    const { opened } = await painter(IMAGE);
    const response = await opened.fetch("/v1/images/generations", { json: ASK });
    expect(await response.json()).toMatchObject({ usage: { cost: null, cost_details: { reason: "paid-by-image" } } });
    expect(await opened.rows()).toMatchObject([{ costNanoUsd: null, costReason: "paid-by-image" }]);
  });

  test("come from the first of a chain that has them", async () => {
    const { opened } = await painter(IMAGE);
    const response = await opened.fetch("/v1/images/generations", { json: { ...ASK, model: "art" } });
    expect(response.headers.get("x-lodestar-provider")).toBe("up");
    expect(await opened.rows()).toMatchObject([
      { provider: "claude", state: "refused", costNanoUsd: 0 },
      { provider: "up", state: "estimated" },
    ]);
  });

  test("of a provider that has none are refused in words", async () => {
    const { upstream, opened } = await painter(IMAGE);
    const response = await opened.fetch("/v1/images/generations", { json: { ...ASK, model: "claude/m" } });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: "unsupported_feature" } }]);
    expect(upstream.calls.length).toBe(0);
  });

  test.each([
    [{ prompt: "x" }, "model"],
    [{ ...ASK, model: 7 }, "model"],
    [{ ...ASK, stream: true }, "stream"],
  ])("asked for by %j are refused by name", async (json, param) => {
    const { opened } = await painter(IMAGE);
    const response = await opened.fetch("/v1/images/generations", { json });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param } }]);
  });

  test("that the provider refuses carry its own words", async () => {
    const error = {
      message: "Unknown parameter: 'response_format'.",
      type: "invalid_request_error",
      param: "response_format",
    };
    const { opened } = await painter({ error }, 400);
    const response = await opened.fetch("/v1/images/generations", { json: ASK });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { message: error.message } }]);
    expect(await opened.rows()).toMatchObject([{ state: "failed", costNanoUsd: 0, costReason: "no-tokens" }]);
  });

  test.each([[{ nothing: true }], [[]], ["text"]])("that come back as %j are the provider's fault", async (body) => {
    const { opened } = await painter(body);
    expect((await opened.fetch("/v1/images/generations", { json: ASK })).status).toBe(502);
  });
});
