import { describe, expect, test } from "bun:test";
import { checkProjectFile, parseProjectFile } from "../../src/config/project-file.ts";
import { chatReply } from "../support/chat-chunks.ts";
import type { TestGateway } from "../support/test-gateway.ts";
import { createWorld } from "../support/world.ts";

const { fake, gateway: openGateway } = createWorld();

/** Two providers that answer: a request costs 15,000 nano-dollars at the first and 30,000 at the second. */
async function open(more = ""): Promise<TestGateway> {
  const { url } = await fake(() => ({ kind: "json", body: chatReply("hello") }));
  return openGateway(`
providers:
  first: { dialect: openai-chat, baseUrl: "${url}/v1", models: [one] }
  second: { dialect: openai-chat, baseUrl: "${url}/v1", models: [two] }
prices: { overrides: { first/one: { input: 1, output: 1 }, second/two: { input: 2, output: 2 } } }
${more}`);
}

/** Makes a project known by the text of its own file, as the admin API does. */
function tell(gateway: TestGateway, name: string, text: string): void {
  const file = parseProjectFile(text, ".lodestar.yaml");
  if (!file.ok) throw new Error(JSON.stringify(file.error));
  expect(checkProjectFile(file.value, gateway.opening.runtime.services.settings())).toEqual([]);
  const { wish } = file.value;
  const told = gateway.opening.runtime.projects.tell({ name, folder: `/src/${name}`, wish, isReplacing: false });
  expect(told.ok).toBe(true);
}

function ask(
  gateway: TestGateway,
  model: string,
  headers: Readonly<Record<string, string>> = {},
  more: object = {},
): Promise<Response> {
  const json = { model, messages: [{ role: "user", content: "hi" }], ...more };
  return gateway.fetch("/v1/chat/completions", { json, headers });
}

function mint(gateway: TestGateway, name: string, project: string | null, models: readonly string[] = []) {
  const { secret } = gateway.opening.keyring.mint({ name, project, models, expiresAt: null });
  return { authorization: `Bearer ${secret}` };
}

const WEB = { "x-lodestar-project": "web" };
const DATA = { "x-lodestar-project": "data" };

describe("one daemon for all projects", () => {
  test("the same alias leads each to its own model, at the same time, and their costs add up apart", async () => {
    const gateway = await open("projects: { data: { aliases: { coder: second/two } } }\naliases: { coder: first/one }");
    tell(gateway, "web", "aliases: { coder: second/two }");
    tell(gateway, "docs", "chains: { coder: [first/one] }");
    const asked = ["web", "data", "docs", null];
    const answers = await Promise.all(
      Array.from({ length: 80 }, async (_, index) => {
        const project = asked[index % asked.length] ?? null;
        const response = await ask(gateway, "coder", project === null ? {} : { "x-lodestar-project": project });
        return `${project}: ${response.headers.get("x-lodestar-provider")}`;
      }),
    );
    expect(new Set(answers)).toEqual(new Set(["web: second", "data: second", "docs: first", "null: first"]));
    await gateway.rows();
    const groups = gateway.opening.stores.ledger.groups({}, "project");
    const costs = groups.map(({ name, requests, costNanoUsd }) => ({ name, requests, costNanoUsd }));
    expect(costs).toEqual([
      { name: "data", requests: 20, costNanoUsd: 600_000 },
      { name: "web", requests: 20, costNanoUsd: 600_000 },
      { name: "(none)", requests: 20, costNanoUsd: 300_000 },
      { name: "docs", requests: 20, costNanoUsd: 300_000 },
    ]);
  });

  test("a project that nobody said anything of only counts apart", async () => {
    const gateway = await open("aliases: { coder: first/one }");
    expect((await ask(gateway, "coder", { "x-lodestar-project": "stranger" })).status).toBe(200);
    expect((await gateway.rows()).map(({ project }) => project)).toEqual(["stranger"]);
    expect(gateway.opening.runtime.projects.known()).toEqual([]);
  });

  test("the user's own rules win over the file, and a forgotten file leaves them", async () => {
    const gateway = await open("projects: { web: { aliases: { coder: first/one } } }");
    tell(gateway, "web", "aliases: { coder: second/two, other: second/two }");
    expect((await ask(gateway, "coder", WEB)).headers.get("x-lodestar-provider")).toBe("first");
    expect((await ask(gateway, "other", WEB)).headers.get("x-lodestar-provider")).toBe("second");
    gateway.opening.runtime.projects.forget("web");
    expect((await ask(gateway, "coder", WEB)).status).toBe(200);
    expect((await ask(gateway, "other", WEB)).status).toBe(404);
  });

  test("auto follows the project's chain of the stated task, and its default else", async () => {
    const gateway = await open("chains: { default: [first/one] }");
    tell(gateway, "web", "chains: { default: [second/two], bug_fix: [first/one] }");
    const provider = async (headers: Record<string, string>) =>
      (await ask(gateway, "auto", headers)).headers.get("x-lodestar-provider");
    expect(await provider({})).toBe("first");
    expect(await provider(WEB)).toBe("second");
    expect(await provider({ ...WEB, "x-lodestar-task": "bug_fix" })).toBe("first");
  });
});

describe("which project a request belongs to", () => {
  test("is that of its key, which no header and no session leads out of", async () => {
    const gateway = await open("aliases: { coder: first/one }");
    tell(gateway, "web", "aliases: { coder: second/two }");
    const key = mint(gateway, "laptop", "data");
    await ask(gateway, "coder", { ...key, ...WEB });
    await ask(gateway, "coder", { ...key, ...WEB, "x-session-id": "s1" });
    const answer = await ask(gateway, "coder", { ...key, "x-session-id": "s1" });
    expect(answer.headers.get("x-lodestar-provider")).toBe("first");
    expect((await gateway.rows()).map(({ project }) => project)).toEqual(["data", "data", "data"]);
  });

  test("is what the request states, else what its session stated last", async () => {
    const gateway = await open();
    const session = { "session-id": "s1" };
    await ask(gateway, "first/one", session);
    await ask(gateway, "first/one", { ...session, ...WEB });
    await ask(gateway, "first/one", session);
    await ask(gateway, "first/one", { ...session, ...DATA });
    await ask(gateway, "first/one", session);
    await ask(gateway, "first/one", { "x-session-id": "s2" });
    await ask(gateway, "first/one", {});
    expect((await gateway.rows()).map(({ project }) => project)).toEqual([
      null,
      "web",
      "web",
      "data",
      "data",
      null,
      null,
    ]);
  });

  test("no key learns what the session of another stated", async () => {
    const gateway = await open();
    const [one, other] = [mint(gateway, "one", null), mint(gateway, "other", null)];
    await ask(gateway, "first/one", { ...one, ...WEB, "x-session-id": "s" });
    await ask(gateway, "first/one", { ...other, "x-session-id": "s" });
    await ask(gateway, "first/one", { ...one, "x-session-id": "s" });
    expect((await gateway.rows()).map(({ project }) => project)).toEqual(["web", null, "web"]);
  });
});

describe("what a project may use", () => {
  test("its list narrows, and the refusal says so", async () => {
    const gateway = await open("chains: { duo: [first/one, second/two] }");
    tell(gateway, "web", 'models: ["first/*"]');
    expect((await ask(gateway, "duo", WEB)).headers.get("x-lodestar-provider")).toBe("first");
    const refused = await ask(gateway, "second/two", WEB);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { code: "model_not_allowed", message: 'This project may not use "second/two". It may use: first/*.' } },
    ]);
    expect((await ask(gateway, "second/two")).status).toBe(200);
  });

  test("key, user and file each narrow what the others leave", async () => {
    const gateway = await open('projects: { web: { models: ["first/*", "second/*"] } }');
    tell(gateway, "web", 'models: ["second/*"]');
    const key = mint(gateway, "laptop", "web", ["first/*"]);
    expect((await ask(gateway, "second/two", key)).status).toBe(403);
    expect((await ask(gateway, "first/one", key)).status).toBe(403);
    const open_ = mint(gateway, "other", "web");
    expect((await ask(gateway, "second/two", open_)).status).toBe(200);
    expect((await ask(gateway, "first/one", open_)).status).toBe(403);
  });

  test("a name in a key's list means what the user says: no project's alias or chain widens it", async () => {
    const gateway = await open("aliases: { coder: first/one }\nchains: { fast: [coder] }");
    const key = mint(gateway, "limited", null, ["coder", "fast"]);
    expect((await ask(gateway, "coder", key)).status).toBe(200);
    tell(gateway, "direct", "aliases: { coder: second/two }");
    tell(gateway, "deep", "chains: { coder: [second/two] }");
    tell(gateway, "wide", "chains: { fast: [second/two, first/one] }");
    for (const [project, model] of [
      ["direct", "coder"],
      ["direct", "fast"],
      ["deep", "coder"],
      ["deep", "fast"],
    ] as const) {
      expect((await ask(gateway, model, { ...key, "x-lodestar-project": project })).status).toBe(403);
    }
    const within = await ask(gateway, "fast", { ...key, "x-lodestar-project": "wide" });
    expect(within.headers.get("x-lodestar-provider")).toBe("first");
  });
});

describe("what a request takes from its project", () => {
  test("the tag, where it states none", async () => {
    const gateway = await open();
    tell(gateway, "web", "tag: frontend");
    await ask(gateway, "first/one", WEB);
    await ask(gateway, "first/one", { ...WEB, "x-lodestar-tag": "own" });
    await ask(gateway, "first/one");
    expect((await gateway.rows()).map(({ tag }) => tag)).toEqual(["frontend", "own", null]);
  });

  test("a list of models with the project's aliases, in every dialect", async () => {
    const gateway = await open("aliases: { coder: first/one }");
    tell(gateway, "web", "aliases: { painter: second/two }");
    for (const path of ["/v1/models", "/v1beta/models", "/api/tags"]) {
      const without = await (await gateway.fetch(path)).text();
      const within = await (await gateway.fetch(path, { headers: WEB })).text();
      expect(without).not.toContain("painter");
      expect(within).toContain("painter");
      expect(within).toContain("coder");
    }
    expect((await gateway.fetch("/v1/models/painter", { headers: WEB })).status).toBe(200);
    expect((await gateway.fetch("/v1/models/painter")).status).toBe(404);
  });

  test("its budgets, which count its requests alone and hold at the last cent", async () => {
    const gateway = await open();
    tell(gateway, "web", "budgets: [{ period: day, limitUsd: 0.0003, over: deny }]");
    const statuses: number[] = [];
    for (let count = 0; count < 24; count++) {
      statuses.push((await ask(gateway, "first/one", WEB, { max_tokens: 5 })).status);
      expect((await ask(gateway, "first/one", DATA, { max_tokens: 5 })).status).toBe(200);
    }
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    await gateway.rows();
    expect(gateway.opening.stores.ledger.totals({ project: "web" }).costNanoUsd).toBeLessThanOrEqual(300_000);
    gateway.opening.runtime.projects.forget("web");
    expect((await ask(gateway, "first/one", WEB, { max_tokens: 5 })).status).toBe(200);
  });
});

describe("the book of projects", () => {
  test("outlives the process", async () => {
    const gateway = await open();
    tell(gateway, "web", "tag: kept");
    const { openProjectReader } = await import("../../src/stores/projects.ts");
    const reader = openProjectReader({ stateDir: gateway.opening.stateDir });
    if (!reader.ok) throw new Error(reader.error.message);
    expect(reader.value.list()).toMatchObject([{ name: "web", folder: "/src/web", wish: { tag: "kept" } }]);
    reader.value.close();
  });

  test("a new configuration holds at once", async () => {
    const gateway = await open();
    const { runtime } = gateway.opening;
    const loaded = runtime.loaded();
    const rules = {
      aliases: { coder: "second/two" },
      chains: {},
      models: [],
      tag: null,
      budgets: [],
      cacheTtlMs: null,
      rules: [],
      keepsPrompts: false,
    };
    expect((await ask(gateway, "coder", WEB)).status).toBe(404);
    runtime.use({ ...loaded, settings: { ...loaded.settings, projects: { web: rules } } });
    expect((await ask(gateway, "coder", WEB)).headers.get("x-lodestar-provider")).toBe("second");
    runtime.use(loaded);
    expect((await ask(gateway, "coder", WEB)).status).toBe(404);
  });
});
