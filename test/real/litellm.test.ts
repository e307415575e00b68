import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chatChunks, chatReply } from "../support/chat-chunks.ts";
import { type Behaviour, type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { type RunningLodestar, runLodestar, startLodestar, stopLodestars } from "./driver.ts";
import { type Engine, LITELLM_KEY, NO_LITELLM_REASON, startLiteLlm } from "./engines.ts";
import { CHAT_DIALECTS, CHAT_WIRES, objectOf, post } from "./http.ts";

const MODEL = "litellm/mock-fast";
const OPENAI = CHAT_WIRES["openai-chat"];
const USAGE = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };

describe.skipIf(NO_LITELLM_REASON !== "")(`with a real LiteLLM proxy as upstream ${NO_LITELLM_REASON}`, () => {
  let behaviour: Behaviour = { kind: "hang" };
  let mock: FakeUpstream;
  let proxy: Engine;
  let lodestar: RunningLodestar;

  beforeAll(async () => {
    mock = await startFakeUpstream(() => behaviour);
    proxy = await startLiteLlm(mock.url);
    lodestar = await startLodestar({
      config: `
providers: { litellm: { baseUrl: "${proxy.url}/v1", key: env:LITELLM_KEY } }
prices: { overrides: { litellm/mock-fast: { input: 1, output: 2 } } }
retries: { attempts: 1 }
breaker: { off: true }`,
      env: { LITELLM_KEY },
    });
  }, 120_000);

  afterAll(async () => {
    await stopLodestars();
    await proxy.stop();
    await mock.stop();
  });

  for (const dialect of CHAT_DIALECTS) {
    const wire = CHAT_WIRES[dialect];

    test(`${dialect}: a whole reply comes through both, and is priced by the counts that the proxy passes on`, async () => {
      behaviour = { kind: "json", body: chatReply("hello from behind", USAGE) };
      const response = await post(lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", false, 9));
      const reply = await objectOf(response);
      expect(response.status).toBe(200);
      expect(wire.textOf(reply)).toBe("hello from behind");
      expect(wire.costOf(reply)).toBe(0.00004);
      expect((await lodestar.rows()).at(-1)).toMatchObject({
        state: "final",
        provider: "litellm",
        model: "mock-fast",
        usage: { input: { uncached: 20 }, output: { text: 10 } },
        costNanoUsd: 40_000,
      });
    }, 30_000);

    test(`${dialect}: a stream comes through both, event by event, with the same price`, async () => {
      behaviour = { kind: "stream", chunks: chatChunks(["hello ", "from ", "behind"], USAGE), everyMs: 20 };
      const response = await post(lodestar.apiUrl, wire.path, wire.request(MODEL, "hello", true, 9));
      const text = await response.text();
      expect(wire.streamText(text)).toBe("hello from behind");
      expect(wire.isWhole(text)).toBe(true);
      expect((await lodestar.rows()).at(-1)).toMatchObject({ state: "final", costNanoUsd: 40_000, isStream: true });
    }, 30_000);
  }

  test("a wrong key for the proxy is told as the provider's fault, not the client's", async () => {
    const wrong = await startLodestar({
      config: `providers: { litellm: { baseUrl: "${proxy.url}/v1", key: env:LITELLM_KEY } }`,
      env: { LITELLM_KEY: "sk-not-the-one" },
    });
    const response = await post(wrong.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", false, 9));
    expect(response.status).toBe(502);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: "provider_auth_failed" } });
    expect(body).not.toContain("sk-not-the-one");
    expect(await wrong.rows()).toMatchObject([{ state: "failed", fault: { kind: "auth" }, costNanoUsd: 0 }]);
  }, 30_000);

  test("an alias that the proxy does not have is a 404 in words of its own", async () => {
    const response = await post(lodestar.apiUrl, OPENAI.path, OPENAI.request("litellm/absent", "hello", false, 9));
    expect(await response.text()).toContain("absent");
    expect(response.status).toBe(404);
  }, 30_000);

  test("a dead provider behind the proxy is a failure of the proxy's, and the next target answers", async () => {
    behaviour = { kind: "reset" };
    const second = await startFakeUpstream(() => ({ kind: "json", body: chatReply("from the second") }));
    const chained = await startLodestar({
      config: `
providers:
  litellm: { baseUrl: "${proxy.url}/v1", key: env:LITELLM_KEY }
  second: { dialect: openai-chat, baseUrl: "${second.url}/v1" }
retries: { attempts: 1 }
chains: { default: [${MODEL}, second/m] }`,
      env: { LITELLM_KEY },
    });
    const response = await post(chained.apiUrl, OPENAI.path, OPENAI.request("auto", "hello", false, 9));
    expect(response.status).toBe(200);
    expect(OPENAI.textOf(await objectOf(response))).toBe("from the second");
    expect((await chained.rows()).map((row) => [row.provider, row.state])).toEqual([
      ["litellm", "failed"],
      ["second", "final"],
    ]);
    await second.stop();
  }, 60_000);

  test("its /health, which sends a paid completion to every deployment, is never asked", async () => {
    await lodestar.cli("status", "--json");
    await lodestar.cli("doctor", "--json");
    await lodestar.cli("models", "--json");
    const asked = proxy.log().match(/"(?:GET|POST) \S+ HTTP/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((line) => / \/health(?:[ ?]|$)/.test(line))).toEqual([]);
  }, 30_000);

  test("its port, wanted by us too, is told as its own, with the line that makes it an upstream", async () => {
    const { port } = new URL(proxy.url);
    const refused = await runLodestar(["serve", `--port=${port}`, "--admin-port=0"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`port ${port} is taken by a LiteLLM proxy`);
    const [line = ""] = /providers: .*/.exec(refused.stderr) ?? [];
    const followed = await startLodestar({
      config: `${line}\nretries: { attempts: 1 }`,
      env: { LITELLM_API_KEY: LITELLM_KEY },
    });
    behaviour = { kind: "json", body: chatReply("hello from behind", USAGE) };
    const response = await post(followed.apiUrl, OPENAI.path, OPENAI.request(MODEL, "hello", false, 9));
    expect(response.status).toBe(200);
  }, 30_000);
});
