import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import {
  begin,
  borrowedModels,
  footprintOf,
  settledAfter,
  settledOf,
  short,
  slopeOf,
  wronglyBooked,
} from "./chaos-lab.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "./driver.ts";
import {
  type Engine,
  GEMMA,
  LITELLM_KEY,
  NO_LITELLM_REASON,
  NO_OLLAMA_REASON,
  SMOLLM,
  startLiteLlm,
  startOllama,
} from "./engines.ts";
import { CHAT_DIALECTS, CHAT_WIRES, objectOf, post } from "./http.ts";

const OPENAI = CHAT_WIRES["openai-chat"];
const OURS = `ollama/${SMOLLM}`;
/** How soon a place must be free after its answer or its client is gone. */
const FREE_WITHIN_MS = 100;
/** What a new process takes anyway while its code is compiled and its heap finds its size. */
const MOST_GROWTH_KIB = 96 * 1024;
const HEADERS_MS = 3_000;
const IDLE_MS = 1_500;
/** Connections kept for the next request, and stores opened at first need; a leak would be one a request. */
const MOST_DESCRIPTORS = 12;

const measured: string[] = [];
const killed: number[] = [];
function note(what: string, ms: number): number {
  measured.push(`| ${what} | ${Math.round(ms)} ms |`);
  return ms;
}

function configOf(second: FakeUpstream, deadlines: string): string {
  return `
providers: { second: { dialect: openai-chat, baseUrl: "${second.url}/v1", models: [m] } }
chains: { steady: [${OURS}, second/m], steadier: [ollama/${GEMMA}, second/m], borrowed: [ollama/chaos, second/m] }
prices: { overrides: { second/m: { input: 1, output: 1 } } }
local: { warm: [], parallel: 1, overflow: 10m }
health: { probes: false }
retries: { attempts: 1 }
breaker: { off: true }
deadlines: ${deadlines}`;
}

describe.skipIf(NO_OLLAMA_REASON !== "")(`what happens to a real Ollama ${NO_OLLAMA_REASON}`, () => {
  const models = NO_OLLAMA_REASON === "" ? borrowedModels() : null;
  const env = {
    OLLAMA_NUM_PARALLEL: "1",
    OLLAMA_MAX_QUEUE: "1",
    OMP_NUM_THREADS: "1",
    OLLAMA_NOPRUNE: "1",
    ...(models === null ? {} : { OLLAMA_MODELS: models.folder }),
  };
  let ollama: Engine;
  let second: FakeUpstream;
  let lodestar: RunningLodestar;
  /** The same with short deadlines, for what never answers. */
  let hasty: RunningLodestar;
  let before: ReturnType<typeof footprintOf>;

  beforeAll(async () => {
    second = await startFakeUpstream(() => ({ kind: "json", body: chatReply("from the second") }));
    ollama = await startOllama(env);
    lodestar = await startLodestar({
      config: configOf(second, "{ headers: 60s, firstToken: 60s }"),
      env: { OLLAMA_HOST: ollama.host },
    });
    hasty = await startLodestar({
      config: configOf(second, `{ headers: ${HEADERS_MS}ms, firstToken: ${HEADERS_MS}ms, idle: ${IDLE_MS}ms }`),
      env: { OLLAMA_HOST: ollama.host },
    });
    await eventually("an answer", async () => (await short(lodestar.apiUrl, OURS)).status === 200, 30_000);
    before = footprintOf(lodestar.pid);
  }, 90_000);

  afterAll(async () => {
    console.log(["| until a place was free | |", "|---|--:|", ...measured].join("\n"));
    await stopLodestars();
    await ollama.stop();
    await second.stop();
    models?.remove();
  });

  for (const dialect of CHAT_DIALECTS) {
    const wire = CHAT_WIRES[dialect];

    test(`${dialect}: a runner killed in the middle ends the stream with an error, and frees its place at once`, async () => {
      const begun = await begin(lodestar.apiUrl, wire, OURS);
      const { attempt, afterMs } = await settledAfter(lodestar, ollama.killChildren);
      const text = await begun.rest();
      expect(wire.streamError(text)).not.toBeNull();
      expect(wire.isWhole(text)).toBe(false);
      expect(attempt.outcome).toMatchObject({ state: "failed", usageSource: "estimated" });
      // Ollama has to notice it first; the median is held to the bar below.
      killed.push(note(`runner killed, ${dialect}`, afterMs));
      expect((await short(lodestar.apiUrl, OURS, wire)).status).toBe(200);
    }, 60_000);

    test(`${dialect}: a client that leaves in the middle frees its place at once`, async () => {
      const begun = await begin(lodestar.apiUrl, wire, OURS);
      const { attempt, afterMs } = await settledAfter(lodestar, begun.leave);
      expect(attempt.outcome).toMatchObject({ state: "aborted", fault: { kind: "client-left" } });
      expect(note(`client left, ${dialect}`, afterMs)).toBeLessThan(FREE_WITHIN_MS);
    }, 60_000);
  }

  test("a runner killed under a whole answer is followed by the next of its chain", async () => {
    expect((await short(lodestar.apiUrl, OURS)).status).toBe(200);
    const before = askedOf(ollama);
    const asked = post(lodestar.apiUrl, OPENAI.path, OPENAI.request("steady", "Tell a very long story.", false, 4_000));
    await eventually("the runner is asked", () => askedOf(ollama) > before);
    ollama.killChildren();
    const response = await asked;
    expect(response.status).toBe(200);
    expect(OPENAI.textOf(await objectOf(response))).toBe("from the second");
    expect(response.headers.get("x-lodestar-provider")).toBe("second");
  }, 60_000);

  test("a queue that is full is a 503 in words, or the next of the chain", async () => {
    const busy = new AbortController();
    const hog = { model: SMOLLM, prompt: "Tell a very long story.", options: { num_predict: 4_000 } };
    const first = await post(ollama.url, "/api/generate", hog, { signal: busy.signal });
    await first.body?.getReader().read();
    ollama.freezeChildren();
    const statuses: (number | null)[] = [];
    const more = [1, 2, 3, 4].map(async () => {
      const other = post(ollama.url, "/api/generate", { model: GEMMA, prompt: "Hi" }, { signal: busy.signal });
      statuses.push(await other.then(({ status }) => status).catch(() => null));
    });
    await eventually("Ollama refuses", () => statuses.includes(503));
    for (const dialect of CHAT_DIALECTS) {
      const wire = CHAT_WIRES[dialect];
      const refused = await short(lodestar.apiUrl, `ollama/${GEMMA}`, wire);
      expect({ dialect, status: refused.status }).toEqual({ dialect, status: 503 });
      expect(await refused.text()).toContain("busy");
    }
    expect(OPENAI.textOf(await objectOf(await short(lodestar.apiUrl, "steadier")))).toBe("from the second");
    busy.abort();
    ollama.thawChildren();
    await Promise.all(more);
    await eventually(
      "room again",
      async () => (await short(lodestar.apiUrl, `ollama/${GEMMA}`)).status === 200,
      30_000,
    );
  }, 90_000);

  test("a model put in the place of ours, and options changed behind our back, cost a load and no answer", async () => {
    const prompt = "Hi";
    for (const foreign of [
      { model: GEMMA, prompt, stream: false, options: { num_predict: 1 } },
      { model: SMOLLM, keep_alive: 0 },
      { model: SMOLLM, prompt, stream: false, options: { num_predict: 1, num_ctx: 256 } },
    ]) {
      expect((await post(ollama.url, "/api/generate", foreign)).status).toBe(200);
      expect((await short(lodestar.apiUrl, OURS)).status).toBe(200);
    }
    expect((await post(ollama.url, "/api/generate", { model: SMOLLM, options: { num_ctx: 256 } })).status).toBe(200);
    const long = `${"A ship sails. ".repeat(90)} Say hello.`;
    const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request(OURS, long, false, 4));
    const { usage } = await objectOf(response);
    expect(response.status).toBe(200);
    expect(Number((usage as { prompt_tokens: number }).prompt_tokens)).toBeGreaterThan(300);
  }, 90_000);

  test("a model deleted under us is a 404 in every dialect, or the next of the chain", async () => {
    const copied = await post(ollama.url, "/api/copy", { source: SMOLLM, destination: "chaos" });
    expect(copied.status).toBe(200);
    expect((await short(lodestar.apiUrl, "ollama/chaos")).status).toBe(200);
    const deleted = await fetch(`${ollama.url}/api/delete`, { method: "DELETE", body: '{"model":"chaos"}' });
    expect(deleted.status).toBe(200);
    for (const dialect of CHAT_DIALECTS) {
      const response = await short(lodestar.apiUrl, "ollama/chaos", CHAT_WIRES[dialect]);
      expect({ dialect, status: response.status }).toEqual({ dialect, status: 404 });
      expect(await response.text()).toContain("chaos");
    }
    expect(OPENAI.textOf(await objectOf(await short(lodestar.apiUrl, "borrowed")))).toBe("from the second");
  }, 60_000);

  test("a server that freezes in the middle ends the stream at its deadline; one frozen before, the chain goes on", async () => {
    for (const dialect of CHAT_DIALECTS) {
      const wire = CHAT_WIRES[dialect];
      await eventually("an answer", async () => (await short(hasty.apiUrl, OURS)).status === 200, 30_000);
      const begun = await begin(hasty.apiUrl, wire, OURS);
      const { attempt, afterMs } = await settledAfter(hasty, () => ollama.freeze());
      const text = await begun.rest();
      expect(wire.streamError(text)).not.toBeNull();
      expect(attempt.outcome.fault?.kind).toBe("timeout");
      expect(note(`frozen, past its deadline, ${dialect}`, afterMs - IDLE_MS)).toBeLessThan(FREE_WITHIN_MS + 1_000);
      const refused = await short(hasty.apiUrl, OURS, wire);
      expect({ dialect, status: refused.status }).toEqual({ dialect, status: 504 });
      ollama.thaw();
    }
    ollama.freeze();
    const followed = await short(hasty.apiUrl, "steady");
    expect(OPENAI.textOf(await objectOf(followed))).toBe("from the second");
    ollama.thaw();
    await eventually("an answer again", async () => (await short(hasty.apiUrl, OURS)).status === 200, 30_000);
  }, 120_000);

  test("a server that is killed in the middle and started again with other settings is used again, and ours still hold", async () => {
    await eventually("an answer", async () => (await short(lodestar.apiUrl, OURS)).status === 200, 30_000);
    const begun = await begin(lodestar.apiUrl, OPENAI, OURS);
    const waiting = ["steady", "steadier", "steady"].map((model) => short(lodestar.apiUrl, model));
    await eventually("three wait", async () => (await gauge(lodestar, "waiting")) === 3);
    const { attempt, afterMs } = await settledAfter(lodestar, () => ollama.stop("SIGKILL"));
    for (const answer of await Promise.all(waiting)) {
      expect(OPENAI.textOf(await objectOf(answer))).toBe("from the second");
    }
    expect(OPENAI.streamError(await begun.rest())).not.toBeNull();
    expect(attempt.outcome.state).toBe("failed");
    note("server killed and reaped", afterMs);
    for (const dialect of CHAT_DIALECTS) {
      const wire = CHAT_WIRES[dialect];
      const refused = await short(lodestar.apiUrl, OURS, wire);
      expect({ dialect, status: refused.status }).toEqual({ dialect, status: 502 });
      expect(await refused.text()).toContain(ollama.host);
    }
    expect(OPENAI.textOf(await objectOf(await short(lodestar.apiUrl, "steady")))).toBe("from the second");
    const other = { ...env, OLLAMA_CONTEXT_LENGTH: "512", OLLAMA_KEEP_ALIVE: "0", OLLAMA_NUM_PARALLEL: "2" };
    ollama = await startOllama(other, Number(new URL(ollama.url).port));
    await eventually("an answer again", async () => (await short(lodestar.apiUrl, OURS)).status === 200, 30_000);
    const ps = (await (await fetch(`${ollama.url}/api/ps`)).json()) as { models: { context_length: number }[] };
    expect(ps.models.map(({ context_length }) => context_length)).toEqual([8_192]);
  }, 120_000);

  test("half of the killed runners or more freed their places within 100 ms", () => {
    expect(killed.toSorted((left, right) => left - right)[1]).toBeLessThan(FREE_WITHIN_MS);
  });

  test("after all that no place is taken, nobody waits, and every attempt has exactly one row", async () => {
    for (const one of [lodestar, hasty]) {
      expect(await gauge(one, "running")).toBe(0);
      expect(await gauge(one, "waiting")).toBe(0);
      expect(await wronglyBooked(one)).toEqual([]);
      expect((await one.rows()).length).toBe(settledOf(one).length);
    }
    await eventually(
      "descriptors as before",
      () => footprintOf(lodestar.pid).descriptors <= before.descriptors + MOST_DESCRIPTORS,
    );
    const after = footprintOf(lodestar.pid);
    measured.push(`| descriptors | ${before.descriptors} -> ${after.descriptors} |`);
    measured.push(`| memory | ${before.rssKiB >> 10} -> ${after.rssKiB >> 10} MiB |`);
    expect(after.rssKiB - before.rssKiB).toBeLessThan(MOST_GROWTH_KIB);
  }, 30_000);
});

/** How often an Ollama has passed a request on to a runner. */
function askedOf(engine: Engine): number {
  return engine.log().split('msg="completion request"').length;
}

/** A gauge of the local queues. */
async function gauge(lodestar: RunningLodestar, name: "running" | "waiting"): Promise<number> {
  const token = await Bun.file(`${lodestar.stateDir}/admin.token`).text();
  const headers = { authorization: `Bearer ${token.trim()}` };
  const text = await (await fetch(`${lodestar.adminUrl}/metrics`, { headers })).text();
  return Number(new RegExp(`^lodestar_local_${name}\\{.*\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

describe.skipIf(NO_LITELLM_REASON !== "")(`a real LiteLLM proxy that is killed ${NO_LITELLM_REASON}`, () => {
  afterAll(stopLodestars);

  test("in the middle ends the stream with an error; what follows goes to the next of its chain", async () => {
    const slow = chatChunks(Array.from({ length: 400 }, () => "word "));
    const mock = await startFakeUpstream(() => ({ kind: "stream", chunks: slow, everyMs: 50 }));
    const second = await startFakeUpstream(() => ({ kind: "json", body: chatReply("from the second") }));
    const proxy = await startLiteLlm(mock.url);
    const lodestar = await startLodestar({
      config: `
providers:
  litellm: { baseUrl: "${proxy.url}/v1", key: env:LITELLM_KEY }
  second: { dialect: openai-chat, baseUrl: "${second.url}/v1" }
chains: { steady: [litellm/mock-fast, second/m] }
retries: { attempts: 1 }
breaker: { off: true }`,
      env: { LITELLM_KEY },
    });
    const streams = CHAT_DIALECTS.map((dialect) => CHAT_WIRES[dialect]);
    const begun = await Promise.all(streams.map((wire) => begin(lodestar.apiUrl, wire, "litellm/mock-fast")));
    const { afterMs } = await settledAfter(lodestar, () => proxy.stop("SIGKILL"));
    console.log(`LiteLLM killed and reaped: the first of ${streams.length} places was free after ${afterMs} ms`);
    expect(afterMs).toBeLessThan(FREE_WITHIN_MS);
    const texts = await Promise.all(begun.map((one) => one.rest()));
    for (const [index, wire] of streams.entries()) expect(wire.streamError(texts[index] ?? "")).not.toBeNull();
    for (const wire of streams) expect((await short(lodestar.apiUrl, "litellm/mock-fast", wire)).status).toBe(502);
    expect(OPENAI.textOf(await objectOf(await short(lodestar.apiUrl, "steady")))).toBe("from the second");
    expect(await wronglyBooked(lodestar)).toEqual([]);
    await Promise.all([mock.stop(), second.stop()]);
  }, 120_000);
});

describe("a thousand rounds of what fails cheaply", () => {
  afterAll(stopLodestars);

  const ROUNDS = 1_000;
  /** Until here a new process grows anyway: code is compiled, and heaps find their size. */
  const WARM_UP = 600;
  const hang: Behaviour = { kind: "stream", chunks: [], ending: "hang" };
  const faults: readonly Behaviour[] = [
    hang,
    { kind: "reset" },
    { kind: "json", status: 503, body: { error: { message: "too busy" } } },
    { kind: "stream", chunks: chatChunks(["one ", "two "], null).slice(0, 2), ending: "cut" },
    { kind: "stream", chunks: chatChunks(["one ", "two "], null).slice(0, 2), ending: "hang" },
  ];

  test("clients that leave a silent upstream free it within 100 ms; memory and descriptors stay flat", async () => {
    let behaviour: Behaviour = hang;
    const upstream = await startFakeUpstream(() => behaviour);
    const lodestar = await startLodestar({
      config: `
providers: { up: { dialect: openai-chat, baseUrl: "${upstream.url}/v1" } }
retries: { attempts: 1 }
breaker: { off: true }`,
    });
    const waits: number[] = [];
    const memory: number[] = [];
    let descriptors = 0;
    for (let round = 0; round < ROUNDS; round++) {
      behaviour = faults[round % faults.length] ?? hang;
      const isSilent = behaviour.kind === "stream" && behaviour.ending === "hang";
      const client = new AbortController();
      // A connection that is reset may be tried once more, so calls are counted anew.
      const before = upstream.calls.length;
      const asked = post(lodestar.apiUrl, OPENAI.path, OPENAI.request("up/m", "hi", true, 9), { signal: client.signal })
        .then((response) => response.text())
        .catch(() => "");
      if (isSilent) {
        await upstream.seen(before + 1);
        const leftAt = performance.now();
        client.abort();
        const call = upstream.calls[before];
        await eventually("the upstream is left", () => call?.abortedAt ?? false);
        waits.push((call?.abortedAt ?? Number.NaN) - leftAt);
      }
      await asked;
      if (round === WARM_UP) ({ descriptors } = footprintOf(lodestar.pid));
      if (round >= WARM_UP) memory.push(footprintOf(lodestar.pid).rssKiB);
    }
    await lodestar.settled(ROUNDS);
    const sorted = waits.toSorted((left, right) => left - right);
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
    const slope = slopeOf(memory);
    const after = footprintOf(lodestar.pid).descriptors;
    console.log(
      `left upstreams free after ${median.toFixed(1)} ms (median), ${worst.toFixed(1)} ms (worst); ` +
        `memory ${slope.toFixed(1)} KiB a round from ${memory[0]} KiB; descriptors ${descriptors} -> ${after}`,
    );
    expect(median).toBeLessThan(FREE_WITHIN_MS);
    expect(slope).toBeLessThan(20);
    await eventually("descriptors as before", () => footprintOf(lodestar.pid).descriptors <= descriptors + 2);
    expect((await lodestar.rows()).length).toBe(ROUNDS);
    expect(await wronglyBooked(lodestar)).toEqual([]);
    await upstream.stop();
  }, 60_000);
});
