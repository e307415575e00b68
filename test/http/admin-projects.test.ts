import { afterEach, describe, expect, test } from "bun:test";
import type { ProjectDetailView, ProjectListView } from "../../src/core/project-view.ts";
import { createAdminApp } from "../../src/http/admin/admin.ts";
import { type AdminWorld, makeAdminWorld, TOKEN } from "./admin-world.ts";

const worlds: AdminWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test says by its matcher what it expects.
  readonly body: any;
}

function open() {
  const world = makeAdminWorld();
  worlds.push(world);
  const app = createAdminApp(world.admin);
  const ask = async (path: string, init: RequestInit = {}, token = TOKEN): Promise<Answer> => {
    const headers = { host: "127.0.0.1:8080", authorization: `Bearer ${token}` };
    const answer = await app.request(`http://127.0.0.1:8080${path}`, { ...init, headers });
    return { status: answer.status, body: await answer.json() };
  };
  const put = (name: string, text: string, more: object = {}): Promise<Answer> =>
    ask(`/v1/projects/${encodeURIComponent(name)}`, {
      method: "PUT",
      body: JSON.stringify({ folder: `/src/${name}`, text, ...more }),
    });
  return { ...world, ask, put };
}

describe("making a project known", () => {
  test("answers with what holds then, and tells anew, changed and unchanged apart", async () => {
    const { put } = open();
    const text = "aliases: { coder: deepseek/deepseek-v4-flash }\nbudgets: [{ period: month, limitUsd: 5 }]\n";
    expect(await put("web", text)).toMatchObject({
      status: 200,
      body: {
        name: "web",
        folder: "/src/web",
        isConfigured: false,
        outcome: "new",
        aliases: { coder: "deepseek/deepseek-v4-flash" },
        sources: { "aliases.coder": "file", "budgets.month": "file" },
        budgets: [{ id: "month:project:web:rules", limitNanoUsd: 5_000_000_000, spentNanoUsd: 0, origin: "project" }],
        month: { requests: 0, costNanoUsd: 0, unpriced: 0 },
      },
    });
    expect((await put("web", text)).body.outcome).toBe("unchanged");
    expect((await put("web", "tag: x")).body).toMatchObject({ outcome: "changed", aliases: {}, tag: "x" });
  });

  test("is refused with file, line and column where its file is wrong", async () => {
    const { put, ask } = open();
    for (const [text, message] of [
      ["providers: {}", "/src/web/.lodestar.yaml:1:1: providers may not be set by a project's own file"],
      [
        "aliases: { a: openai/gpt-5.4 }",
        '/src/web/.lodestar.yaml:1:15: aliases.a names "openai/gpt-5.4", but the provider',
      ],
      ["name: other", 'the file is that of "other", not of "web"'],
    ] as const) {
      const { status, body } = await put("web", text);
      expect([status, body.error.message]).toEqual([400, expect.stringContaining(message)]);
    }
    expect((await ask("/v1/projects")).body).toEqual({ projects: [] });
  });

  test.each([
    ["a folder that is relative", { folder: "src" }],
    ["a folder with a line break", { folder: "/a\nb" }],
    ["no text", { text: undefined }],
    ["a text that is none", { text: 7 }],
    ["a field that nobody knows", { keepPrompts: true }],
    ["a body that is too large", { text: "#".repeat(400_000) }],
  ])("is refused for %s", async (_, more) => {
    const { put } = open();
    expect((await put("web", "tag: a", more)).status).toBe(400);
  });

  test("under the name of another folder is told, not merged, unless it is taken over", async () => {
    const { put } = open();
    await put("web", "tag: first");
    const clash = await put("web", "tag: second", { folder: "/elsewhere/web" });
    expect(clash).toMatchObject({ status: 409, body: { error: { code: "project_name_taken", folder: "/src/web" } } });
    expect(clash.body.error.fix).toContain("lodestar project use --force");
    const taken = await put("web", "tag: second", { folder: "/elsewhere/web", replace: true });
    expect(taken.body).toMatchObject({ folder: "/elsewhere/web", tag: "second" });
  });

  test("under a new name is told: what the user set for the old one would not hold any more", async () => {
    const { put, ask } = open();
    await put("web", "tag: a");
    const renamed = await put("free", "tag: a\nname: free", { folder: "/src/web" });
    expect(renamed).toMatchObject({ status: 409, body: { error: { code: "project_renamed" } } });
    const meant = await put("free", "tag: a\nname: free", { folder: "/src/web", replace: true });
    expect(meant.status).toBe(200);
    const list = (await ask("/v1/projects")).body as ProjectListView;
    expect(list.projects.map(({ name }) => name)).toEqual(["free"]);
  });

  test("ends where there is no room, and forgetting makes some", async () => {
    const { put, ask, admin } = open();
    const wish = { aliases: {}, chains: {}, models: [], tag: null, budgets: [], cacheTtlMs: null, rules: [] };
    for (let index = 0; index < 1_000; index++) {
      admin.projects.tell({ name: `p${index}`, folder: `/src/p${index}`, wish, isReplacing: false });
    }
    expect(await put("one-more", "tag: a")).toMatchObject({
      status: 409,
      body: { error: { code: "too_many_projects" } },
    });
    expect((await put("p7", "tag: changed")).status).toBe(200);
    expect((await ask("/v1/projects/p8", { method: "DELETE" })).body).toEqual({ forgotten: "p8" });
    expect((await put("one-more", "tag: a")).status).toBe(200);
  });
});

describe("reading projects", () => {
  test("shows the known, the spending and this month's costs of each apart", async () => {
    const { put, ask, settle } = open();
    await put("web", "budgets: [{ period: day, limitUsd: 1 }]");
    await settle(
      { requestId: "a", project: "web", costNanoUsd: 1_000 },
      { requestId: "b", project: "data", costNanoUsd: 2_000 },
      { requestId: "c", project: null, costNanoUsd: 4_000 },
      { requestId: "d", project: "web", costNanoUsd: null },
    );
    const { projects } = (await ask("/v1/projects")).body as ProjectListView;
    expect(projects.map(({ name, folder, month }) => ({ name, folder, ...month }))).toEqual([
      { name: "data", folder: null, requests: 1, costNanoUsd: 2_000, unpriced: 0 },
      { name: "web", folder: "/src/web", requests: 2, costNanoUsd: 1_000, unpriced: 1 },
    ]);
    expect(projects[1]?.budgets).toMatchObject([{ period: "day", spentNanoUsd: 1_000 }]);
    expect(((await ask("/v1/projects/data")).body as ProjectDetailView).sources).toEqual({});
  });

  test("of a name that nobody knows is 404 with the nearest one", async () => {
    const { put, ask } = open();
    await put("website", "tag: a");
    const unknown = await ask("/v1/projects/websit");
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "project_not_found" } } });
    expect(unknown.body.error.message).toBe('there is no project "websit" here. Did you mean "website"?');
    expect((await ask("/v1/projects/websit", { method: "DELETE" })).status).toBe(404);
  });

  test.each([
    ["GET", "/v1/projects"],
    ["GET", "/v1/projects/web"],
    ["PUT", "/v1/projects/web"],
    ["DELETE", "/v1/projects/web"],
  ])("%s %s needs the admin credential, which a client key is not", async (method, path) => {
    const { ask, admin } = open();
    for (const token of ["", "wrong", "ls-a-client-key"]) expect((await ask(path, { method }, token)).status).toBe(401);
    expect(admin.projects.known()).toEqual([]);
  });
});
