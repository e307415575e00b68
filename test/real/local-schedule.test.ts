import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, GEMMA, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";
import { CHAT_WIRES, objectOf, post } from "./http.ts";
import { compareSwitching, runnerStarts, switchingTable } from "./switching.ts";

const CHAT = CHAT_WIRES["openai-chat"];
const STORY = "Tell me a very long story about a ship and its crew.";

describe.skipIf(NO_OLLAMA_REASON !== "")(`the queue before a real Ollama ${NO_OLLAMA_REASON}`, () => {
  let ollama: Engine;
  let lodestar: RunningLodestar;

  beforeAll(async () => {
    ollama = await startOllama({ OLLAMA_NUM_PARALLEL: "1" });
    lodestar = await startLodestar({
      config: "local: { warm: [], parallel: 1 }\nretries: { attempts: 1 }\n",
      env: { OLLAMA_HOST: ollama.host },
    });
  }, 60_000);

  afterAll(async () => {
    await stopLodestars();
    await ollama.stop();
  });

  function ask(model: string, maxTokens = 4, signal?: AbortSignal): Promise<Response> {
    const request = CHAT.request(`ollama/${model}`, "Hi", false, maxTokens);
    return post(lodestar.apiUrl, CHAT.path, request, signal === undefined ? {} : { signal });
  }

  async function metrics(): Promise<string> {
    const token = await Bun.file(`${lodestar.stateDir}/admin.token`).text();
    const headers = { authorization: `Bearer ${token.trim()}` };
    return (await fetch(`${lodestar.adminUrl}/metrics`, { headers })).text();
  }

  /** A long answer that has begun, and how to end it. */
  async function occupy(model: string): Promise<() => Promise<void>> {
    const response = await post(lodestar.apiUrl, CHAT.path, CHAT.request(`ollama/${model}`, STORY, true, 4_000));
    const reader = response.body?.getReader();
    await reader?.read();
    return async () => {
      await reader?.cancel();
    };
  }

  test("a client that leaves while it waits for its model is forgotten at once, and its model is not loaded", async () => {
    const release = await occupy(SMOLLM);
    const before = runnerStarts(ollama);
    const controller = new AbortController();
    const waiting = ask(GEMMA, 4, controller.signal).catch((error: unknown) => error);
    const settledBefore = lodestar.events.filter(({ event }) => event === "settled").length;
    await eventually("it waits", async () => (await metrics()).includes('lodestar_local_waiting{provider="ollama"} 1'));
    controller.abort();
    const leftAt = performance.now();
    const settled = await lodestar.settled(settledBefore + 1);
    expect(performance.now() - leftAt).toBeLessThan(500);
    expect(settled.at(-1)).toMatchObject({
      intent: { model: GEMMA },
      outcome: { state: "aborted", fault: { kind: "client-left" }, upstreamStatus: null },
    });
    expect(await waiting).toBeInstanceOf(Error);
    await release();
    expect((await ask(SMOLLM)).status).toBe(200);
    expect(runnerStarts(ollama)).toBe(before);
  }, 30_000);

  test("a runner killed in the middle of an answer frees its place, and the next request is answered", async () => {
    const response = await post(lodestar.apiUrl, CHAT.path, CHAT.request(`ollama/${SMOLLM}`, STORY, true, 4_000));
    const reader = response.body?.getReader();
    await reader?.read();
    ollama.killChildren();
    const decoder = new TextDecoder();
    let rest = "";
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      rest += decoder.decode(chunk.value, { stream: true });
    }
    expect(CHAT.streamError(rest)).not.toBeNull();
    expect((await ask(SMOLLM)).status).toBe(200);
  }, 30_000);

  test("a model that another program put in the place of ours is noticed, and ours is loaded once", async () => {
    expect((await ask(SMOLLM)).status).toBe(200);
    const foreign = { model: GEMMA, prompt: "Hi", stream: false, options: { num_predict: 1, num_ctx: 4_096 } };
    expect((await post(ollama.url, "/api/generate", foreign)).status).toBe(200);
    const before = runnerStarts(ollama);
    const answers = await Promise.all([ask(SMOLLM), ask(SMOLLM), ask(SMOLLM)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(runnerStarts(ollama) - before).toBe(1);
  }, 30_000);

  test("a context that another program loaded our model with is used as it is, where it is enough", async () => {
    const foreign = { model: GEMMA, prompt: "Hi", stream: false, options: { num_predict: 1, num_ctx: 6_000 } };
    await post(ollama.url, "/api/generate", { model: SMOLLM, keep_alive: 0 });
    expect((await post(ollama.url, "/api/generate", foreign)).status).toBe(200);
    const before = runnerStarts(ollama);
    await eventually("an answer without a load", async () => (await ask(GEMMA)).status === 200, 10_000);
    expect(runnerStarts(ollama) - before).toBeLessThanOrEqual(1);
  }, 30_000);

  test("an agent's session that grows turn by turn costs no reload and loses none of its beginning", async () => {
    await ask(SMOLLM);
    const before = runnerStarts(ollama);
    const messages: { role: string; content: string }[] = [];
    const read: number[] = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      messages.push({ role: "user", content: `Turn ${turn}. ${"The ship sails on. ".repeat(40)}` });
      const request = { model: `ollama/${SMOLLM}`, max_tokens: 4, messages };
      const answer = await post(lodestar.apiUrl, CHAT.path, request);
      expect([turn, answer.status, answer.headers.get("x-lodestar-params")]).toEqual([turn, 200, null]);
      const reply = await objectOf(answer);
      read.push(Number((reply.usage as { readonly prompt_tokens: number }).prompt_tokens));
      messages.push({ role: "assistant", content: CHAT.textOf(reply) });
    }
    const least = 40 * 4;
    for (const [index, tokens] of read.entries()) expect(tokens).toBeGreaterThan((index + 1) * least);
    expect(runnerStarts(ollama) - before).toBe(0);
    expect(await metrics()).not.toMatch(/lodestar_local_truncations_total\{/);
    console.log(`  ${read.length} turns of up to ${read.at(-1)} tokens: no reload, nothing cut`);
  }, 120_000);

  test("an embedding, a completion and a chat share one load, whoever asks first", async () => {
    await ask(GEMMA);
    const before = runnerStarts(ollama);
    const answers = await Promise.all([
      post(lodestar.apiUrl, "/v1/embeddings", { model: `ollama/${SMOLLM}`, input: "a ship" }),
      post(lodestar.apiUrl, "/v1/completions", { model: `ollama/${SMOLLM}`, prompt: "a ship", max_tokens: 2 }),
      ask(SMOLLM),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(runnerStarts(ollama) - before).toBe(1);
    expect(await objectOf(answers[0] ?? new Response())).toHaveProperty("data");
  }, 30_000);
});

describe.skipIf(NO_OLLAMA_REASON !== "")(
  `twenty requests that alternate between two models ${NO_OLLAMA_REASON}`,
  () => {
    test("cost no more than one load more through the queue, and few where they come faster than they are answered", async () => {
      const comparisons = await compareSwitching(1);
      console.log(switchingTable(comparisons));
      for (const { title, plain, ours } of comparisons) {
        const [alone, queued] = [plain[0]?.swaps ?? Number.NaN, ours[0]?.swaps ?? Number.NaN];
        expect([title, queued]).toEqual([title, expect.any(Number)]);
        expect(queued).toBeLessThanOrEqual(alone + 1);
        if (title !== "one every second") expect(queued).toBeLessThanOrEqual(4);
      }
    }, 180_000);
  },
);
