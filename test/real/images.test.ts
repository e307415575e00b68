import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { type FakeCard, startFakeCard } from "../support/fake-card.ts";
import { chunksOf } from "../support/png.ts";
import { type RunningLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, NO_OLLAMA_REASON, SMOLLM, startOllama } from "./engines.ts";
import { CHAT_WIRES, objectOf, post } from "./http.ts";

const CHAT = CHAT_WIRES["openai-chat"];
const PICTURE = { model: "stable-diffusion/default", prompt: "a lighthouse", size: "64x64", seed: 1 };

describe.skipIf(NO_OLLAMA_REASON !== "")(`drawing on the card of a real Ollama ${NO_OLLAMA_REASON}`, () => {
  let ollama: Engine;
  let card: FakeCard;
  let lodestar: RunningLodestar;

  beforeAll(async () => {
    ollama = await startOllama({ OLLAMA_NUM_PARALLEL: "1", OMP_NUM_THREADS: "1" });
    card = await startFakeCard();
    lodestar = await startLodestar({
      config: "local: { warm: [], parallel: 1 }\nretries: { attempts: 1 }\n",
      env: { OLLAMA_HOST: ollama.host, LODESTAR_STABLE_DIFFUSION_BASE_URL: card.drawerUrl },
    });
  }, 60_000);

  afterAll(async () => {
    await stopLodestars();
    await card.stop();
    await ollama.stop();
  });

  async function loaded(): Promise<readonly string[]> {
    const { models } = (await (await fetch(`${ollama.url}/api/ps`)).json()) as { models: { name: string }[] };
    return models.map(({ name }) => name);
  }

  async function talk(): Promise<number> {
    return (await post(lodestar.apiUrl, CHAT.path, CHAT.request(`ollama/${SMOLLM}`, "Hi", false, 4))).status;
  }

  test("Ollama holds nothing while something is drawn, a chat waits, and its model comes back", async () => {
    expect(await talk()).toBe(200);
    expect(await loaded()).toEqual([SMOLLM]);
    card.holdDrawings();
    const drawing = post(lodestar.apiUrl, "/v1/images/generations", PICTURE);
    await eventually("it draws", () => card.drawn.length === 1);
    expect(await loaded()).toEqual([]);
    const talking = talk();
    card.finish();
    const { data } = (await objectOf(await drawing)) as { data?: { b64_json: string }[] };
    expect(chunksOf(data?.[0]?.b64_json ?? "")).toEqual(["IHDR", "IDAT", "IEND"]);
    expect(await talking).toBe(200);
    expect(await loaded()).toEqual([SMOLLM]);
    expect((await lodestar.rows()).map(({ endpoint, state, costNanoUsd }) => [endpoint, state, costNanoUsd])).toEqual([
      ["chat", "final", 0],
      ["images", "final", 0],
      ["chat", "final", 0],
    ]);
  }, 60_000);

  test("a client that leaves gives the card back, and what was loaded comes back by itself", async () => {
    expect(await talk()).toBe(200);
    card.holdDrawings();
    const client = new AbortController();
    const drawing = post(lodestar.apiUrl, "/v1/images/generations", PICTURE, { signal: client.signal }).catch(
      () => null,
    );
    await eventually("it draws", () => card.drawn.length === 2);
    client.abort();
    await drawing;
    await eventually("the model is back", async () => (await loaded()).includes(SMOLLM));
    expect(card.log.slice(-3)).toEqual(["interrupt", "drawn", "give back"]);
  }, 60_000);

  test("`models --draws` lists what draws, for nothing", async () => {
    const { code, stdout } = await lodestar.cli("models", "--draws");
    expect(code).toBe(0);
    expect(stdout).toMatch(/stable-diffusion\/default .*free.*draws/);
    expect(stdout).not.toContain(SMOLLM);
  }, 30_000);
});
