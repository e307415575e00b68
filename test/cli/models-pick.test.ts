import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setName } from "../../src/config/edit-names.ts";
import { createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();

/** An own configuration in a folder of its own. */
function ownConfig(text: string) {
  const home = mkdtempSync(join(tmpdir(), "lodestar-pick-"));
  mkdirSync(join(home, "config"));
  const file = join(home, "config", "lodestar.yaml");
  writeFileSync(file, text);
  return { file, environment: { HOME: home, LODESTAR_CONFIG: file } };
}

describe("models pick without a terminal", () => {
  test("takes the best match and prints it", async () => {
    const done = await makeWorld().run(["models", "pick", "deepseek"]);
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^deepseek\/.+\n$/);
  });

  test("writes an alias into the user's own configuration, and keeps what stood there", async () => {
    const { file, environment } = ownConfig("# mine\naliases:\n  old: cheap # stays\n");
    const done = await makeWorld().run(["models", "pick", "deepseek", "--alias", "coder", "--own", "--json"], {
      environment,
    });
    const { model } = JSON.parse(done.out);
    expect(readFileSync(file, "utf8")).toBe(`# mine\naliases:\n  old: cheap # stays\n  coder: ${model}\n`);
    expect(JSON.parse(done.out).file).toBe(file);
  });

  test("writes the default into the nearest project file, and takes back what the daemon refuses", async () => {
    const project = mkdtempSync(join(tmpdir(), "lodestar-web-"));
    const file = join(project, ".lodestar.yaml");
    writeFileSync(file, "name: web\n");
    const before = process.cwd();
    process.chdir(project);
    try {
      const world = makeWorld();
      const done = await world.run(["models", "pick", "deepseek", "--default"]);
      expect(done.err).toContain(`written to ${file}`);
      expect(readFileSync(file, "utf8")).toBe(`name: web\nchains:\n  default: [ ${done.out.trim()} ]\n`);
      writeFileSync(file, "name: web\naliases: { one: nowhere/at-all }\n");
      const refused = await world.run(["models", "pick", "deepseek", "--default"]);
      expect([refused.code, refused.err.includes("nowhere/at-all")]).toEqual([3, true]);
      expect(readFileSync(file, "utf8")).toBe("name: web\naliases: { one: nowhere/at-all }\n");
    } finally {
      process.chdir(before);
    }
  });

  test("an alias that cannot be one is refused, and nothing changes", async () => {
    const { file, environment } = ownConfig("# mine\n");
    const done = await makeWorld().run(["models", "pick", "deepseek", "--alias", "no/slash", "--own"], { environment });
    expect(done.code).toBe(3);
    expect(readFileSync(file, "utf8")).toBe("# mine\n");
  });

  test.each([
    [["models", "pick"], "no_terminal", 2],
    [["models", "pick", "zzzz"], "no_model_matches", 1],
    [["models", "pick", "x", "--alias", "a", "--default"], "flags_conflict", 2],
  ])("%j is refused", async (argv, code, exit) => {
    const done = await makeWorld().run(argv);
    expect([done.code, done.err.includes(code)]).toEqual([exit, true]);
  });

  test("words that are no command are still looked for by models", async () => {
    expect((await makeWorld().run(["models", "deepseek"])).out).toContain("deepseek/");
  });
});

describe("a name set in a file", () => {
  test("a default goes in front of the chain of a project, once", () => {
    const before = "name: web\nchains: { default: [free, a/b, best], bug_fix: [best] }\n";
    const edited = setName(before, ".lodestar.yaml", "project", { kind: "default", model: "a/b" });
    expect(edited).toEqual({
      ok: true,
      value: "name: web\nchains: { default: [ a/b, free, best ], bug_fix: [ best ] }\n",
    });
  });

  test("an empty file takes one", () => {
    const edited = setName("", "lodestar.yaml", "own", { kind: "default", model: "a/b" });
    expect(edited.ok && edited.value).toContain("default: [ a/b ]");
  });

  test("a file that is broken stays as it is", () => {
    expect(setName("aliases: [", "lodestar.yaml", "own", { kind: "alias", name: "a", model: "b/c" }).ok).toBe(false);
  });
});
