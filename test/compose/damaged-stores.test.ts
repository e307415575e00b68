import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Daemon } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import { meanSample } from "../../src/core/gpu/history.ts";
import { openGpuSamples } from "../../src/stores/gpu-samples.ts";
import { openHealthHistory } from "../../src/stores/health-history.ts";
import { openLocalFigures } from "../../src/stores/local-figures.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";
import { createInputs } from "./inputs.ts";

const inputsFor = createInputs();
const { fake } = createWorld();
const running: Daemon[] = [];
afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.stop("test");
});

const PAGE = 4_096;
const MODELS = Array.from({ length: 200 }, (_, index) => `model-${index}-${"x".repeat(40)}`);

function must<Store>(opened: { ok: true; value: Store } | { ok: false; error: { message: string } }): Store {
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** A file of each with some pages of rows. */
const FILES: Readonly<Record<string, (stateDir: string) => void>> = {
  "health.db": (stateDir) => {
    const history = must(openHealthHistory({ stateDir }));
    const tally = { answered: 1, faults: {}, latency: { 8: 1 }, firstToken: {} };
    const at = Math.floor(Date.now() / 60_000) * 60_000;
    for (const width of ["minute", "hour", "day"] as const) {
      history.add(MODELS.map((model) => ({ width, at, provider: "up", account: "default", model, tally })));
    }
    history.close();
  },
  "gpu.db": (stateDir) => {
    const samples = must(openGpuSamples({ stateDir }));
    const from = Math.floor(Date.now() / 10_000) * 10_000;
    samples.add(MODELS.map((gpu, index) => ({ ...meanSample(gpu, from - index * 10_000, []), usedBytes: 1 })));
    samples.close();
  },
  "local.db": (stateDir) => {
    const figures = must(openLocalFigures({ stateDir }));
    const none = { coldLoadMs: null, warmLoadMs: null, promptPerSecond: null, outputPerSecond: null, tokenRatio: null };
    for (const model of MODELS) figures.save({ provider: "ollama", model, contextTokens: 4_096, ...none, usedAt: 1 });
    figures.close();
  },
};

const DAMAGES: Readonly<Record<string, (file: Buffer) => Buffer | string>> = {
  "is empty": () => "",
  "is text": () => "this was never a database. ".repeat(400),
  "is half a header": (file) => file.subarray(0, 50),
  "is cut in its middle": (file) => file.subarray(0, Math.floor(file.length / PAGE / 2) * PAGE),
  "has noise behind its first page": (file) => Buffer.from(file).fill(0xaa, PAGE),
  "is zero behind its first page": (file) => Buffer.from(file).fill(0, PAGE),
};

async function ask(daemon: Daemon): Promise<readonly number[]> {
  const headers = { authorization: `Bearer ${readFileSync(join(daemon.stateDir, "admin.token"), "utf8").trim()}` };
  const json = JSON.stringify({ model: "up/m", messages: [{ role: "user", content: "Hi" }] });
  const chat = await fetch(`${daemon.apiUrl}/v1/chat/completions`, { method: "POST", body: json });
  const paths = [
    "/v1/status",
    "/v1/health",
    "/v1/health/history?span=90d",
    "/v1/gpu/history?span=90d",
    "/v1/gpu/history",
    "/metrics",
  ];
  const answers = await Promise.all(paths.map((path) => fetch(`${daemon.adminUrl}${path}`, { headers })));
  return [chat, ...answers].map(({ status }) => status);
}

describe.each(Object.entries(FILES))("a daemon whose %s", (name, fill) => {
  test.each(Object.entries(DAMAGES))("%s serves, tells its state and stops in order", async (_words, damage) => {
    const upstream = await fake(() => ({ kind: "json", body: chatReply("hi") }));
    const provider = `{ dialect: openai-chat, baseUrl: "${upstream.url}/v1", models: [m], key: env:UP_KEY }`;
    const inputs = await inputsFor(`providers: { up: ${provider} }\n`, { UP_KEY: "up-key-0123456789" });
    const first = must(await backend.startDaemon(inputs));
    await first.stop("test");
    const { stateDir } = first;
    fill(stateDir);
    const path = join(stateDir, name);
    const sound = readFileSync(path);
    for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    writeFileSync(path, damage(sound));
    const daemon = must(await backend.startDaemon(inputs));
    running.push(daemon);
    expect(await ask(daemon)).toEqual([200, 200, 200, 200, 200, 200, 200]);
    await daemon.stop("test");
    running.pop();
  });
});
