import { describe, expect, test } from "bun:test";
import { apiContext } from "../../src/compose/api.ts";
import { createApiHandler } from "../../src/http/app.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { ollamaCatalogue, ollamaReply } from "../support/other-replies.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const NOBODY = { name: "me", project: null, expiresAt: null, models: [] };

async function withUpstream(config = "") {
  const upstream = await fake(({ path, body }) => {
    const known = ollamaCatalogue(path, [{ name: "qwen:3b", capabilities: ["completion", "tools"] }]);
    if (known !== null) return { kind: "json", body: known };
    if (path === "/api/embed") return { kind: "json", body: { model: "m", embeddings: [[1]], prompt_eval_count: 1 } };
    return {
      kind: "json",
      body: body.includes('"input"') ? {} : path === "/api/chat" ? ollamaReply("hi") : chatReply("hi"),
    };
  });
  return gateway(config, { OLLAMA_HOST: upstream.url });
}

const MESSAGES = [{ role: "user", content: "hello" }];

/** Every route that says something about models, keys or costs, with a request that it answers. */
const GUARDED: readonly (readonly [path: string, json: object | undefined])[] = [
  ["/v1/chat/completions", { model: "free", messages: MESSAGES }],
  ["/v1/completions", { model: "free", prompt: "hello" }],
  ["/v1/responses", { model: "free", input: "hello" }],
  ["/v1/messages", { model: "free", max_tokens: 5, messages: MESSAGES }],
  ["/v1/messages/count_tokens", { model: "free", messages: MESSAGES }],
  ["/v1/embeddings", { model: "ollama/qwen:3b", input: "x" }],
  ["/api/chat", { model: "qwen:3b", stream: false, messages: MESSAGES }],
  ["/api/embed", { model: "qwen:3b", input: "x" }],
  ["/api/embeddings", { model: "qwen:3b", prompt: "x" }],
  ["/api/show", { model: "qwen:3b" }],
  ["/api/tags", undefined],
  ["/api/ps", undefined],
  ["/v1/models", undefined],
  ["/v1/models/ollama/qwen:3b", undefined],
  ["/v1/key", undefined],
];

/** Every way to send a credential. */
const CARRIERS: Readonly<Record<string, (secret: string) => { headers?: Record<string, string>; query?: string }>> = {
  "Authorization: Bearer": (secret) => ({ headers: { authorization: `Bearer ${secret}` } }),
  "authorization: bearer, oddly written": (secret) => ({ headers: { authorization: `bEaReR  ${secret} ` } }),
  "x-api-key": (secret) => ({ headers: { "x-api-key": secret } }),
  "x-goog-api-key": (secret) => ({ headers: { "x-goog-api-key": secret } }),
  "?key=": (secret) => ({ query: `?key=${encodeURIComponent(secret)}` }),
};

async function send(
  opened: TestGateway,
  path: string,
  json: object | undefined,
  carried: { headers?: Record<string, string>; query?: string },
) {
  return opened.fetch(`${path}${carried.query ?? ""}`, {
    headers: carried.headers ?? {},
    ...(json === undefined ? {} : { json }),
  });
}

describe("until the first key is made", () => {
  test("every route answers, with any credential or none", async () => {
    const opened = await withUpstream();
    for (const [path, json] of GUARDED) {
      for (const carried of [{}, { headers: { authorization: "Bearer anything" } }]) {
        expect([path, (await send(opened, path, json, carried)).status]).toEqual([path, 200]);
      }
    }
  });
});

describe("once a key is made", () => {
  for (const [carrier, carry] of Object.entries(CARRIERS)) {
    test(`it opens every route by ${carrier}, and a wrong one opens none`, async () => {
      const opened = await withUpstream();
      const { secret } = opened.opening.keyring.mint(NOBODY);
      for (const [path, json] of GUARDED) {
        expect([path, (await send(opened, path, json, carry(secret))).status]).toEqual([path, 200]);
      }
      for (const [path, json] of GUARDED.slice(0, 8)) {
        const refused = await send(opened, path, json, carry("ls-wrong-0123456789"));
        expect([path, refused.status]).toEqual([path, 401]);
        expect(await refused.text()).not.toContain("ls-wrong");
      }
    });
  }

  test("no route that tells anything opens without one, and none of them calls a model", async () => {
    const opened = await withUpstream();
    opened.opening.keyring.mint(NOBODY);
    for (const [path, json] of [...GUARDED, ["/v1/generation?id=req_x", undefined] as const].slice(0, 9)) {
      const refused = await send(opened, path, json, {});
      expect([path, refused.status]).toEqual([path, 401]);
      expect(refused.headers.get("x-should-retry")).toBe("false");
      expect(refused.headers.get("x-lodestar-request-id")).toMatch(/^req_/);
    }
    expect(await opened.rows()).toEqual([]);
  });

  test("the routes for health checks stay open", async () => {
    const opened = await withUpstream();
    opened.opening.keyring.mint(NOBODY);
    for (const path of ["/livez", "/readyz", "/", "/api/version"]) {
      expect([path, (await opened.fetch(path)).status]).toEqual([path, 200]);
    }
  });

  test("wrong ones slow their address down, on every route alike", async () => {
    const opened = await withUpstream();
    opened.opening.keyring.mint(NOBODY);
    const statuses: number[] = [];
    for (const path of [
      "/v1/key",
      "/v1/models",
      "/api/tags",
      "/v1/key",
      "/v1/generation?id=x",
      "/v1/key",
      "/v1/key",
      "/v1/key",
      "/v1/models",
      "/v1/key",
      "/v1/key",
    ]) {
      statuses.push((await opened.fetch(path, { headers: { "x-api-key": "ls-guess" } })).status);
    }
    expect(statuses.slice(0, 10).every((status) => status === 401)).toBe(true);
    expect(statuses[10]).toBe(429);
  });

  test("one that expired, was revoked or has to do with other models opens nothing", async () => {
    const opened = await withUpstream();
    const { keyring, stores } = opened.opening;
    const expired = keyring.mint({ ...NOBODY, name: "old", expiresAt: Date.now() - 1 });
    const revoked = keyring.mint({ ...NOBODY, name: "gone" });
    stores.keys.revoke(revoked.key.id, Date.now());
    const narrow = keyring.mint({ ...NOBODY, name: "narrow", models: ["openai/*"] });
    const ask = (secret: string) =>
      send(opened, "/v1/chat/completions", { model: "free", messages: MESSAGES }, { headers: { "x-api-key": secret } });
    expect((await ask(expired.secret)).status).toBe(401);
    expect((await ask(revoked.secret)).status).toBe(401);
    const refused = await ask(narrow.secret);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: { code: "model_not_allowed", message: expect.stringContaining("openai/*") },
    });
  });
});

describe("what is not there", () => {
  const cases: readonly (readonly [method: string, path: string, status: number, text: string])[] = [
    ["POST", "/v1/chat/completion", 404, 'Did you mean "/v1/chat/completions"'],
    ["GET", "/nowhere/at/all", 404, "There is no GET /nowhere/at/all here."],
    ["GET", "/v1/chat/completions", 405, "/v1/chat/completions takes POST, not GET."],
    ["POST", "/v1/models", 405, "/v1/models takes GET, not POST."],
    ["POST", "/v1/key", 405, "/v1/key takes GET, not POST."],
    ["DELETE", "/api/tags", 405, "/api/tags takes GET, not DELETE."],
    ["POST", "/api/pull", 404, "There is no POST /api/pull here."],
    ["DELETE", "/api/delete", 404, "There is no DELETE /api/delete here."],
    ["POST", "/api/create", 404, "There is no POST /api/create here."],
    ["POST", "/v1/responses/x/y", 404, "There is no POST"],
  ];
  for (const [method, path, status, text] of cases) {
    test(`${method} ${path} is a ${status} in words`, async () => {
      const opened = await withUpstream();
      const response = await opened.fetch(path, { method });
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(JSON.stringify(text).slice(1, -1));
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect(response.headers.get("x-lodestar-request-id")).toMatch(/^req_/);
      if (status === 405) expect(response.headers.get("allow")).toBe(/takes (\w+),/.exec(text)?.[1] ?? "");
    });
  }

  test("is told in the envelope of the caller's dialect", async () => {
    const opened = await withUpstream();
    expect(await (await opened.fetch("/v1/nowhere")).json()).toMatchObject({
      error: { type: "not_found_error", code: "route_not_found" },
    });
    expect(await (await opened.fetch("/v1/messages/nowhere")).json()).toMatchObject({
      type: "error",
      error: { type: "not_found_error" },
    });
    expect(await (await opened.fetch("/api/nowhere")).json()).toMatchObject({
      error: expect.stringContaining("There is no GET"),
    });
  });
});

describe("a request that is wrong", () => {
  const dialects = [
    ["/v1/chat/completions", (body: unknown) => body],
    ["/v1/messages", (body: unknown) => body],
    ["/api/chat", (body: unknown) => body],
    ["/v1/embeddings", (body: unknown) => body],
  ] as const;
  const bodies: readonly (readonly [title: string, body: string, status: number])[] = [
    ["no JSON", "{nonsense", 400],
    ["empty", "", 400],
    ["a list", "[1]", 400],
    ["a number", "7", 400],
    ["without a model", '{"messages":[{"role":"user","content":"x"}],"input":"x","max_tokens":1}', 400],
    [
      "with a model that is a number",
      '{"model":7,"messages":[{"role":"user","content":"x"}],"input":"x","max_tokens":1}',
      400,
    ],
    ["too deep", `{"model":"m","messages":${"[".repeat(200)}${"]".repeat(200)}}`, 400],
    [
      "for an unknown model",
      '{"model":"frei","messages":[{"role":"user","content":"x"}],"input":"x","max_tokens":1}',
      404,
    ],
  ];
  for (const [path] of dialects) {
    for (const [title, body, status] of bodies) {
      test(`${title}, to ${path}, is a ${status} with an id, and nothing is booked`, async () => {
        const opened = await withUpstream();
        const response = await opened.fetch(path, { method: "POST", body });
        expect(response.status).toBe(status);
        expect(response.headers.get("x-lodestar-request-id")).toMatch(/^req_/);
        expect(response.headers.get("content-type")).toStartWith("application/json");
        expect(await response.text()).toContain('"error"');
        expect(await opened.rows()).toEqual([]);
      });
    }
  }

  test("in bytes that are no UTF-8 is a 400", async () => {
    const opened = await withUpstream();
    const response = await opened.fetch("/v1/chat/completions", {
      method: "POST",
      body: new Uint8Array([0x7b, 0xff, 0x7d]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("UTF-8");
  });

  test("and larger than allowed is a 413 that names the setting", async () => {
    const opened = await withUpstream("server: { maxBody: 1KB }");
    const response = await opened.fetch("/v1/chat/completions", {
      method: "POST",
      body: `{"a":"${"x".repeat(2_000)}"}`,
    });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain("maxBody");
  });
});

describe("a handler that breaks", () => {
  test("is a 500 with an id, the bug is in the log alone", async () => {
    const opened = await withUpstream();
    Object.assign(opened.opening.stores.ledger, {
      totals: () => {
        throw new Error("a bug that a test put here");
      },
    });
    const response = await opened.fetch("/v1/key");
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain("a bug that a test put here");
    expect(JSON.parse(text).request_id).toBe(response.headers.get("x-lodestar-request-id"));
  });

  test("is told under the id that the request arrived with: there is no other", async () => {
    const opened = await withUpstream();
    const ids: string[] = [];
    const mintRequestId = (): string => `req_${ids.push("minted")}`;
    const broken = (): never => {
      throw new Error("a bug that a test put here");
    };
    const context = { ...apiContext(opened.opening, () => true), mintRequestId, isReady: broken };
    const handle = createApiHandler(context);
    const request = new Request("http://127.0.0.1:4000/readyz", { headers: { host: "127.0.0.1:4000" } });
    const response = await handle(request, { address: "127.0.0.1" });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-lodestar-request-id")).toBe("req_1");
    expect(ids.length).toBe(1);
  });
});
