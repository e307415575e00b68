import { describe, expect, test } from "bun:test";
import { isCloudModel } from "../../src/core/cloud-model.ts";
import { ollamaCatalogue } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

const CLOUD = "qwen3-coder:480b-cloud";
const MESSAGES = [{ role: "user", content: "hello there" }];

function answer(model: string): object {
  return {
    model,
    created_at: "2026-11-22T12:00:00Z",
    message: { role: "assistant", content: "hello" },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 900,
    eval_count: 30,
  };
}

async function world(installed: readonly string[], config = "") {
  const upstream = await fake(({ path, body }) => {
    if (path !== "/api/chat")
      return {
        kind: "json",
        body:
          ollamaCatalogue(
            path,
            installed.map((name) => ({ name })),
          ) ?? {},
      };
    return { kind: "json", body: answer((JSON.parse(body) as { model: string }).model) };
  });
  const opened = await gateway(config, { OLLAMA_HOST: upstream.url });
  const ask = (model: string) => opened.fetch("/v1/chat/completions", { json: { model, messages: MESSAGES } });
  const asked = () => upstream.calls.filter(({ path }) => path === "/api/chat").map(({ body }) => JSON.parse(body));
  return { ...opened, ask, asked };
}

describe("a model of Ollama's cloud", () => {
  test("is told by its name alone", () => {
    expect(["gpt-oss:20b-cloud", "x:cloud", "X:Cloud"].map(isCloudModel)).toEqual([true, true, true]);
    expect(["cloud:7b", "cloudy", "x:7b"].map(isCloudModel)).toEqual([false, false, false]);
  });

  test("is never what `free` means, even where it is all there is or stands first in the configuration", async () => {
    const both = await world([CLOUD, "small:1b"]);
    expect((await both.ask("free")).headers.get("x-lodestar-model")).toBe("small:1b");
    const alone = await world([CLOUD]);
    expect(((await (await alone.ask("free")).json()) as { error: object }).error).toMatchObject({
      code: "no_local_model",
    });
    const listed = await world(["small:1b", CLOUD], `providers: { ollama: { models: ["${CLOUD}", "small:1b"] } }`);
    expect((await listed.ask("free")).headers.get("x-lodestar-model")).toBe("small:1b");
    expect(listed.asked().map(({ model }) => model)).toEqual(["small:1b"]);
  });

  test("is not what a pattern or a built-in name for local models leads to", async () => {
    const opened = await world(["llama4:cloud", "llama3.2:3b", "small:1b"], "aliases: { own: ollama/llama4* }");
    expect((await opened.ask("local-llama")).headers.get("x-lodestar-model")).toBe("llama3.2:3b");
    expect((await opened.ask("own")).status).not.toBe(200);
    expect(opened.asked().map(({ model }) => model)).toEqual(["llama3.2:3b"]);
  });

  test("has an unknown cost and saves nothing when it is asked by name, and gets no options of a local runner", async () => {
    const opened = await world([CLOUD, "small:1b"]);
    const reply = (await (await opened.ask(`ollama/${CLOUD}`)).json()) as { readonly usage: object };
    expect(reply.usage).toMatchObject({ cost: null });
    expect(await opened.rows()).toMatchObject([
      { model: CLOUD, state: "final", costNanoUsd: null, costReason: "no-price", savedNanoUsd: null },
    ]);
    expect(opened.asked()[0]).not.toHaveProperty("options.num_ctx");
    expect(opened.asked()[0]).not.toHaveProperty("keep_alive");
  });

  test("does not pass a budget for nothing", async () => {
    const budget = "budgets: [{ scope: global, period: day, limitUsd: 1 }]";
    const opened = await world([CLOUD, "small:1b"], budget);
    expect((await opened.ask("ollama/small:1b")).status).toBe(200);
    expect((await opened.ask(`ollama/${CLOUD}`)).status).not.toBe(200);
    expect(opened.asked().map(({ model }) => model)).toEqual(["small:1b"]);
  });

  test("is listed without a price, where a local model is listed at 0", async () => {
    const opened = await world([CLOUD, "small:1b"]);
    const listing = (await (await opened.fetch("/v1/models")).json()) as { data: readonly { id: string }[] };
    const find = (name: string) => listing.data.find(({ id }) => id === `ollama/${name}`);
    expect(find(CLOUD)).toMatchObject({ pricing: { prompt: null, completion: null } });
    expect(find("small:1b")).toMatchObject({ pricing: { prompt: "0", completion: "0" } });
  });

  test("costs what an override says", async () => {
    const opened = await world([CLOUD], `prices: { overrides: { "ollama/${CLOUD}": { input: 1, output: 2 } } }`);
    const reply = (await (await opened.ask(`ollama/${CLOUD}`)).json()) as { readonly usage: { readonly cost: number } };
    expect(reply.usage.cost).toBeCloseTo(0.00096, 8);
  });
});
