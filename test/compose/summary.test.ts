import { describe, expect, test } from "bun:test";
import { summarize } from "../../src/compose/summary.ts";
import { ollamaCatalogue } from "../support/other-replies.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway } = createWorld();

function ollamaWith(...names: readonly string[]) {
  return fake(({ path }) => ({
    kind: "json",
    body:
      ollamaCatalogue(
        path,
        names.map((name) => ({ name })),
      ) ?? {},
  }));
}

describe("what was found at the start", () => {
  test("with nothing at all: what is missing, and both ways on", async () => {
    const summary = summarize((await gateway("")).opening);
    expect(summary.providers).toEqual([]);
    expect(summary.ollama).toBeNull();
    expect(summary.missing.join("\n")).toContain("ollama: nothing answers at http://127.0.0.1:9");
    expect(summary.nextSteps.length).toBe(2);
    expect(summary.nextSteps.join("\n")).toContain("ollama pull");
    expect(summary.nextSteps.join("\n")).toContain("lodestar provider add");
    expect(summary.keyRequired).toBe(false);
    expect(summary.priceDate).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test("with an Ollama that has models: nothing more to do", async () => {
    const { url } = await ollamaWith("qwen:3b");
    const summary = summarize((await gateway("", { OLLAMA_HOST: url })).opening);
    expect(summary).toMatchObject({ ollama: { url, models: ["qwen:3b"] }, nextSteps: [] });
  });

  test("with an Ollama without models: which one to pull", async () => {
    const { url } = await ollamaWith();
    const summary = summarize((await gateway("", { OLLAMA_HOST: url })).opening);
    expect(summary.nextSteps).toEqual([expect.stringContaining("ollama pull")]);
  });

  test("with a key in the environment: nothing more to do, and the key is not told", async () => {
    const opened = await gateway("", { DEEPSEEK_API_KEY: "sk-deepseek-0123456789" });
    const summary = summarize(opened.opening);
    expect(summary.providers).toEqual([{ id: "deepseek", keySource: "env:DEEPSEEK_API_KEY", origin: "environment" }]);
    expect(summary.nextSteps).toEqual([]);
    expect(JSON.stringify(summary)).not.toContain("sk-deepseek");
  });

  test("with a server of one's own that needs no key: nothing more to do", async () => {
    const config =
      'providers: { lab: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1", models: [m], local: true } }';
    expect(summarize((await gateway(config)).opening).nextSteps).toEqual([]);
  });

  test("says when a client key is needed", async () => {
    const opened = await gateway("");
    opened.opening.keyring.mint({ name: "me", project: null, expiresAt: null, models: [] });
    expect(summarize(opened.opening).keyRequired).toBe(true);
  });
});
