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
import type { KeyView } from "../../src/core/admin-view.ts";
import { eventually } from "../support/eventually.ts";
import { type ApiHandler, makeCliWorld, type RunOptions } from "./harness.ts";

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const answers: ApiHandler = () => Response.json({ object: "list", data: [{ id: "auto" }, { id: "lab/one" }] });

/** A home with one client on the PATH: a script that notes what it was given, then does `body`. */
function scene(client: string, body = "exit 0", isRunning = true) {
  const world = makeCliWorld({ api: answers, isRunning });
  const home = mkdtempSync(join(tmpdir(), "lodestar-launch-"));
  const bin = join(home, "bin");
  mkdirSync(bin);
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${home}/args\n/usr/bin/env > ${home}/env\n${body}\n`;
  writeFileSync(join(bin, client), script);
  chmodSync(join(bin, client), 0o755);
  open.push({ close: () => world.close() }, { close: () => rmSync(home, { recursive: true, force: true }) });
  const launches = join(world.stateDir, "launch");
  return {
    ...world,
    home,
    /** Folders of launches that are still there. */
    left: (): string[] => (existsSync(launches) ? readdirSync(launches) : []),
    launches,
    args: (): string[] => readFileSync(join(home, "args"), "utf8").trimEnd().split("\n"),
    variables: (): string => readFileSync(join(home, "env"), "utf8"),
    go: (words: readonly string[], options: RunOptions = {}) =>
      world.run(["launch", ...words], {
        ...options,
        environment: { HOME: home, PATH: `${bin}:/usr/bin:/bin`, ...options.environment },
      }),
    keys: async (): Promise<readonly KeyView[]> =>
      (JSON.parse((await world.run(["keys", "list", "--json"])).out) as { keys: readonly KeyView[] }).keys,
  };
}

describe("launch", () => {
  test("runs the client with its arguments, passes its exit code and leaves nothing", async () => {
    const world = scene("codex", "exit 42");
    const { code, err } = await world.go(["codex", "--project", "demo", "--", "exec", "--help", "two words"]);
    expect([code, err]).toEqual([42, ""]);
    expect(world.args().slice(-3)).toEqual(["exec", "--help", "two words"]);
    expect(world.args()).toContain('model_providers.lodestar.http_headers.x-lodestar-project="demo"');
    expect(world.variables()).toContain("LODESTAR_API_KEY=any");
    expect(world.left()).toEqual([]);
    expect(existsSync(join(world.home, ".codex"))).toBe(false);
  });

  test("counts for the project of the nearest .lodestar.yaml, which it makes known, and so does ask inside of it", async () => {
    const world = scene("codex");
    const folder = join(world.home, "work/shop/src");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(world.home, "work/shop/.lodestar.yaml"), "name: store\n", { mode: 0o644 });
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect((await world.go(["codex"])).code).toBe(0);
      expect(world.args()).toContain('model_providers.lodestar.http_headers.x-lodestar-project="store"');
      expect(world.variables()).toMatch(/LODESTAR_PROJECT=store\n/);
      expect(world.variables()).toMatch(/LODESTAR_SESSION=[0-9a-f-]{36}\n/);
      await world.go(["codex", "--project", "demo"]);
      expect(world.args()).toContain('model_providers.lodestar.http_headers.x-lodestar-project="demo"');
      writeFileSync(join(world.home, "work/shop/.lodestar.yaml"), "server: {}\n");
      expect((await world.go(["codex"])).code).toBe(3);
      expect(world.left()).toEqual([]);
    } finally {
      process.chdir(before);
    }
    expect(world.admin.projects.known().map(({ name }) => name)).toEqual(["store"]);
  });

  test("gives files where the client needs them, private, for as long as it runs", async () => {
    const world = scene("claude", 'cp "$2" "$HOME/seen"; stat -c %a "$2" > "$HOME/mode"');
    await world.go(["claude", "--model", "lab/one"], { environment: { ANTHROPIC_API_KEY: "sk-theirs" } });
    const { env } = JSON.parse(readFileSync(join(world.home, "seen"), "utf8")) as { env: Record<string, string> };
    expect(env.ANTHROPIC_MODEL).toBe("lab/one");
    expect(env.ANTHROPIC_CUSTOM_HEADERS).toMatch(/^x-lodestar-project: \S+\nx-session-id: [0-9a-f-]{36}$/);
    expect(readFileSync(join(world.home, "mode"), "utf8")).toBe("600\n");
    expect(world.variables()).not.toContain("sk-theirs");
    expect(world.left()).toEqual([]);
  });

  test("shows a client its user's other files by links, and removes only the links", async () => {
    const world = scene("gemini", 'cat "$GEMINI_CLI_HOME/.gemini/memory" > "$HOME/seen"');
    mkdirSync(join(world.home, ".gemini"));
    writeFileSync(join(world.home, ".gemini", "memory"), "mine");
    writeFileSync(join(world.home, ".gemini", "settings.json"), "{}");
    expect((await world.go(["gemini"])).code).toBe(0);
    expect(readFileSync(join(world.home, "seen"), "utf8")).toBe("mine");
    expect(readdirSync(join(world.home, ".gemini")).sort()).toEqual(["memory", "settings.json"]);
    expect(readFileSync(join(world.home, ".gemini", "settings.json"), "utf8")).toBe("{}");
  });

  test("makes a key for the run where keys are asked for, and revokes it afterwards", async () => {
    const world = scene("codex");
    await world.run(["keys", "create", "laptop"]);
    await world.go(["codex", "--project", "demo"]);
    expect(world.variables()).toMatch(/LODESTAR_API_KEY=ls-\S+/);
    const made = (await world.keys()).find(({ name }) => name.startsWith("launch codex "));
    expect(made).toMatchObject({ project: "demo" });
    expect(made?.revokedAt).not.toBeNull();
    expect(made?.expiresAt).not.toBeNull();
  });

  test("makes none where the user names one, or none was ever made", async () => {
    const world = scene("codex");
    await world.go(["codex"], { environment: { LODESTAR_API_KEY: "ls-mine" } });
    expect(world.variables()).toContain("LODESTAR_API_KEY=ls-mine");
    await world.go(["codex"]);
    expect(await world.keys()).toEqual([]);
  });

  test("tidies up after a launch that was killed, its key included, and leaves one that runs", async () => {
    const world = scene("codex");
    await world.run(["keys", "create", "laptop"]);
    await world.run(["keys", "create", "launch codex dead"]);
    const dead = (await world.keys()).find(({ name }) => name === "launch codex dead");
    for (const [name, pid, keyId] of [
      ["dead", 999_999_999, dead?.id],
      ["alive", process.pid, null],
    ] as const) {
      mkdirSync(join(world.launches, name), { recursive: true });
      writeFileSync(join(world.launches, name, "launch.json"), JSON.stringify({ pid, keyId }));
    }
    await world.go(["codex"]);
    expect(world.left()).toEqual(["alive"]);
    expect((await world.keys()).find(({ name }) => name === "launch codex dead")?.revokedAt).not.toBeNull();
  });

  test("passes signals on and ends as the client did", async () => {
    const world = scene(
      "codex",
      `trap 'echo term > ${"$HOME"}/signal; exit 9' TERM; : > $HOME/ready; while :; do sleep 0.05; done`,
    );
    const running = world.go(["codex"], {
      onStart: (send) => {
        void eventually("the client is ready", () => existsSync(join(world.home, "ready"))).then(() => send("SIGTERM"));
      },
    });
    expect((await running).code).toBe(9);
    expect(readFileSync(join(world.home, "signal"), "utf8")).toBe("term\n");
    expect(world.left()).toEqual([]);
  });

  test("of a client that a signal ended gives 128 and its number", async () => {
    const world = scene("codex", "kill -KILL $$");
    expect((await world.go(["codex"])).code).toBe(137);
  });

  test("of a client that cannot be started says why", async () => {
    const world = scene("codex");
    writeFileSync(join(world.home, "bin", "codex"), "#!/nowhere/at/all\n");
    const { code, err } = await world.go(["codex"]);
    expect([code, err.includes("client_not_startable")]).toEqual([126, true]);
    expect(world.left()).toEqual([]);
  });

  test.each<[string, string[], number, string]>([
    ["a client that is not installed", ["qwen"], 127, "npm install -g @qwen-code/qwen-code"],
    ["an unknown client", ["codx"], 2, 'Did you mean "codex"?'],
    ["an unknown model", ["codex", "-m", "aut"], 2, 'Did you mean "auto"?'],
    ["a name that the client keeps to itself", ["gemini", "-m", "auto"], 2, 'takes "auto" for a choice of its own'],
    ["a project that no header can hold", ["codex", "--project", "zwei Wörter"], 2, "bad_project"],
    ["arguments without --", ["codex", "exec"], 2, "unexpected_argument"],
    ["no client", [], 2, "missing_argument"],
  ])("refuses %s and leaves nothing", async (_what, words, exit, message) => {
    const world = scene(words[0] === "gemini" ? "gemini" : "codex");
    const { code, err } = await world.go(words);
    expect([code, err.includes(message)]).toEqual([exit, true]);
    expect([world.left(), existsSync(join(world.home, "args"))]).toEqual([[], false]);
  });

  test("says which client cannot be run so, and what to do instead", async () => {
    const world = scene("code");
    const { code, err } = await world.go(["vscode"]);
    expect([code, err.includes("lodestar setup vscode")]).toEqual([1, true]);
    expect(world.left()).toEqual([]);
  });

  test("without a daemon ends with 7", async () => {
    expect((await scene("codex", "exit 0", false).go(["codex"])).code).toBe(7);
  });
});
