import { describe, expect, test } from "bun:test";
import { apiContext } from "../../src/compose/api.ts";
import { refusal } from "../../src/core/fault.ts";
import { failure, success } from "../../src/core/result.ts";
import { createApiHandler } from "../../src/http/app.ts";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const ASK = { model: "up/m", messages: [{ role: "user", content: "hello" }] };

/** A gateway that lets `places` requests in at a time; `taken` are those in it now, by whom. */
async function crowded(url: string, places: number) {
  const opened = await gateway(
    `providers: { up: { dialect: openai-chat, baseUrl: "${url}/v1", models: [m], local: true } }`,
  );
  const taken: string[] = [];
  const handle = createApiHandler({
    ...apiContext(opened.opening, () => true),
    enter(caller, address) {
      const error = refusal("too_many_requests_in_flight", "full", { status: 429 });
      if (taken.length >= places) return { outcome: failure({ ...error, retryAfterMs: 1_000 }), headers: {} };
      const who = caller.keyId ?? address;
      taken.push(who);
      const leave = (): void => {
        taken.splice(taken.indexOf(who), 1);
      };
      return { outcome: success(leave), headers: {} };
    },
  });
  const ask = (stream: boolean, headers: Record<string, string> = {}): Promise<Response> => {
    const request = new Request("http://127.0.0.1:4000/v1/chat/completions", {
      method: "POST",
      headers: { host: "127.0.0.1:4000", ...headers },
      body: JSON.stringify({ ...ASK, stream }),
    });
    return handle(request, { address: "127.0.0.1" });
  };
  return { opened, taken, ask };
}

describe("a place among the requests in flight", () => {
  test("is held while a stream runs and given back when it ends", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a", "b"]), everyMs: 10 }));
    const { taken, ask } = await crowded(upstream.url, 1);
    const response = await ask(true);
    expect(taken).toEqual(["127.0.0.1"]);
    const refused = await ask(false);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ error: { code: "too_many_requests_in_flight" } });
    await response.text();
    expect(taken).toEqual([]);
    expect(upstream.calls.length).toBe(1);
  });

  test("is given back when the client leaves in the middle", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]).slice(0, 2), ending: "hang" }));
    const { taken, ask } = await crowded(upstream.url, 1);
    const response = await ask(true);
    await response.body?.cancel();
    await Promise.resolve();
    expect(taken).toEqual([]);
  });

  test("is given back after a whole reply, a fault, a refusal and a bug", async () => {
    const upstream = await fake((_, index) =>
      index === 0 ? { kind: "json", body: chatReply("x") } : { kind: "json", status: 400, body: {} },
    );
    const { opened, taken, ask } = await crowded(upstream.url, 1);
    expect((await ask(false)).status).toBe(200);
    expect((await ask(false)).status).toBe(400);
    Object.assign(opened.opening.stores.ledger, {
      reserve: () => {
        throw new Error("a bug that a test put here");
      },
    });
    expect((await ask(true)).status).toBe(500);
    expect(taken).toEqual([]);
  });

  test("belongs to the key, where there is one", async () => {
    const upstream = await fake(() => ({ kind: "stream", chunks: chatChunks(["a"]) }));
    const { opened, taken, ask } = await crowded(upstream.url, 9);
    const { key, secret } = opened.opening.keyring.mint({ name: "me", project: null, expiresAt: null, models: [] });
    const response = await ask(true, { "x-api-key": secret });
    expect(taken).toEqual([key.id]);
    await response.text();
  });
});
