import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { catalogueFiles, mergeSources, modelLine, providerLine } from "../../scripts/generate/providers-catalogue.ts";
import {
  rawModel,
  type Source,
  type SourceModel,
  type SourceProvider,
} from "../../scripts/generate/providers-source.ts";
import { PROVIDER_NAME } from "../../src/config/schema-values.ts";
import { bundledCatalogue } from "../../src/host/prices/catalogue.ts";
import { storeSecret } from "../../src/host/secrets.ts";
import { findProvider, PROVIDERS } from "../../src/providers/_all.ts";
import { findInCatalogue, listCatalogue, providersWithKey } from "../../src/providers/catalogue.ts";
import { complaints, loaded, makeSandbox } from "../config/sandbox.ts";

const KEY = "sk-1234567890abcdef";
const ORACLE = `${process.env.LODESTAR_TEST_DATA ?? `${import.meta.dir}/../../../shared`}/data/prices/models-dev.json`;
const hasOracle = existsSync(ORACLE);

describe("the bundled catalogue", () => {
  const listed = listCatalogue();

  test("holds well over a hundred providers beside the declared ones, sorted and each once", () => {
    const ids = listed.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(150);
    expect(ids).toEqual([...new Set(ids)].toSorted());
    for (const { id, priceId } of PROVIDERS)
      expect([findInCatalogue(id), findInCatalogue(priceId ?? id)]).toEqual([undefined, undefined]);
  });

  test("each is reached by https, with a key from a named variable, under an id that a configuration can use", () => {
    for (const { id, name, endpoints, auth, keyEnv, headers } of listed) {
      expect(id).toMatch(PROVIDER_NAME);
      expect(name).not.toBe("");
      expect(keyEnv.length).toBeGreaterThan(0);
      for (const variable of keyEnv) expect(variable).toMatch(/^[A-Z0-9_]+$/);
      const [endpoint] = endpoints;
      expect(["openai-chat", "openai-responses", "anthropic"]).toContain(endpoint?.dialect ?? "");
      const url = new URL(endpoint?.baseUrl ?? "");
      expect([url.protocol, url.search, url.hash, url.username, url.href.endsWith("/")]).toEqual([
        "https:",
        "",
        "",
        "",
        false,
      ]);
      const isMessages = endpoint?.dialect === "anthropic";
      expect(auth).toEqual(isMessages ? { kind: "header", header: "x-api-key" } : { kind: "bearer" });
      expect(headers).toEqual(isMessages ? { "anthropic-version": "2023-06-01" } : undefined);
    }
  });

  test("a declaration wins over the catalogue, and both are found by id", () => {
    expect(findProvider("deepseek")).toBe(PROVIDERS[0]);
    expect(findProvider("siliconflow")?.endpoints).toEqual([
      { dialect: "openai-chat", baseUrl: "https://api.siliconflow.com/v1" },
    ]);
    expect(findProvider("no-such-provider")).toBeUndefined();
  });

  test("the model that stands for a provider is one of its own", () => {
    for (const { id, models } of listed) {
      if (models.strong !== undefined) expect(bundledCatalogue(id)?.models.has(models.strong.toLowerCase())).toBe(true);
    }
  });

  test("unknown ids, and ids that look like its own marks, find nothing", () => {
    for (const id of ["", "nobody", "302ai 0", "\n@302ai", "# cline"]) expect(bundledCatalogue(id)).toBeUndefined();
  });
});

describe("a provider of the catalogue is active", () => {
  const idsOf = (environment: Record<string, string>, file?: string) =>
    loaded(makeSandbox(file).load(environment)).settings.providers.map(({ provider }) => provider.id);

  test("when a variable of its own holds a key", () => {
    expect(idsOf({ SILICONFLOW_API_KEY: KEY })).toEqual(["ollama", "siliconflow"]);
    expect(idsOf({ SILICONFLOW_API_KEY: " " })).toEqual(["ollama"]);
  });

  test("when the configuration names it, whatever variable its key is in", () => {
    const file =
      "providers:\n  zhipuai: { key: env:ZHIPU_API_KEY }\n  second: { extends: novita-ai, key: env:OTHER }\n";
    expect(idsOf({ ZHIPU_API_KEY: KEY, OTHER: KEY }, file)).toEqual(["zhipuai", "second", "zai", "ollama"]);
  });

  test("when its key was stored", () => {
    const sandbox = makeSandbox();
    mkdirSync(sandbox.stateDir, { recursive: true, mode: 0o700 });
    expect(storeSecret(sandbox.stateDir, "siliconflow", KEY).ok).toBe(true);
    const found = loaded(sandbox.load()).settings.providers.find(({ provider }) => provider.id === "siliconflow");
    expect(found).toMatchObject({ origin: "stored", accounts: [{ key: KEY }] });
  });

  test("but not by a variable that another provider takes its key from too", () => {
    expect(idsOf({ ZHIPU_API_KEY: KEY })).toEqual(["zai", "ollama"]);
    expect(idsOf({ STEPFUN_API_KEY: KEY })).toEqual(["ollama"]);
    const shared = providersWithKey((name) => name === "MOONSHOT_API_KEY", PROVIDERS);
    expect(shared).toEqual([]);
  });
});

const BASE: SourceProvider = {
  id: "acme",
  name: "Acme",
  protocol: "openai-chat",
  baseUrl: "https://api.acme.test/v1",
  env: ["ACME_API_KEY"],
  defaultModel: undefined,
};
const MODEL: SourceModel = {
  id: "m",
  context: 1000,
  output: 100,
  tools: true,
  images: false,
  reasoning: true,
  input: 2,
  outputPrice: 4,
  cacheRead: undefined,
  cacheWrite: undefined,
};

function lineOf(provider: Partial<SourceProvider>, models: readonly SourceModel[] = []): string | null {
  const entry = { id: provider.id ?? BASE.id, source: 0, provider: { ...BASE, ...provider }, models };
  return providerLine(entry);
}

describe("reading the sources", () => {
  test.each([
    ["a plain one", {}, "acme\tAcme\topenai-chat\thttps://api.acme.test/v1\tACME_API_KEY\t"],
    [
      "a call's path is no part of the base",
      { baseUrl: "https://a.test/v1/chat/completions" },
      "acme\tAcme\topenai-chat\thttps://a.test/v1\tACME_API_KEY\t",
    ],
    [
      "Messages stand below /v1",
      { protocol: "anthropic", baseUrl: "https://a.test/anthropic/" },
      "acme\tAcme\tanthropic\thttps://a.test/anthropic/v1\tACME_API_KEY\t",
    ],
    ["an address with a blank to fill in", { baseUrl: "https://$" + "{ACME_HOST}/v1" }, null],
    ["an address on this machine", { baseUrl: "http://127.0.0.1:1/v1" }, null],
    ["a wire format that is not spoken", { protocol: "gemini" }, null],
    ["a key that is more than a key", { env: ["ACME_ACCOUNT_ID", "ACME_API_KEY"] }, null],
    ["a provider that is declared by hand", { id: "deepseek" }, null],
  ])("provider: %s", (_, provider, line) => {
    expect(lineOf(provider)).toBe(line);
  });

  test("a default model that is not listed is left out", () => {
    expect(lineOf({ defaultModel: "gone" }, [MODEL])).toEndWith("\t");
    expect(lineOf({ defaultModel: "m" }, [MODEL])).toEndWith("\tm");
  });

  test.each([
    ["plain", {}, ["m", 1000, 100, "tr", 2, 4]],
    ["with caching", { cacheRead: 0.2, cacheWrite: 2.5 }, ["m", 1000, 100, "tr", 2, 4, 0.2, 2.5]],
    ["writes alone", { cacheWrite: 2.5 }, ["m", 1000, 100, "tr", 2, 4, null, 2.5]],
    ["a cached token dearer than a fresh one is a slip", { cacheRead: 3 }, ["m", 1000, 100, "tr", 2, 4]],
    ["no price", { input: undefined }, ["m", 1000, 100, "tr"]],
    ["a plan's or a trial's 0 is no price", { input: 0, outputPrice: 0 }, ["m", 1000, 100, "tr"]],
    ["free by name", { id: "m:free", input: 0, outputPrice: 0 }, ["m:free", 1000, 100, "tr", 0, 0]],
    ["given away", { id: "glm-4.7-flash", input: 0, outputPrice: 0 }, ["glm-4.7-flash", 1000, 100, "tr", 0, 0]],
    ["an output limit above the context is unknown", { output: 2000 }, ["m", 1000, 0, "tr", 2, 4]],
    ["no context", { context: 0 }, ["m", 0, 0, "tr", 2, 4]],
  ])("model: %s", (_, model, line) => {
    expect(JSON.parse(modelLine({ ...MODEL, ...model }))).toEqual(line);
  });

  test.each([
    ["cache_read", "cache_write"],
    ["cache_input", "cached_write"],
    ["cached_input", "cached_write"],
  ])("the spellings %s and %s both name cache prices", (read, write) => {
    const model = rawModel({ id: "m", cost: { input: 2, output: 4, [read]: 0.5, [write]: 3 } });
    expect(model).toMatchObject({ cacheRead: 0.5, cacheWrite: 3 });
  });

  const source = (name: string, ids: readonly string[]): Source => ({
    name,
    date: "2026-01-01",
    providers: ids.map((id) => ({ ...BASE, id })),
    models: Object.fromEntries(ids.map((id) => [id, [{ ...MODEL, id: `${name}-${id}` }]])),
  });

  test("the first source that has a provider gives all of it, under the id of the price data", () => {
    const merged = mergeSources([source("one", ["xai", "b"]), source("two", ["x-ai", "c", "claude-code"])]);
    expect(merged.map(({ id, source: from, models }) => [id, from, models[0]?.id])).toEqual([
      ["b", 0, "one-b"],
      ["c", 1, "two-c"],
      ["x-ai", 0, "one-xai"],
    ]);
  });

  test("text that would end the template is refused", () => {
    const bad = { ...source("one", []), models: { acme: [{ ...MODEL, id: "`" }] } };
    expect(() => catalogueFiles([bad])).toThrow("template literal");
  });
});

describe("Azure stands at an address of the customer's own", () => {
  const endpointsOf = (environment: Record<string, string>) =>
    loaded(makeSandbox().load(environment)).settings.providers.find(({ provider }) => provider.id === "azure")?.provider
      .endpoints;

  test.each([
    ["https://mine.openai.azure.com", "https://mine.openai.azure.com/openai/v1"],
    ["https://mine.openai.azure.com/", "https://mine.openai.azure.com/openai/v1"],
    ["https://mine.openai.azure.com/openai/v1/", "https://mine.openai.azure.com/openai/v1"],
    [
      "https://mine.services.ai.azure.com/api/projects/p/openai/v1",
      "https://mine.services.ai.azure.com/api/projects/p/openai/v1",
    ],
  ])("%s is asked at %s", (given, baseUrl) => {
    const endpoints = endpointsOf({ AZURE_OPENAI_ENDPOINT: given, AZURE_OPENAI_API_KEY: KEY });
    expect(endpoints).toEqual([
      { dialect: "openai-chat", baseUrl },
      { dialect: "openai-responses", baseUrl },
    ]);
  });

  test("a key without an address is told and not used", () => {
    const load = loaded(makeSandbox().load({ AZURE_OPENAI_API_KEY: KEY }));
    expect(load.settings.providers.map(({ provider }) => provider.id)).toEqual(["ollama"]);
    expect(load.findings).toContainEqual({
      level: "warning",
      subject: "azure",
      message: "AZURE_OPENAI_API_KEY is set, but its address is not: set AZURE_OPENAI_ENDPOINT",
    });
  });

  test("a block without an address is refused with both ways to give one", () => {
    const sandbox = makeSandbox("providers:\n  azure: { key: env:AZURE_OPENAI_API_KEY }\n");
    const complaint = complaints(sandbox.load({ AZURE_OPENAI_API_KEY: KEY }));
    expect(complaint).toContain("has no address");
    expect(complaint).toContain("Add `baseUrl: https://resource.openai.azure.com`, or set AZURE_OPENAI_ENDPOINT");
  });
});

interface OracleProvider {
  readonly npm: string;
  readonly api?: string;
  readonly env: readonly string[];
  readonly models: Readonly<Record<string, { readonly cost?: { readonly input: number; readonly output: number } }>>;
}

test.skipIf(!hasOracle)(
  `the catalogue knows the providers of models.dev, their addresses and prices${hasOracle ? "" : " (no test data)"}`,
  () => {
    const oracle: Readonly<Record<string, OracleProvider>> = JSON.parse(readFileSync(ORACLE, "utf8")).providers;
    const compatible = Object.entries(oracle).filter(
      ([, { npm, api = "" }]) => /^@ai-sdk\/(?:openai-compatible|anthropic)$/.test(npm) && /^https:[^$]+$/.test(api),
    );
    const known = compatible.flatMap(([id, { api = "" }]) => {
      const ours = { "fireworks-ai": "fireworks", moonshotai: "moonshot", "github-models": "github" }[id] ?? id;
      const found = findProvider(ours);
      return found === undefined
        ? []
        : [{ id, isSameUrl: found.endpoints.some(({ baseUrl }) => api.startsWith(baseUrl)) }];
    });
    const missing = compatible.map(([id]) => id).filter((id) => !known.some((one) => one.id === id));
    const moved = known.filter(({ isSameUrl }) => !isSameUrl).map(({ id }) => id);
    console.log(
      `providers: ${known.length} of ${compatible.length}, elsewhere now: ${moved.join(" ")}, absent: ${missing.join(" ")}`,
    );
    expect(known.length / compatible.length).toBeGreaterThan(0.9);
    expect(moved.length).toBeLessThan(12);

    const both = Object.entries(oracle).flatMap(([id, { models }]) =>
      Object.entries(models).flatMap(([model, { cost }]) => {
        const rates = bundledCatalogue(id)?.models.get(model.toLowerCase())?.rates;
        return rates === undefined || cost === undefined
          ? []
          : [rates.input === cost.input && rates.output === cost.output];
      }),
    );
    const same = both.filter(Boolean).length;
    console.log(`prices: ${same} of ${both.length} models in both are the same twelve weeks apart`);
    expect(both.length).toBeGreaterThan(2_000);
    expect(same / both.length).toBeGreaterThan(0.85);
  },
);
