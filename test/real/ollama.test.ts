import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { CostsView } from "../../src/core/admin-view.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningLodestar, runLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, GEMMA, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";
import { CHAT_DIALECTS, CHAT_WIRES, objectOf, post, streamCost } from "./http.ts";

const QUESTION = "What is the capital of France?";
const LOCAL = `ollama/${SMOLLM}`;
const STORY = "Tell me a very long story about a ship and its crew.";

function runnerStarts(engine: Engine): number {
  return engine
    .log()
    .split("\n")
    .filter((line) => /msg="starting runner".* --model /.test(line)).length;
}

/** Ollama's own word on how long the prompt was that it read. */
function promptCount(reply: { readonly prompt_eval_count?: unknown }): number {
  return Number(reply.prompt_eval_count);
}

/** The whole text of a stream, with something done when its first bytes are there. */
async function textAfter(response: Response, act: () => void | Promise<void>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    if (text === "") await act();
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

async function askQuickly(lodestar: RunningLodestar): Promise<Response> {
  return post(lodestar.apiUrl, "/api/chat", CHAT_WIRES.ollama.request(LOCAL, "Hi", false, 2));
}

/** Ollama tells parameters in the order of a map, which is another one each time. */
function inOrder(card: JsonObject): JsonObject {
  const sorted = (text: unknown): string => String(text).split("\n").toSorted().join("\n");
  return { ...card, parameters: sorted(card.parameters), modelfile: sorted(card.modelfile) };
}

describe.skipIf(NO_OLLAMA_REASON !== "")(`with a real Ollama behind the binary ${NO_OLLAMA_REASON}`, () => {
  let ollama: Engine;
  let lodestar: RunningLodestar;

  beforeAll(async () => {
    ollama = await startOllama({ OLLAMA_CONTEXT_LENGTH: "256" });
    lodestar = await startLodestar({
      config: "chains: { default: [deepseek/deepseek-chat, free] }\nretries: { base: 10ms }\n",
      env: {
        OLLAMA_HOST: ollama.host,
        DEEPSEEK_API_KEY: "sk-dead",
        LODESTAR_DEEPSEEK_BASE_URL: "http://127.0.0.1:9",
      },
    });
  }, 60_000);

  afterAll(async () => {
    await stopLodestars();
    await ollama.stop();
  });

  test("a tool that only speaks Ollama sees of a local model what Ollama itself says", async () => {
    const show = async (url: string) => inOrder(await objectOf(await post(url, "/api/show", { model: SMOLLM })));
    const { tensors, ...own } = await show(ollama.url);
    expect([tensors, own.model_info]).toMatchObject([expect.any(Array), { "llama.context_length": 8192 }]);
    const told = await eventually("the card of the model", async () => {
      const body = await show(lodestar.apiUrl);
      return body.modelfile === own.modelfile ? body : null;
    });
    expect(told).toEqual(own);
    const listed = await fetch(`${lodestar.apiUrl}/v1/models/${LOCAL}`);
    expect(await listed.json()).toMatchObject({ context_length: 8192, capabilities: { tools: false } });
  });

  test("a dead paid provider is tried first, the local model answers, and costs show both attempts exactly", async () => {
    const own = await startLodestar({
      config: "chains: { default: [deepseek/deepseek-chat, free] }\n",
      env: {
        OLLAMA_HOST: ollama.host,
        DEEPSEEK_API_KEY: "sk-dead",
        LODESTAR_DEEPSEEK_BASE_URL: "http://127.0.0.1:9",
      },
    });
    const response = await post(own.apiUrl, "/v1/chat/completions", {
      model: "auto",
      max_tokens: 8,
      messages: [{ role: "user", content: QUESTION }],
    });
    const reply = await objectOf(response);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-lodestar-provider")).toBe("ollama");
    expect(response.headers.get("x-lodestar-attempts")).toBe("2");
    expect(CHAT_WIRES["openai-chat"].textOf(reply).trim()).not.toBe("");
    const usage = reply.usage as { prompt_tokens: number; completion_tokens: number; cost: number };
    expect(usage.cost).toBe(0);

    const requestId = response.headers.get("x-lodestar-request-id");
    const rows = await own.rows();
    expect(rows).toMatchObject([
      {
        requestId,
        attempt: 1,
        state: "failed",
        provider: "deepseek",
        model: "deepseek-chat",
        requestedModel: "auto",
        usage: { input: { uncached: 0 }, output: { text: 0 } },
        costNanoUsd: 0,
        fault: { kind: "connect" },
      },
      {
        requestId,
        attempt: 2,
        state: "final",
        provider: "ollama",
        requestedModel: "auto",
        usage: { input: { uncached: usage.prompt_tokens }, output: { text: usage.completion_tokens } },
        usageSource: "provider",
        costNanoUsd: 0,
        costReason: "local",
        fault: null,
      },
    ]);
    expect(rows).toHaveLength(2);

    const costs = JSON.parse((await own.cli("costs", "--json")).stdout) as CostsView;
    expect(costs.totals).toMatchObject({
      requests: 1,
      attempts: 2,
      failed: 1,
      costNanoUsd: 0,
      unpriced: 0,
      savedNanoUsd: rows[1]?.savedNanoUsd ?? -1,
      inputTokens: usage.prompt_tokens,
      outputTokens: usage.completion_tokens,
    });
    expect(costs.groups.map(({ name, attempts, failed }) => ({ name, attempts, failed }))).toEqual([
      { name: "deepseek/deepseek-chat", attempts: 1, failed: 1 },
      { name: `ollama/${rows[1]?.model}`, attempts: 1, failed: 0 },
    ]);
    const shown = await own.cli("requests", "show", String(requestId));
    expect(shown.stdout).toContain("deepseek/deepseek-chat");
    expect(shown.stdout).toContain("ollama/");
  });

  for (const dialect of CHAT_DIALECTS) {
    const wire = CHAT_WIRES[dialect];

    test(`${dialect}: a whole reply carries text, a cost of 0 and the name that was asked for`, async () => {
      const response = await post(lodestar.apiUrl, wire.path, wire.request(LOCAL, QUESTION, false, 8));
      const reply = await objectOf(response);
      expect(response.status).toBe(200);
      expect(wire.textOf(reply)).not.toBe("");
      expect(reply.model).toBe(LOCAL);
      expect(wire.costOf(reply)).toBe(0);
    });

    test(`${dialect}: a stream carries the same, and ends as its dialect ends`, async () => {
      const response = await post(lodestar.apiUrl, wire.path, wire.request(LOCAL, QUESTION, true, 8));
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(wire.streamText(text)).not.toBe("");
      expect(wire.isWhole(text)).toBe(true);
      expect(streamCost(text)).toBe(0);
    });

    test(`${dialect}: a model that is not pulled is a 404 that names the command to pull it`, async () => {
      const response = await post(lodestar.apiUrl, wire.path, wire.request("ollama/absent:1b", QUESTION, false, 8));
      const body = await response.text();
      expect(response.status).toBe(404);
      expect(body).toContain("ollama pull absent:1b");
    });
  }

  test("embeddings come as numbers through both routes, and are the same", async () => {
    const openai = await objectOf(
      await post(lodestar.apiUrl, "/v1/embeddings", { model: LOCAL, input: ["a ship", "a crew"] }),
    );
    const native = await objectOf(await post(lodestar.apiUrl, "/api/embed", { model: LOCAL, input: "a ship" }));
    const first = (openai.data as { embedding: number[] }[])[0]?.embedding ?? [];
    const [same = []] = native.embeddings as number[][];
    expect(openai.data).toHaveLength(2);
    expect(first).toHaveLength(576);
    expect(same.map((value) => value.toFixed(4))).toEqual(first.map((value) => value.toFixed(4)));
  });

  test("embeddings of a model that cannot make them are an error of the client's dialect, and booked as a failure", async () => {
    const response = await post(lodestar.apiUrl, "/v1/embeddings", { model: `ollama/${GEMMA}`, input: "a ship" });
    const body = await objectOf(response);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(body).toHaveProperty("error.message");
    const row = (await lodestar.rows()).at(-1);
    expect(row).toMatchObject({ endpoint: "embeddings", model: GEMMA, state: "failed" });
  });

  test("no option makes Ollama load a model again, over alternating endpoints, dialects and parameters", async () => {
    await askQuickly(lodestar);
    const before = runnerStarts(ollama);
    for (const dialect of CHAT_DIALECTS) {
      const wire = CHAT_WIRES[dialect];
      for (const isStream of [true, false]) {
        const answer = await post(lodestar.apiUrl, wire.path, wire.request(LOCAL, "Hi", isStream, 2));
        expect(answer.status).toBe(200);
        await answer.text();
      }
      await post(lodestar.apiUrl, "/api/embed", { model: LOCAL, input: "Hi" });
    }
    const generate = { model: LOCAL, prompt: "Hi", stream: false, options: { num_predict: 2 } };
    const greedy = {
      ...CHAT_WIRES.ollama.request(LOCAL, "Hi", false, 2),
      keep_alive: "1m",
      options: { num_predict: 2, num_ctx: 2_048, num_thread: 2, num_batch: 64, temperature: 1 },
    };
    expect((await post(lodestar.apiUrl, "/api/chat", greedy)).status).toBe(200);
    expect((await post(lodestar.apiUrl, "/api/generate", generate)).status).toBe(200);
    expect(runnerStarts(ollama) - before).toBe(0);
  }, 30_000);

  test("a long prompt is read whole, or refused: never cut in silence", async () => {
    const words = 400;
    const prompt = "ship ".repeat(words);
    const response = await post(lodestar.apiUrl, "/api/chat", CHAT_WIRES.ollama.request(LOCAL, prompt, false, 2));
    const reply = await objectOf(response);
    expect(response.status).toBe(200);
    expect(promptCount(reply)).toBeGreaterThanOrEqual(words);
    const tooLong = await post(
      lodestar.apiUrl,
      "/v1/chat/completions",
      CHAT_WIRES["openai-chat"].request(LOCAL, "ship ".repeat(20_000), false, 2),
    );
    expect(tooLong.status).toBe(400);
    expect(await objectOf(tooLong)).toMatchObject({ error: { code: "context_length_exceeded" } });
  }, 45_000);

  test("lodestar ask answers through the daemon, and just as well without one", async () => {
    const words = ["ask", QUESTION, "--model", LOCAL, "--max-tokens", "8"];
    const through = await lodestar.cli(...words);
    expect(through).toMatchObject({ code: 0 });
    expect(through.stdout.trim()).not.toBe("");
    const alone = await runLodestar(words, { env: { OLLAMA_HOST: ollama.host } });
    expect(alone).toMatchObject({ code: 0 });
    expect(alone.stdout.trim()).not.toBe("");
  }, 30_000);

  test("a client that leaves mid-stream frees the runner and is booked as aborted", async () => {
    const before = (await lodestar.rows()).length;
    const controller = new AbortController();
    const wire = CHAT_WIRES["openai-chat"];
    const response = await post(lodestar.apiUrl, wire.path, wire.request(LOCAL, STORY, true, 2_000), {
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    controller.abort();
    const quick = await askQuickly(lodestar);
    expect(quick.status).toBe(200);
    const rows = (await lodestar.rows()).slice(before);
    expect(rows).toMatchObject([
      { state: "aborted", fault: { kind: "client-left" }, usageSource: "estimated" },
      { state: "final" },
    ]);
    const aborted = rows[0];
    expect((aborted?.endedAt ?? 0) - (aborted?.startedAt ?? 0)).toBeLessThan(3_000);
    const provider = (await lodestar.status()).providers.find(({ id }) => id === "ollama");
    expect(provider?.state).toBe("closed");
  });
});

describe.skipIf(NO_OLLAMA_REASON !== "")(`when Ollama dies in the middle of an answer ${NO_OLLAMA_REASON}`, () => {
  afterAll(stopLodestars);

  const deaths = [
    ["the runner is killed", (engine: Engine) => engine.killChildren()],
    ["the server is killed", (engine: Engine) => engine.stop("SIGKILL")],
  ] as const;

  for (const [name, kill] of deaths) {
    for (const dialect of CHAT_DIALECTS) {
      const wire = CHAT_WIRES[dialect];

      test(`${name}: a stream of ${dialect} ends with its error event, and the row is failed`, async () => {
        const engine = await startOllama();
        const lodestar = await startLodestar({ env: { OLLAMA_HOST: engine.host } });
        try {
          const response = await post(lodestar.apiUrl, wire.path, wire.request(LOCAL, STORY, true, 4_000));
          const text = await textAfter(response, () => kill(engine));
          expect(wire.streamText(text)).not.toBe("");
          expect(wire.streamError(text)).not.toBeNull();
          expect(wire.isWhole(text)).toBe(false);
          await lodestar.settled(1);
          const rows = await lodestar.rows();
          expect(rows).toMatchObject([{ state: "failed", costNanoUsd: 0, usageSource: "estimated" }]);
          expect(rows[0]?.usage.output.text).toBeGreaterThan(0);
          expect(rows[0]?.fault?.kind).toMatch(/^(truncated|upstream-error)$/);
        } finally {
          await engine.stop("SIGKILL");
        }
      }, 30_000);
    }
  }

  test("a server that comes back is used again without a restart of ours", async () => {
    const engine = await startOllama();
    const port = Number(new URL(engine.url).port);
    const lodestar = await startLodestar({ env: { OLLAMA_HOST: engine.host } });
    await engine.stop("SIGKILL");
    expect((await askQuickly(lodestar)).status).toBe(502);
    const again = await startOllama({}, port);
    try {
      await eventually("an answer", async () => (await askQuickly(lodestar)).status === 200, 20_000);
    } finally {
      await again.stop();
    }
  }, 60_000);
});
