import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chatReply } from "../support/chat-chunks.ts";
import { eventually } from "../support/eventually.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { ownModels } from "./chaos-lab.ts";
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
import { CHAT_WIRES, post } from "./http.ts";

const OPENAI = CHAT_WIRES["openai-chat"];
const RULES = "retries: { attempts: 1 }\nbreaker: { failures: 3, window: 60s }\nhealth: { every: 2s }\n";
const REQUESTS = 20;

const open: { stop(): Promise<unknown> }[] = [];
const figures: string[] = [];

afterEach(async () => {
  await stopLodestars();
  for (const one of open.splice(0).reverse()) await one.stop();
});
afterAll(() => console.log(figures.join("\n")));

function kept<One extends { stop(): Promise<unknown> }>(one: One): One {
  open.push(one);
  return one;
}

function backup(): Promise<FakeUpstream> {
  return startFakeUpstream(() => ({ kind: "json", body: chatReply("from the backup") })).then(kept);
}

async function ask({ apiUrl }: RunningLodestar, times = 1): Promise<readonly string[]> {
  const told: string[] = [];
  for (let time = 0; time < times; time += 1) {
    const response = await post(apiUrl, OPENAI.path, OPENAI.request("pair", "hello", false, 4));
    await response.text();
    told.push(`${response.status} ${response.headers.get("x-lodestar-provider")}`);
  }
  return told;
}

async function stateOf(lodestar: RunningLodestar, id: string): Promise<string | undefined> {
  return (await lodestar.status()).providers.find((provider) => provider.id === id)?.state;
}

/** Asks after the death of a provider, and counts those that were tried there first. */
async function countSuffered(lodestar: RunningLodestar, id: string, how: string): Promise<void> {
  const before = (await lodestar.rows()).length;
  const told = await ask(lodestar, REQUESTS);
  const rows = (await lodestar.rows()).slice(before);
  const suffered = rows.filter(({ provider, state }) => provider === id && state === "failed").length;
  figures.push(`${how}: of ${REQUESTS} requests 0 failed, ${suffered} were tried there first`);
  expect(told).toEqual(Array(REQUESTS).fill("200 backup"));
  expect(suffered).toBeLessThanOrEqual(3);
}

describe.skipIf(NO_OLLAMA_REASON !== "")(`a real Ollama that is killed ${NO_OLLAMA_REASON}`, () => {
  test("is routed around after three requests at most, stays known over a restart of Lodestar, and is used again when it is back", async () => {
    const engine = await startOllama();
    const port = Number(new URL(engine.url).port);
    const second = await backup();
    const config = `
providers:
  ollama: { baseUrl: "${engine.url}" }
  backup: { dialect: openai-chat, baseUrl: "${second.url}/v1", models: [m] }
chains: { pair: [ollama/${SMOLLM}, backup/m] }
${RULES}`;
    const lodestar = await startLodestar({ config });
    expect(await ask(lodestar, 2)).toEqual(["200 ollama", "200 ollama"]);
    await engine.stop("SIGKILL");
    await countSuffered(lodestar, "ollama", "Ollama killed");
    await eventually("its breaker is open", async () => (await stateOf(lodestar, "ollama")) === "open");
    kept(await startOllama({}, port));
    const startedAt = performance.now();
    await eventually("it is used again", async () => (await ask(lodestar))[0] === "200 ollama", 30_000);
    figures.push(`Ollama back: used again after ${Math.round(performance.now() - startedAt)} ms`);
    await lodestar.stop();
    const offline = await lodestar.cli("status", "--json");
    const view = JSON.parse(offline.stdout) as Awaited<ReturnType<RunningLodestar["status"]>>;
    const known = view.providers.find(({ id }) => id === "ollama")?.availability;
    expect(known?.attempts).toBeGreaterThanOrEqual(3);
    expect(known?.ratio).toBeLessThan(1);
  }, 180_000);
});

const LEFT_BYTES = 40_000_000;

/** Weights that end early, as after a copy that was broken off: every model is listed, and none can be loaded. */
function spoil(models: string): void {
  const blobs = join(models, "blobs");
  for (const name of readdirSync(blobs).filter((blob) => statSync(join(blobs, blob)).size > LEFT_BYTES)) {
    const start = readFileSync(join(blobs, name)).subarray(0, LEFT_BYTES);
    rmSync(join(blobs, name));
    writeFileSync(join(blobs, name), start);
  }
}

describe.skipIf(NO_OLLAMA_REASON !== "")(`a real Ollama that can load none of its models ${NO_OLLAMA_REASON}`, () => {
  test("is left out as a whole, the hook is told of each, and status says why", async () => {
    const models = ownModels();
    spoil(models.folder);
    const engine = kept(await startOllama({ OLLAMA_MODELS: models.folder, OLLAMA_NOPRUNE: "1" }));
    const hook = kept(await startFakeUpstream(() => ({ kind: "json", body: {} })));
    const second = await backup();
    const lodestar = await startLodestar({
      config: `
providers:
  ollama: { baseUrl: "${engine.url}" }
  backup: { dialect: openai-chat, baseUrl: "${second.url}/v1", models: [m] }
chains: { pair: [ollama/${SMOLLM}, backup/m], other: [ollama/${GEMMA}, backup/m] }
webhooks: [{ url: "${hook.url}/hook" }]
local: { warm: [] }
${RULES}`,
    });
    for (const model of ["pair", "pair", "pair", "other", "other", "other"]) {
      const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request(model, "hello", false, 4));
      expect([response.status, response.headers.get("x-lodestar-provider")]).toEqual([200, "backup"]);
    }
    expect(await stateOf(lodestar, "ollama")).toBe("open");
    const told = (await lodestar.cli("status")).stdout;
    expect(told).toMatch(/ollama is left out for another .*no model answers there/);
    for (const model of [SMOLLM, GEMMA]) expect(told).toContain(`ollama/${model} is left out for another`);
    const opened = () => hook.calls.map(({ body }) => body).filter((body) => body.includes('"open"'));
    await eventually("the hook knows of both models and the server", () => opened().length >= 3, 10_000);
    expect(opened().filter((body) => body.includes(SMOLLM)).length).toBeGreaterThan(0);
    const health = lodestar.events.filter((event) => event.event === "health" && event.state === "open");
    const subjects = health.map((event) => (event.event === "health" ? (event.model ?? "all") : null));
    expect(subjects).toEqual([SMOLLM, GEMMA, "all"]);
    models.remove();
  }, 60_000);
});

describe.skipIf(NO_LITELLM_REASON !== "")(`a real LiteLLM proxy ${NO_LITELLM_REASON}`, () => {
  async function withProxy(): Promise<{ lodestar: RunningLodestar; proxy: Engine; models: FakeUpstream }> {
    const models = kept(await startFakeUpstream(() => ({ kind: "json", body: chatReply("from behind") })));
    const proxy = await startLiteLlm(models.url);
    const second = await backup();
    const config = `
providers:
  litellm: { baseUrl: "${proxy.url}/v1", key: env:LITELLM_KEY, local: true }
  backup: { dialect: openai-chat, baseUrl: "${second.url}/v1", models: [m] }
chains: { pair: [litellm/mock-fast, backup/m] }
${RULES}`;
    return { proxy, models, lodestar: await startLodestar({ config, env: { LITELLM_KEY } }) };
  }

  test("is probed without a single call to its models, and routed around when it dies", async () => {
    const { lodestar, proxy, models } = await withProxy();
    expect(await ask(lodestar, 2)).toEqual(["200 litellm", "200 litellm"]);
    const calls = models.calls.length;
    await eventually("two probes more", () => proxy.log().split("/health/readiness").length > 2, 30_000);
    expect(proxy.log()).toContain("/health/liveliness");
    expect(proxy.log()).not.toMatch(/GET \/health(?!\/)/);
    expect(models.calls.length).toBe(calls);
    await proxy.stop("SIGKILL");
    await countSuffered(lodestar, "litellm", "LiteLLM killed");
  }, 180_000);
});
