import { afterEach, describe, expect, test } from "bun:test";
import type { Evidence } from "../../src/core/evidence.ts";
import type { EvidenceForgottenView, EvidenceTalliesView } from "../../src/core/evidence-view.ts";
import type { RecommendView } from "../../src/core/recommend-view.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { type AdminWorld, makeAdminWorld, NOON, TOKEN, type WorldOptions } from "./admin-world.ts";

const worlds: AdminWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

const LOCAL = { provider: "ollama", model: "qwen2.5-coder:1.5b" } as const;

function open(options: WorldOptions = {}) {
  const world = makeAdminWorld(options);
  worlds.push(world);
  const app = createAdminApp(world.admin);
  async function send<View>(path: string, init: RequestInit = {}): Promise<{ status: number; view: View }> {
    const headers = { host: "127.0.0.1:8080", authorization: `Bearer ${TOKEN}` };
    const answer = await app.request(`http://127.0.0.1:8080${path}`, { ...init, headers });
    const text = await answer.text();
    const isLines = answer.headers.get("content-type")?.includes("ndjson") === true;
    const view = isLines
      ? text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
      : JSON.parse(text);
    return { status: answer.status, view: view as View };
  }
  return {
    ...world,
    send,
    post: <View>(body: object) => send<View>("/v1/evidence", { method: "POST", body: JSON.stringify(body) }),
    /** Own evidence of the local model, each piece by another person. */
    judge(good: number, bad: number, taskClass = "bug_fix"): void {
      for (let index = 0; index < good + bad; index += 1) {
        const about = { ...LOCAL, taskClass, requestId: null, project: null };
        const id = `${taskClass} ${index}`;
        const score = index < good ? 1 : 0;
        world.admin.evidence.book.recordEvidence({ id, at: NOON, kind: "thumb", score, voter: id, ...about });
      }
    },
  };
}

describe("POST /v1/evidence", () => {
  test("is about whoever answered the request, in the class that its client stated", async () => {
    const { settle, post, send } = open();
    await settle({ requestId: "req_9", ...LOCAL, task: "refactor", project: "web" });
    const { status, view } = await post<Evidence>({ request_id: "req_9", kind: "exit", score: 0 });
    expect(status).toBe(200);
    expect(view).toEqual({
      id: "exit:req_9",
      at: NOON,
      ...LOCAL,
      taskClass: "refactor",
      kind: "exit",
      score: 0,
      voter: null,
      requestId: "req_9",
      project: "web",
    });
    expect((await send<readonly Evidence[]>("/v1/evidence/rows")).view).toEqual([view]);
  });

  test("of the class that the router found where the client stated none, and by several judges once each", async () => {
    const { settle, post, send } = open();
    await settle({ requestId: "req_9", ...LOCAL, task: null, routeReason: "auto:documentation" });
    for (const voter of ["ada", "bob", "ada"]) await post({ request_id: "req_9", kind: "vote", score: 1, voter });
    const { tallies } = (await send<EvidenceTalliesView>("/v1/evidence")).view;
    expect(tallies).toEqual([
      { ...LOCAL, taskClass: "documentation", kind: "vote", pieces: 2, good: 2, latestAt: NOON },
    ]);
  });

  test.each([
    [{ kind: "exit", score: 1 }, 400, "bad_body"],
    [{ request_id: "req_9", kind: "rumour", score: 1 }, 400, "bad_body"],
    [{ request_id: "req_9", kind: "exit", score: 2 }, 400, "bad_body"],
    [{ request_id: "req_9", kind: "exit", score: 1, prompt: "secret" }, 400, "bad_body"],
    [{ request_id: "req_none", kind: "exit", score: 1 }, 404, "request_not_found"],
  ])("refuses %p", async (body, wanted, code) => {
    const { post } = open();
    const { status, view } = await post<{ error: { code: string } }>(body);
    expect([status, view.error.code]).toEqual([wanted, code]);
  });
});

describe("DELETE /v1/evidence", () => {
  test("forgets what was meant, and what is believed goes back to the prior", async () => {
    const world = open();
    const qualityOf = async () => {
      const { view } = await world.send<RecommendView>("/v1/recommend?task=bug_fix&localOnly=1");
      return view.recommendations[0]?.contenders[0]?.quality;
    };
    const before = await qualityOf();
    world.judge(5, 0);
    world.judge(2, 0, "general");
    expect((await qualityOf())?.ownWeight).toBeCloseTo(5, 0);
    const path = "/v1/evidence?model=ollama/qwen2.5-coder:1.5b&task=bug_fix";
    const gone = await world.send<EvidenceForgottenView>(path, { method: "DELETE" });
    expect(gone.view).toEqual({ deleted: 5, isDone: true });
    expect(await qualityOf()).toEqual(before);
    expect((await world.send<readonly Evidence[]>("/v1/evidence/rows")).view).toHaveLength(2);
  });

  test("refuses a model without its provider", async () => {
    expect((await open().send("/v1/evidence?model=qwen", { method: "DELETE" })).status).toBe(400);
  });
});

describe("GET /v1/recommend", () => {
  test("without evidence recommends nothing, for each class, and says what is missing", async () => {
    const { view } = await open().send<RecommendView>("/v1/recommend");
    expect(view.recommendations).toHaveLength(7);
    for (const { choice, nearest, changes } of view.recommendations) {
      expect(choice).toBeNull();
      expect(nearest).not.toBeNull();
      expect(changes.some(({ kind }) => kind === "good-answers")).toBe(true);
    }
  });

  test("takes the local model once enough good answers were judged, and no sooner", async () => {
    const world = open();
    const choiceOf = async () =>
      (await world.send<RecommendView>("/v1/recommend?task=bug_fix&floor=0.6")).view.recommendations[0]?.choice;
    world.judge(2, 1);
    expect(await choiceOf()).toBeNull();
    world.judge(30, 2);
    expect(await choiceOf()).toBe("ollama/qwen2.5-coder:1.5b");
  });

  test("cites a published figure with its date, for its own class alone", async () => {
    const { send } = open();
    const { view } = await send<RecommendView>("/v1/recommend?localOnly=1");
    const sources = view.recommendations.map(({ taskClass, contenders }) => [
      taskClass,
      contenders[0]?.quality.source?.slice(-12) ?? null,
    ]);
    expect(sources[0]).toEqual(["code_generation", "(2024-11-11)"]);
    expect(sources.slice(1).every(([, source]) => source === null)).toBe(true);
  });

  test("reckons with the tokens that the class's own requests took", async () => {
    const world = open();
    const tokensOf = async () => {
      const { view } = await world.send<RecommendView>("/v1/recommend?task=bug_fix");
      return view.recommendations[0]?.contenders.find(({ model }) => model.startsWith("deepseek/"));
    };
    expect((await tokensOf())?.tokens).toMatchObject({ basis: "assumed", inputTokens: 3_000, requests: 0 });
    const many = (count: number, task: string) =>
      Array.from({ length: count }, (_, index) => ({ requestId: `${task} ${index}`, task }));
    await world.settle(...many(20, "general"));
    expect((await tokensOf())?.tokens).toMatchObject({ basis: "all", requests: 20 });
    await world.settle(...many(25, "bug_fix"));
    const found = await tokensOf();
    expect(found?.tokens).toEqual({
      basis: "model",
      requests: 25,
      inputTokens: 150,
      cacheReadTokens: 50,
      cacheWriteTokens: 0,
      outputTokens: 20,
    });
    // Read from a histogram, whose buckets are 9 % wide.
    expect(Math.abs((found?.latencyMs ?? 0) - 900)).toBeLessThan(40);
    expect(found?.costNanoUsd).toBeGreaterThan(0);
  });

  test("asks only the models of the pool, where there is one, by their names or aliases", async () => {
    const environment = { DEEPSEEK_API_KEY: "sk-1", LODESTAR_ROUTING_POOL: "" };
    const world = open({ environment });
    const settings = world.admin.settings();
    Object.assign(world.admin, {
      settings: () => ({ ...settings, routing: { ...settings.routing, pool: ["coder"] } }),
    });
    const { view } = await world.send<RecommendView>("/v1/recommend?task=general");
    expect(view.recommendations[0]?.contenders.map(({ model }) => model)).toEqual(["ollama/qwen2.5-coder:1.5b"]);
  });

  test.each(["task=bugfix", "floor=2", "floor=x", "budget=-1", "latency=", "localOnly=yes", "extra=1"])(
    "refuses %s",
    async (query) => {
      const { status, view } = await open().send<{ error: { code: string } }>(`/v1/recommend?${query}`);
      expect([status, view.error.code]).toEqual([400, "bad_query"]);
    },
  );
});
