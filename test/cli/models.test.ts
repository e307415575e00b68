import { describe, expect, test } from "bun:test";
import { catalogueViews } from "../../src/compose/catalogue.ts";
import type { CatalogueModelView } from "../../src/core/admin-view.ts";
import { success } from "../../src/core/result.ts";
import { run } from "./harness.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

function view(id: string, more: Partial<CatalogueModelView> = {}): CatalogueModelView {
  const [provider = "", ...rest] = id.split("/");
  return {
    id,
    provider,
    model: rest.join("/"),
    aliases: [],
    inputUsd: 1,
    outputUsd: 2,
    isLocal: false,
    contextTokens: 128_000,
    maxOutputTokens: 8_000,
    canUseTools: true,
    canReadImages: false,
    canReason: false,
    keyEnv: "ACME_API_KEY",
    isKeySet: false,
    priceSource: "table 1, 2026-01-01",
    ...more,
  };
}

const CATALOGUE: readonly CatalogueModelView[] = [
  view("acme/small"),
  view("acme/eyes", { inputUsd: 3, outputUsd: 9, canReadImages: true, isKeySet: true, contextTokens: 1_000_000 }),
  view("other/thinker", { keyEnv: "OTHER_API_KEY", canReason: true, canUseTools: null, inputUsd: 0.1, outputUsd: 0.5 }),
  view("other/gift", { keyEnv: "OTHER_API_KEY", inputUsd: 0, outputUsd: 0, contextTokens: null }),
  view("other/riddle", { keyEnv: null, inputUsd: null, outputUsd: null, canUseTools: null, contextTokens: 32_000 }),
];

function models(...args: readonly string[]) {
  return run(["models", "--all", ...args], { backend: { listCatalogue: () => CATALOGUE } });
}

async function idsOf(...args: readonly string[]): Promise<readonly string[]> {
  const parsed: { models: { id: string }[] } = JSON.parse((await models(...args, "--json")).out);
  return parsed.models.map(({ id }) => id);
}

describe("models --all", () => {
  test("shows what each costs and can, and which variable would enable it", async () => {
    expect((await models()).out).toMatchInlineSnapshot(`
      "model          in / 1M  out / 1M    context  can           key
      acme/small          $1        $2    128,000  tools         ACME_API_KEY
      acme/eyes           $3        $9  1,000,000  tools images  ACME_API_KEY is set
      other/thinker     $0.1      $0.5    128,000  reasoning     OTHER_API_KEY
      other/gift        free      free             tools         OTHER_API_KEY
      other/riddle   unknown   unknown     32,000
      "
    `);
  });

  test.each([
    [["thinker"], ["other/thinker"]],
    [["OTHER", "reasoning"], ["other/thinker"]],
    [
      ["--provider", "acme"],
      ["acme/small", "acme/eyes"],
    ],
    [
      ["--max-price", "2"],
      ["acme/small", "other/thinker", "other/gift"],
    ],
    [
      ["--max-price", "$0.5"],
      ["other/thinker", "other/gift"],
    ],
    [
      ["--min-context", "128k"],
      ["acme/small", "acme/eyes", "other/thinker"],
    ],
    [["--min-context", "1M"], ["acme/eyes"]],
    [
      ["--min-context", "32000", "--provider", "other"],
      ["other/thinker", "other/riddle"],
    ],
    [["--tools"], ["acme/small", "acme/eyes", "other/gift"]],
    [["--images"], ["acme/eyes"]],
    [["--reasoning"], ["other/thinker"]],
    [["--free"], ["other/gift"]],
    [
      ["--sort", "price"],
      ["other/gift", "other/thinker", "acme/small", "acme/eyes", "other/riddle"],
    ],
    [
      ["--sort", "context"],
      ["acme/eyes", "acme/small", "other/thinker", "other/riddle", "other/gift"],
    ],
    [
      ["--sort", "name"],
      ["acme/eyes", "acme/small", "other/gift", "other/riddle", "other/thinker"],
    ],
  ])("%p gives %p", async (args, ids) => {
    expect(await idsOf(...args)).toEqual(ids);
  });

  test.each([
    ["--max-price", "cheap", "--max-price cheap is no number of dollars"],
    ["--max-price", "-1", "--max-price -1 is no number of dollars"],
    ["--min-context", "10g", "--min-context 10g is no number of tokens"],
  ])("%s %s is refused as a usage error", async (flag, value, message) => {
    const refused = await models(`${flag}=${value}`);
    expect([refused.code, refused.out]).toEqual([2, ""]);
    expect(refused.err).toContain(message);
  });

  test.each([
    ["acmee", 'no provider that Lodestar knows is called "acmee". Did you mean "acme"?'],
    ["nope", 'no provider that Lodestar knows is called "nope".'],
  ])("the unknown provider %s is a usage error that says so", async (provider, message) => {
    const none = await models("--provider", provider);
    expect([none.code, none.out]).toEqual([2, ""]);
    expect(none.err).toContain(message);
  });

  test("a provider on this machine is known, if with no models of the catalogue", async () => {
    expect(await models("--provider", "ollama")).toMatchObject({ code: 0, err: "none of 5 models matches\n" });
  });

  test("nothing that matches is no error", async () => {
    const none = await models("--provider", "acme", "--reasoning");
    expect([none.code, none.out, none.err]).toEqual([0, "", "none of 5 models matches\n"]);
  });
});

describe("models of one provider", () => {
  const status = { providers: [{ id: "acme" }, { id: "ollama" }] };
  const answer = async ({ url }: Request) =>
    Response.json(new URL(url).pathname === "/v1/status" ? status : { models: CATALOGUE });
  const ask = (provider: string) =>
    run(["models", "--provider", provider], {
      backend: { openReader: async () => success({ answer, close: async () => undefined }) },
    });

  test("that is not configured is a usage error with the one that was probably meant", async () => {
    const { code, err } = await ask("olama");
    expect(code).toBe(2);
    expect(err).toContain('no configured provider is called "olama". Did you mean "ollama"?');
    expect(err).toContain("lodestar provider list");
  });

  test("that is known but not configured says how to configure it", async () => {
    const { code, err } = await ask("deepseek");
    expect([code, err.includes("deepseek is not configured here")]).toEqual([2, true]);
    expect(err).toContain("lodestar provider add deepseek");
  });

  test("that has none yet are none, without an error", async () => {
    expect(await ask("ollama")).toMatchObject({ code: 0, err: "none of 5 models matches\n" });
  });
});

describe("the bundled catalogue as it is shown", () => {
  const all = catalogueViews({ SILICONFLOW_API_KEY: "sk-123", DEEPSEEK_API_KEY: " " }, NOON);

  test("holds thousands of models of well over a hundred providers, each once", () => {
    expect(all.length).toBeGreaterThan(6_000);
    expect(new Set(all.map(({ provider }) => provider)).size).toBeGreaterThan(180);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  test("a price always says where it is from, and an unknown one is never 0", () => {
    for (const { inputUsd, outputUsd, priceSource } of all) {
      expect(priceSource === null).toBe(inputUsd === null && outputUsd === null);
    }
  });

  test("the key that is set is named, else the first that would do", () => {
    const keysOf = (id: string) => all.find(({ provider }) => provider === id);
    expect(keysOf("siliconflow")).toMatchObject({ keyEnv: "SILICONFLOW_API_KEY", isKeySet: true });
    expect(keysOf("deepseek")).toMatchObject({ keyEnv: "DEEPSEEK_API_KEY", isKeySet: false });
  });

  test("no model of a local engine is in it", () => {
    expect(all.filter(({ provider }) => ["ollama", "lmstudio", "vllm"].includes(provider))).toEqual([]);
  });
});
