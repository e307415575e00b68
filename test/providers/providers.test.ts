import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { generateProviderRegistry } from "../../scripts/generate/providers.ts";
import { createPriceBook } from "../../src/host/prices/book.ts";
import { PRICE_DATA_JSON } from "../../src/host/prices/data.gen.ts";
import { findProvider, PROVIDERS } from "../../src/providers/_all.ts";

const FOLDER = `${import.meta.dir}/../../src/providers`;

/** What a proxy serves has no price of its own: null, never 0, unless the user gives prices. */
const UNPRICED = ["litellm"];
const PRICED: Readonly<Record<string, unknown>> = JSON.parse(PRICE_DATA_JSON).providers;

/** The variables that users already have set: changing one breaks them. */
const KEY_VARIABLES: Readonly<Record<string, string | undefined>> = {
  deepseek: "DEEPSEEK_API_KEY",
  openai: "OPENAI_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  google: "GEMINI_API_KEY",
  xai: "XAI_API_KEY",
  mistral: "MISTRAL_API_KEY",
  groq: "GROQ_API_KEY",
  cerebras: "CEREBRAS_API_KEY",
  openrouter: "OPENROUTER_API_KEY",
  alibaba: "DASHSCOPE_API_KEY",
  moonshot: "MOONSHOT_API_KEY",
  zai: "ZHIPU_API_KEY",
  minimax: "MINIMAX_API_KEY",
  ollama: undefined,
};

describe("the registry", () => {
  test("is fresh", () => {
    for (const file of generateProviderRegistry()) {
      expect(readFileSync(`${FOLDER}/../../${file.path}`, "utf8")).toBe(file.text);
    }
  });

  test("holds every declaration once, under the name of its file", () => {
    const files = readdirSync(FOLDER).filter(
      (name) => /^[a-z0-9-]+\.ts$/.test(name) && !["provider.ts", "catalogue.ts"].includes(name),
    );
    expect(PROVIDERS.map((provider) => `${provider.id}.ts`).toSorted()).toEqual(files.toSorted());
    expect(PROVIDERS.length).toBeGreaterThanOrEqual(27);
    for (const provider of PROVIDERS) expect(findProvider(provider.id)).toBe(provider);
    expect(findProvider("nobody")).toBeUndefined();
  });

  test("begins with the providers that the documentation names first", () => {
    expect(PROVIDERS.slice(0, 13).map((provider) => provider.id)).toEqual(Object.keys(KEY_VARIABLES).slice(0, 13));
  });

  test("each declaration is data on one screen", () => {
    for (const { id } of PROVIDERS) {
      const text = readFileSync(`${FOLDER}/${id}.ts`, "utf8");
      expect(text.split("\n").length).toBeLessThanOrEqual(60);
      expect(text).not.toContain("=>");
    }
  });
});

describe.each(PROVIDERS.map((provider) => [provider.id, provider] as const))("%s", (id, provider) => {
  test("stands at addresses that a path can be appended to", () => {
    for (const { baseUrl, dialect } of provider.endpoints) {
      const url = new URL(baseUrl);
      expect(baseUrl.endsWith("/")).toBe(false);
      expect([url.search, url.hash, url.username]).toEqual(["", "", ""]);
      expect(url.protocol).toBe(url.hostname === "127.0.0.1" ? "http:" : "https:");
      if (dialect === "anthropic") expect(baseUrl).toEndWith("/v1");
    }
  });

  test("has all endpoints below its documented base, so that they move together", () => {
    const [first] = provider.endpoints;
    for (const { baseUrl } of provider.endpoints) expect(baseUrl.startsWith(first?.baseUrl ?? "?")).toBe(true);
    const dialects = provider.endpoints.map((endpoint) => endpoint.dialect);
    expect(new Set(dialects).size).toBe(dialects.length);
  });

  test("speaks a dialect that Lodestar speaks", () => {
    const spoken = ["openai-chat", "anthropic", "ollama"];
    expect(provider.endpoints.some((endpoint) => spoken.includes(endpoint.dialect))).toBe(true);
  });

  test("takes its key from the usual variable", () => {
    expect(provider.keyEnv.every((name) => /^[A-Z][A-Z0-9_]+$/.test(name))).toBe(true);
    if (Object.hasOwn(KEY_VARIABLES, id)) expect(provider.keyEnv[0]).toBe(KEY_VARIABLES[id] as string);
    expect(provider.keyUrl === undefined).toBe(new URL(provider.endpoints[0]?.baseUrl ?? "").hostname === "127.0.0.1");
  });

  test("is priced, local, or known to be neither", () => {
    const isKnown = Object.hasOwn(PRICED, provider.priceId ?? id);
    const isUnpriced = UNPRICED.includes(id);
    expect([isKnown, provider.isLocal === true, isUnpriced].filter(Boolean)).toHaveLength(1);
  });

  test("sends the version header with Messages", () => {
    const hasMessages = provider.endpoints[0]?.dialect === "anthropic";
    if (hasMessages) expect(provider.headers?.["anthropic-version"]).toBe("2023-06-01");
  });
});

describe("the models that a declaration names", () => {
  const prices = createPriceBook({
    overrides: {},
    isLocalProvider: () => false,
    priceIdOf: (id) => findProvider(id)?.priceId,
  });
  const named = PROVIDERS.flatMap(({ id, models }) =>
    [...new Set([models.strong, models.cheap])].flatMap((model) => (model === undefined ? [] : [[id, model] as const])),
  );

  test.each(named)("%s/%s has a price", (id, model) => {
    expect(prices.priceOf(id, model, Date.UTC(2026, 10, 20, 12))).not.toBeNull();
  });
});

describe("keys go where each provider wants them", () => {
  test.each([
    ["anthropic", "x-api-key"],
    ["minimax", "x-api-key"],
    ["google", "x-goog-api-key"],
    ["azure", "api-key"],
  ])("%s: %s", (id, header) => expect(findProvider(id)?.auth).toEqual({ kind: "header", header }));

  test("Google's chat endpoint wants a bearer token", () => {
    const chat = findProvider("google")?.endpoints.find((endpoint) => endpoint.dialect === "openai-chat");
    expect(chat?.auth).toEqual({ kind: "bearer" });
  });
});
