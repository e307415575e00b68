import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { success } from "../../src/core/result.ts";
import { CLIENTS } from "../../src/features/clients/clients.ts";
import { type ApiHandler, type CliWorld, makeCliWorld } from "./harness.ts";

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const MODELS = {
  object: "list",
  data: [
    { id: "auto" },
    { id: "free" },
    { id: "lab/one", context_length: 8_000, pricing: { prompt: "0.000001", completion: "0.000002" } },
  ],
};
const ANSWER = { output: [{ content: [{ type: "output_text", text: "ok" }] }], usage: { cost: 0.000006 } };

const answers: ApiHandler = (request) => {
  const isModels = new URL(request.url).pathname === "/v1/models";
  if (isModels) return Response.json(MODELS);
  const headers = { "x-lodestar-model": "one", "x-lodestar-provider": "lab", "x-lodestar-request-id": "req_1" };
  return Response.json(ANSWER, { headers });
};

interface Scene extends CliWorld {
  readonly home: string;
  readonly config: string;
  go(words: readonly string[], environment?: Record<string, string>): ReturnType<CliWorld["run"]>;
  /** What was printed, without the paths and ports of this run. */
  plain(text: string): string;
}

/** A home with Codex on the PATH, and a daemon unless told otherwise. */
function scene(options: { api?: ApiHandler; isRunning?: boolean; isInstalled?: boolean } = {}): Scene {
  const { api = answers, isRunning = true, isInstalled = true } = options;
  const world = makeCliWorld({ api, isRunning });
  const home = mkdtempSync(join(tmpdir(), "lodestar-clients-cli-"));
  const bin = join(home, "bin");
  mkdirSync(bin);
  if (isInstalled) {
    writeFileSync(join(bin, "codex"), "#!/bin/sh\n");
    chmodSync(join(bin, "codex"), 0o755);
  }
  open.push({ close: () => world.close() }, { close: () => rmSync(home, { recursive: true, force: true }) });
  const config = join(home, ".codex", "config.toml");
  return {
    ...world,
    home,
    config,
    go: (words, environment = {}) =>
      world.run(["setup", ...words], { environment: { HOME: home, PATH: bin, ...environment } }),
    plain: (text) => text.replaceAll(home, "~").replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:4000"),
  };
}

const MINE = '# mine\nmodel = "gpt-5" # good\n\n[tui]\ntheme = "dark"\n';

function withConfig(world: Scene, text = MINE): void {
  mkdirSync(join(world.home, ".codex"));
  writeFileSync(world.config, text);
}

describe("setup", () => {
  test("writes the client's file, says where and what, and undo gives back every byte", async () => {
    const world = scene();
    withConfig(world);
    const { code, out, err } = await world.go(["codex"]);
    expect([code, world.plain(out)]).toEqual([0, "~/.codex/config.toml\n"]);
    expect(world.plain(err)).toMatchSnapshot();
    expect(world.plain(readFileSync(world.config, "utf8"))).toMatchSnapshot();
    const undone = await world.go(["codex", "--undo"]);
    expect([undone.code, world.plain(undone.out), world.plain(undone.err)]).toEqual([
      0,
      "~/.codex/config.toml\n",
      "~/.codex/config.toml is as it was\n",
    ]);
    expect(readFileSync(world.config, "utf8")).toBe(MINE);
    expect((await world.go(["codex", "--undo"])).err).toContain("client_not_set_up");
  });

  test("twice changes nothing, and another model replaces the first", async () => {
    const world = scene();
    withConfig(world);
    await world.go(["codex"]);
    const once = readFileSync(world.config, "utf8");
    expect((await world.go(["codex"])).err).toContain("it was set up so already");
    expect(readFileSync(world.config, "utf8")).toBe(once);
    await world.go(["codex", "--model", "lab/one"]);
    expect(readFileSync(world.config, "utf8")).toContain('model = "lab/one" # good');
    await world.go(["codex", "--undo"]);
    expect(readFileSync(world.config, "utf8")).toBe(MINE);
  });

  test("undo after somebody's edit takes out Lodestar's part only, and says so", async () => {
    const world = scene();
    withConfig(world);
    await world.go(["codex"]);
    writeFileSync(
      world.config,
      `${readFileSync(world.config, "utf8").replace('model = "auto"', 'model = "theirs"')}# theirs\n`,
    );
    const { err } = await world.go(["codex", "--undo"]);
    expect(world.plain(err)).toBe(
      "~/.codex/config.toml was changed since: only Lodestar's part is gone\n  model stays: it was set to something else since\n",
    );
    expect(readFileSync(world.config, "utf8")).toBe(
      '# mine\nmodel = "theirs" # good\n\n[tui]\ntheme = "dark"\n# theirs\n',
    );
  });

  test("--print shows the difference with the key masked, and writes nothing", async () => {
    const world = scene({ isInstalled: false });
    withConfig(world);
    const { code, out } = await world.go(["aider", "--print"], { LODESTAR_API_KEY: "ls-canary-of-this-test" });
    expect(code).toBe(0);
    expect(world.plain(out)).toMatchSnapshot();
    expect(out).not.toContain("canary");
    expect(existsSync(join(world.home, ".aider.conf.yml"))).toBe(false);
  });

  test("for one project writes there, with the project's name in its headers", async () => {
    const world = scene();
    const folder = join(world.home, "app");
    mkdirSync(join(folder, ".claude"), { recursive: true });
    mkdirSync(join(world.home, ".claude"));
    const { code } = await world.go(["claude", "--project", "--folder", folder], {
      LODESTAR_API_KEY: "ls-key-of-this-test",
    });
    expect(code).toBe(0);
    expect(readFileSync(join(folder, ".claude/settings.local.json"), "utf8")).toContain("x-lodestar-project: app");
    expect((await world.go(["claude", "--undo"])).code).toBe(1);
    expect((await world.go(["claude", "--project", "--folder", folder, "--undo"])).code).toBe(0);
    expect(existsSync(join(folder, ".claude/settings.local.json"))).toBe(false);
  });

  test.each<[string, string[], number, string]>([
    ["an unknown client", ["codx"], 2, 'Did you mean "codex"?'],
    ["an unknown model", ["codex", "--model", "aut"], 2, 'Did you mean "auto"?'],
    ["two wishes at once", ["codex", "--undo", "--print"], 2, "exclude one another"],
    ["two scopes", ["codex", "--global", "--project"], 2, "exclude one another"],
    ["a project that the client does not have", ["codex", "--project"], 2, "lodestar setup codex, for all projects"],
  ])("refuses %s", async (_what, words, exit, message) => {
    const world = scene();
    const { code, err } = await world.go(words);
    expect([code, err.includes(message)]).toEqual([exit, true]);
    expect(existsSync(world.config)).toBe(false);
  });

  test.each(CLIENTS.map(({ id, name, install }) => [id, name, install]))(
    "writes for %s where its program is not there, and says so",
    async (id, name, install) => {
      const world = scene({ isInstalled: false });
      const { code, out, err } = await world.go([id]);
      expect([code, out.split("\n").length > 1]).toEqual([0, true]);
      expect(err).toContain(`${name} is not installed: `);
      expect(err).toContain(install);
      const again = JSON.parse((await world.go([id, "--json"])).out);
      expect(again).toMatchObject({ client: id, changed: false, installed: false });
      const { clients } = JSON.parse((await world.go(["--json"])).out);
      expect(clients.filter((row: { isInstalled: boolean }) => row.isInstalled)).toEqual([]);
    },
  );

  test.each(CLIENTS.map(({ id }) => [id]))("of %s in a new home and its undoing leave no folder behind", async (id) => {
    const world = scene({ isInstalled: false });
    const folder = join(world.home, "app");
    mkdirSync(folder);
    const all = () => readdirSync(world.home, { recursive: true }).toSorted();
    const before = all();
    const scopes = CLIENTS.find((client) => client.id === id)?.scopes ?? [];
    for (const scope of scopes) {
      const words = scope === "project" ? [id, "--project", "--folder", folder] : [id];
      expect((await world.go(words)).code).toBe(0);
      expect(all().length).toBeGreaterThan(before.length);
      expect((await world.go([...words, "--undo"])).code).toBe(0);
      expect(all()).toEqual(before);
    }
  });

  test("names the line of a broken file, ends with 3 and leaves it", async () => {
    const world = scene();
    withConfig(world, "a = 1\n\nb = \n");
    const { code, err } = await world.go(["codex"]);
    expect(code).toBe(3);
    expect(world.plain(err)).toStartWith("error: ~/.codex/config.toml:3: Missing value");
    expect(readFileSync(world.config, "utf8")).toBe("a = 1\n\nb = \n");
  });

  test("without a daemon ends with 7, but undo needs none", async () => {
    const world = scene({ isRunning: false });
    expect((await world.go(["codex"])).code).toBe(7);
    expect((await world.go(["codex", "--undo"])).err).toContain("client_not_set_up");
  });

  test("says that a key is needed, or that there are no models", async () => {
    const locked = scene({ api: () => Response.json({ error: { message: "key" } }, { status: 401 }) });
    const refused = await locked.go(["codex"]);
    expect([refused.code, refused.err.includes("export LODESTAR_API_KEY")]).toEqual([4, true]);
    const other = scene({ api: () => new Response("hello") });
    expect((await other.go(["codex"])).err).toContain("without any model");
  });

  test("alone lists the clients", async () => {
    const world = scene();
    await world.go(["codex"]);
    const { out } = await world.go([]);
    expect(world.plain(out)).toMatchSnapshot();
    const { clients } = JSON.parse((await world.go(["--json"])).out) as {
      clients: { id: string; isInstalled: boolean }[];
    };
    expect(clients.filter(({ isInstalled }) => isInstalled).map(({ id }) => id)).toEqual(["codex"]);
  });

  test("with --json says what it did in one line", async () => {
    const world = scene();
    expect(JSON.parse((await world.go(["codex", "--json"])).out)).toMatchObject({
      client: "codex",
      model: "auto",
      changed: true,
      files: [world.config],
    });
    expect(JSON.parse((await world.go(["codex", "--check", "--json"])).out)).toMatchObject({
      dialect: "openai-responses",
      text: "ok",
      changed: [],
    });
    expect(JSON.parse((await world.go(["codex", "--undo", "--json"])).out)).toMatchObject({
      files: [{ how: "restored" }],
    });
  });
});

describe("setup --check", () => {
  test("asks as the client would and says who answered", async () => {
    const world = scene();
    expect((await world.go(["codex", "--check"])).err).toContain("lodestar setup codex");
    await world.go(["codex"]);
    const { code, out, err } = await world.go(["codex", "--check"]);
    expect([code, out]).toEqual([0, "Codex CLI works: OpenAI Responses at /v1/responses, lab/one for auto\n"]);
    expect(err).toBe('"ok", 0 ms, $0.000006, req_1\n');
  });

  test("tells what was changed in the files since, and fails for it", async () => {
    const world = scene();
    await world.go(["codex"]);
    writeFileSync(
      world.config,
      readFileSync(world.config, "utf8").replace('model_provider = "lodestar"', 'model_provider = "openai"'),
    );
    const { code, err } = await world.go(["codex", "--check"]);
    expect([code, err.includes("model_provider was set to something else since")]).toEqual([1, true]);
    rmSync(world.config);
    expect((await world.go(["codex", "--check"])).err).toContain("is gone");
  });

  test("of a client that points at a daemon that moved says how to point it at the one that runs", async () => {
    const world = scene();
    await world.go(["codex"]);
    const gone = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const url = `http://127.0.0.1:${gone.port}`;
    await gone.stop(true);
    const file = join(world.stateDir, "clients", "codex.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"baseUrl": "[^"]+"/, `"baseUrl": "${url}"`));
    const { code, err } = await world.go(["codex", "--check"]);
    expect([code, err.includes("points it at the daemon that runs")]).toEqual([7, true]);
  });

  test("reports a broken file before it asks", async () => {
    const world = scene();
    await world.go(["codex"]);
    writeFileSync(world.config, "a = \n");
    expect((await world.go(["codex", "--check"])).code).toBe(3);
    const { backend } = world;
    const lost = await world.run(["setup", "codex", "--undo"], {
      backend: { ...backend, locateDaemon: () => success({ stateDir: world.stateDir, ready: null, adminToken: null }) },
    });
    expect(lost.code).toBe(3);
  });
});
