import { describe, expect, test } from "bun:test";
import { chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";

const { fake, duo } = createWorld();

const ASK = { model: "duo", messages: [{ role: "user", content: "a secret of mine" }] };
const KEY = { name: "me", project: null, expiresAt: null, models: [] };

async function world() {
  const bad = await fake(() => ({ kind: "json", status: 500, body: {} }));
  const good = await fake(() => ({ kind: "json", body: chatReply("ok") }));
  const opened = await duo(bad.url, good.url, "retries: { attempts: 1 }");
  const ask = async (headers: Record<string, string> = {}) => {
    const response = await opened.fetch("/v1/chat/completions", { json: ASK, headers });
    return response.headers.get("x-lodestar-request-id") ?? "";
  };
  const judge = async (json: object, headers: Record<string, string> = {}) => {
    const response = await opened.fetch("/v1/feedback", { json, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { opened, ask, judge };
}

describe("POST /v1/feedback", () => {
  test("is about the model that answered, not the one that failed before it", async () => {
    const { ask, judge } = await world();
    const id = await ask({ "x-lodestar-task": "bug_fix" });
    const { status, body } = await judge({ request_id: id, vote: "up" });
    expect([status, body]).toEqual([200, { data: { request_id: id, model: "second/two", task: "bug_fix", score: 1 } }]);
  });

  test("takes a score, and the class from the judge where nobody else stated it", async () => {
    const { ask, judge } = await world();
    const id = await ask();
    expect((await judge({ request_id: id, score: 0.25 })).body).toMatchObject({
      data: { task: "general", score: 0.25 },
    });
    expect((await judge({ request_id: id, vote: "down", task: "refactor" })).body).toMatchObject({
      data: { task: "refactor", score: 0 },
    });
  });

  test("a key judges its own requests alone", async () => {
    const { opened, ask, judge } = await world();
    const minted = opened.opening.keyring.mint(KEY);
    const mine = { authorization: `Bearer ${minted.secret}` };
    const theirs = { authorization: `Bearer ${opened.opening.keyring.mint({ ...KEY, name: "them" }).secret}` };
    const id = await ask(mine);
    expect((await judge({ request_id: id, vote: "up" }, mine)).status).toBe(200);
    const other = await judge({ request_id: id, vote: "down" }, theirs);
    expect([other.status, other.body]).toMatchObject([404, { error: { code: "generation_not_found" } }]);
    expect((await judge({ request_id: id, vote: "up" })).status).toBe(401);
    const kept = opened.opening.runtime.evidenceSide.store()?.list({}, 10);
    expect(kept).toMatchObject([{ id: `thumb:${id}`, score: 1, voter: minted.key.id, requestId: id }]);
  });

  test("keeps no word of what was asked and answered, and one thumb a request", async () => {
    const { opened, ask, judge } = await world();
    const id = await ask();
    await judge({ request_id: id, vote: "up" });
    await judge({ request_id: id, vote: "down" });
    const kept = opened.opening.runtime.evidenceSide.store()?.list({}, 10) ?? [];
    expect(kept.map(({ score }) => score)).toEqual([0]);
    expect(JSON.stringify(kept)).not.toMatch(/secret|ok"/);
  });

  test.each([
    [{ vote: "up" }, "request_id"],
    [{ request_id: "req_1" }, "vote or score"],
    [{ request_id: "req_1", vote: "up", score: 1 }, "vote or score"],
    [{ request_id: "req_1", vote: "meh" }, "up or down"],
    [{ request_id: "req_1", score: 5 }, "from 0"],
    [{ request_id: "req_1", vote: "up", task: "bugfix" }, "code_generation"],
    [{ request_id: "req_1", vote: "up", prompt: "x" }, "prompt"],
  ])("refuses %p and says what it takes", async (json, words) => {
    const { judge } = await world();
    const { status, body } = await judge(json);
    expect([status, body]).toMatchObject([400, { error: { code: "invalid_request" } }]);
    expect(JSON.stringify(body)).toContain(words);
  });

  test("of a request that nobody answered is not found", async () => {
    const { judge } = await world();
    expect((await judge({ request_id: "req_nobody", vote: "up" })).status).toBe(404);
  });
});
