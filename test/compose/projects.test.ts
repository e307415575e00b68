import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BackendInputs, InProcessApp } from "../../src/cli/backend.ts";
import { backend } from "../../src/compose.ts";
import type { ProjectListView } from "../../src/core/project-view.ts";
import type { Result } from "../../src/core/result.ts";
import type { CliProblem } from "../../src/terminal/problem.ts";
import { chatReply } from "../support/chat-chunks.ts";
import { createWorld } from "../support/world.ts";
import { createInputs } from "./inputs.ts";

const inputsFor = createInputs();
const { fake } = createWorld();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function must(opening: Promise<Result<InProcessApp, CliProblem>>): Promise<InProcessApp> {
  const opened = await opening;
  if (!opened.ok) throw new Error(`${opened.error.code}: ${opened.error.message}`);
  return opened.value;
}

/** A provider with two models that answer, and a `coder` of the user's own. */
async function scene(): Promise<BackendInputs> {
  const { url } = await fake(() => ({ kind: "json", body: chatReply("hello") }));
  return inputsFor(`
providers: { up: { dialect: openai-chat, baseUrl: "${url}/v1", models: [small, large], local: true } }
aliases: { coder: up/small }
`);
}

function at(path: string, init: RequestInit = {}): Request {
  return new Request(`http://127.0.0.1${path}`, { ...init, headers: { host: "127.0.0.1", ...init.headers } });
}

function telling(name: string, text: string): Request {
  return at(`/v1/projects/${name}`, { method: "PUT", body: JSON.stringify({ folder: `/src/${name}`, text }) });
}

async function modelFor(app: InProcessApp, project: string): Promise<string | null> {
  const body = JSON.stringify({ model: "coder", messages: [{ role: "user", content: "hi" }] });
  const headers = { "x-lodestar-project": project };
  const response = await app.answer(at("/v1/chat/completions", { method: "POST", body, headers }));
  return response.headers.get("x-lodestar-model");
}

async function listOf(app: InProcessApp): Promise<ProjectListView["projects"]> {
  return ((await (await app.answer(at("/v1/projects"))).json()) as ProjectListView).projects;
}

/** Opens, does one thing, and closes again, as each command without a daemon does. */
async function once<Value>(
  opening: Promise<Result<InProcessApp, CliProblem>>,
  act: (app: InProcessApp) => Promise<Value>,
): Promise<Value> {
  const app = await must(opening);
  try {
    return await act(app);
  } finally {
    await app.close();
  }
}

describe("without a daemon", () => {
  test("what one command told holds for the next, and is listed by one that only reads", async () => {
    const inputs = await scene();
    expect(await once(backend.openReader(inputs), listOf)).toEqual([]);
    const told = await once(backend.openAdmin(inputs), (app) =>
      app.answer(telling("web", "aliases: { coder: up/large }")),
    );
    expect(told.status).toBe(200);
    expect(await once(backend.openGateway(inputs), (app) => modelFor(app, "web"))).toBe("large");
    expect(await once(backend.openGateway(inputs), (app) => modelFor(app, "other"))).toBe("small");
    expect(await once(backend.openReader(inputs), listOf)).toMatchObject([
      { name: "other", folder: null, month: { requests: 1 } },
      { name: "web", folder: "/src/web", month: { requests: 1 } },
    ]);
  });

  test("a name that leads to nothing any more is told by the answer, and the rest of the project holds", async () => {
    const inputs = await scene();
    await once(backend.openAdmin(inputs), (app) =>
      app.answer(telling("web", "aliases: { coder: up/large, old: up/small }")),
    );
    const { url } = await fake(() => ({ kind: "json", body: chatReply("hello") }));
    const config = inputs.flags.config ?? "";
    writeFileSync(
      config,
      `providers: { other: { dialect: openai-chat, baseUrl: "${url}/v1", models: [one], local: true } }`,
    );
    const status = await once(backend.openGateway(inputs), async (app) => {
      const body = JSON.stringify({ model: "coder", messages: [{ role: "user", content: "hi" }] });
      const headers = { "x-lodestar-project": "web" };
      const response = await app.answer(at("/v1/chat/completions", { method: "POST", body, headers }));
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    });
    expect(status).toEqual([404, "model_not_found"]);
  });
});

describe("a file of projects that is damaged", () => {
  test("costs the projects' own rules and nothing else, and the admin API says so", async () => {
    const inputs = await scene();
    const stateDir = inputs.flags.stateDir ?? "";
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(stateDir, "projects.db"), "no database at all".repeat(500));
    expect(await once(backend.openGateway(inputs), (app) => modelFor(app, "web"))).toBe("small");
    const told = await once(backend.openAdmin(inputs), (app) => app.answer(telling("web", "tag: a")));
    expect([told.status, await told.json()]).toMatchObject([503, { error: { code: "no_project_store" } }]);
    expect(await once(backend.openReader(inputs), listOf)).toMatchObject([{ name: "web", folder: null }]);
  });
});

describe("a daemon", () => {
  test("takes a project's rules into use between two requests, and keeps them when it is started again", async () => {
    const inputs = await scene();
    const seen: (string | null)[] = [];
    for (const round of [1, 2]) {
      const started = await backend.startDaemon(inputs);
      if (!started.ok) throw new Error(started.error.message);
      const daemon = started.value;
      const located = backend.locateDaemon(inputs);
      const token = located.ok ? located.value.adminToken : null;
      const ask = async () => {
        const response = await fetch(`${daemon.apiUrl}/v1/chat/completions`, {
          method: "POST",
          headers: { "x-lodestar-project": "web" },
          body: JSON.stringify({ model: "coder", messages: [{ role: "user", content: "hi" }] }),
        });
        await response.text();
        return response.headers.get("x-lodestar-model");
      };
      seen.push(await ask());
      if (round === 1) {
        const put = await fetch(`${daemon.adminUrl}/v1/projects/web`, {
          method: "PUT",
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify({ folder: "/src/web", text: "aliases: { coder: up/large }" }),
        });
        expect(put.status).toBe(200);
        seen.push(await ask());
      }
      daemon.abort();
      await daemon.closed;
    }
    expect(seen).toEqual(["small", "large", "large"]);
  });
});
