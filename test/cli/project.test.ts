import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectDetailView, ProjectListView } from "../../src/core/project-view.ts";
import { makeCliWorld, type RunOptions } from "./harness.ts";

const before = process.cwd();
const open: (() => void)[] = [];

afterEach(() => {
  process.chdir(before);
  for (const close of open.splice(0)) close();
});

const ANSWER = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "yes" }, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

/** A home folder with projects below it, and a Lodestar beside it. */
function scene(isRunning = true) {
  const seen: Headers[] = [];
  const world = makeCliWorld({
    isRunning,
    api: (request) => {
      seen.push(request.headers);
      return new Response(ANSWER, { headers: { "content-type": "text/event-stream" } });
    },
  });
  const home = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-project-")));
  open.push(world.close, () => rmSync(home, { recursive: true, force: true }));
  return {
    ...world,
    home,
    seen,
    /** Makes a folder with a project file, and returns its path. */
    folder(name: string, text?: string): string {
      const folder = join(home, name);
      mkdirSync(folder, { recursive: true });
      if (text !== undefined) writeFileSync(join(folder, ".lodestar.yaml"), text, { mode: 0o644 });
      return folder;
    },
    go: (words: readonly string[], options: RunOptions = {}) =>
      world.run(words, { ...options, environment: { HOME: home, ...options.environment } }),
    known: () => world.admin.projects.known().map(({ name, folder }) => ({ name, folder })),
  };
}

describe("project init", () => {
  test("writes the template for this folder and tells what to do next", async () => {
    const world = scene();
    process.chdir(world.folder("my site"));
    const { code, out, err } = await world.go(["project", "init", "--template", "web"]);
    expect([code, out]).toEqual([0, `${join(world.home, "my site/.lodestar.yaml")}\n`]);
    expect(err).toContain("written for my-site. What holds with it: lodestar project show");
    expect(readFileSync(".lodestar.yaml", "utf8")).toContain("name: my-site ");
    expect((await world.go(["project", "show", "--json"])).code).toBe(0);
    expect(world.known()).toEqual([{ name: "my-site", folder: join(world.home, "my site") }]);
  });

  test("never overwrites, and with --force keeps what was there", async () => {
    const world = scene();
    const folder = world.folder("app", "tag: mine\n");
    const words = ["project", "init", "--template", "cli", "--folder", folder];
    const refused = await world.go(words);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(".lodestar.yaml is there already")]);
    expect(readFileSync(join(folder, ".lodestar.yaml"), "utf8")).toBe("tag: mine\n");
    const forced = await world.go([...words, "--force", "--json", "--name", "tool"]);
    expect(JSON.parse(forced.out)).toEqual({
      file: join(folder, ".lodestar.yaml"),
      name: "tool",
      template: "cli",
      backup: join(folder, ".lodestar.yaml.bak"),
    });
    expect(readFileSync(join(folder, ".lodestar.yaml.bak"), "utf8")).toBe("tag: mine\n");
    expect(existsSync(join(folder, `.lodestar.yaml.${process.pid}.new`))).toBe(false);
  });

  test("writes through no link", async () => {
    const world = scene();
    const folder = world.folder("app");
    writeFileSync(join(world.home, "target"), "untouched");
    symlinkSync(join(world.home, "target"), join(folder, ".lodestar.yaml"));
    expect((await world.go(["project", "init", "--template", "cli", "--folder", folder])).code).toBe(1);
    await world.go(["project", "init", "--template", "cli", "--folder", folder, "--force"]);
    expect(readFileSync(join(world.home, "target"), "utf8")).toBe("untouched");
  });

  test.each([
    [[], "which template?"],
    [["--template", "wep"], 'there is no template "wep". Did you mean "web"?'],
    [["--template", "web", "--name", "a b"], '"a b" is no valid name'],
  ])("with %j says what can be chosen", async (words, message) => {
    const { code, err } = await scene().go(["project", "init", ...words]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("that cannot write says why", async () => {
    const { code, err } = await scene().go(["project", "init", "--template", "cli", "--folder", "/nowhere/at/all"]);
    expect([code, err]).toEqual([1, expect.stringContaining("/nowhere/at/all/.lodestar.yaml cannot be written")]);
  });

  test("--stdout only shows it", async () => {
    const world = scene();
    process.chdir(world.folder("app"));
    const { out } = await world.go(["project", "init", "--template", "docs", "--stdout"]);
    expect(out).toContain("name: app ");
    expect(existsSync(".lodestar.yaml")).toBe(false);
  });
});

describe.each([true, false])("project use (daemon: %p)", (isRunning) => {
  test("makes this folder's project known, from anywhere below it", async () => {
    const world = scene(isRunning);
    world.folder("shop", "tag: t\n");
    process.chdir(world.folder("shop/src/deep"));
    const { code, out, err } = await world.go(["project", "use"]);
    expect([code, out]).toEqual([0, "export LODESTAR_PROJECT=shop\n"]);
    expect(err).toContain(`project shop, from ${join(world.home, "shop")}`);
    expect(world.known()).toEqual([{ name: "shop", folder: join(world.home, "shop") }]);
  });
});

describe("project use", () => {
  test("takes a path, a file, or the name of a known project, whose file it reads again", async () => {
    const world = scene();
    const folder = world.folder("shop", "tag: one\n");
    for (const word of [folder, `${folder}/`, join(folder, ".lodestar.yaml")]) {
      expect((await world.go(["project", "use", word])).out).toBe("export LODESTAR_PROJECT=shop\n");
    }
    world.folder("shop", "tag: two\n");
    const used = JSON.parse((await world.go(["project", "use", "shop", "--json"])).out) as ProjectDetailView;
    expect([used.tag, used.sources]).toEqual(["two", { tag: "file" }]);
  });

  test("of a name that nobody knows, or whose file is gone, says so", async () => {
    const world = scene();
    const folder = world.folder("shop", "tag: one\n");
    await world.go(["project", "use", folder]);
    expect((await world.go(["project", "use", "shpo"])).err).toContain('no project "shpo" here. Did you mean "shop"?');
    rmSync(join(folder, ".lodestar.yaml"));
    expect((await world.go(["project", "use", "shop"])).err).toContain("where there is no .lodestar.yaml any more");
    process.chdir(world.home);
    expect((await world.go(["project", "use"])).err).toContain("lodestar project init --template cli");
  });

  test("of a name that another folder has needs --force, unless that folder's project is gone", async () => {
    const world = scene();
    const [first, second] = [world.folder("a/shop", "tag: a\n"), world.folder("b/shop", "tag: b\n")];
    await world.go(["project", "use", first]);
    const clash = await world.go(["project", "use", second]);
    expect([clash.code, clash.err]).toEqual([1, expect.stringContaining(`belongs to the project in ${first}`)]);
    expect((await world.go(["project", "use", second, "--force"])).code).toBe(0);
    expect(world.known()).toEqual([{ name: "shop", folder: second }]);
    rmSync(second, { recursive: true });
    expect((await world.go(["project", "use", first])).code).toBe(0);
    expect(world.known()).toEqual([{ name: "shop", folder: first }]);
  });

  test("of a wrong file ends with exit code 3 and its line, and shows no control characters", async () => {
    const world = scene();
    process.chdir(world.folder("shop", 'tag: a\n"\\e]0;x\\a": 1\nprovders: {}\n'));
    const { code, err } = await world.go(["project", "use"]);
    expect(code).toBe(3);
    expect(err).toContain(`${join(world.home, "shop/.lodestar.yaml")}:3:1: provders is not a setting.`);
    expect(err).not.toContain("\u001b");
    expect(world.known()).toEqual([]);
  });
});

describe("project list, show and forget", () => {
  test("show folders, this month's costs, budgets, and who says what", async () => {
    const world = scene();
    const folder = world.folder(
      "shop",
      "aliases: { ui: cheap }\nbudgets: [{ period: month, limitUsd: 5, over: deny }]\ncache: off\nrouting: { rules: [{ name: docs, when: { path: docs/** }, do: { target: cheap } }] }\n",
    );
    await world.go(["project", "use", folder]);
    await world.settle({ requestId: "a", project: "shop", costNanoUsd: 1_250_000_000 });
    const list = await world.go(["project"]);
    expect(list.out).toContain("shop");
    expect(list.out).toMatch(/\$1\.25 of \$5(?:\.00)? a/);
    const json = JSON.parse((await world.go(["project", "list", "--json"])).out) as ProjectListView;
    expect(json.projects).toMatchObject([{ name: "shop", folder, month: { costNanoUsd: 1_250_000_000 } }]);
    const shown = await world.go(["project", "show", "shop"]);
    expect(
      shown.out
        .split("\n")
        .map((line) => line.replace(/ {2,}/g, " | "))
        .slice(4),
    ).toEqual([
      "rule | value | said by",
      "aliases.ui | cheap | .lodestar.yaml",
      "budgets.month | $1.25 of $5.00 a month, then deny | .lodestar.yaml",
      "cache | off | .lodestar.yaml",
      "rules | docs | .lodestar.yaml",
      "",
    ]);
    expect((await world.go(["project", "forget", "shop"])).code).toBe(0);
    expect(world.known()).toEqual([]);
    expect((await world.go(["project", "forget", "shop"])).code).toBe(1);
  });

  test("with nothing known say how to begin", async () => {
    const world = scene(false);
    expect((await world.go(["project", "list"])).err).toContain("no projects yet: lodestar project init");
    process.chdir(world.home);
    expect((await world.go(["project", "show"])).err).toContain("there is no .lodestar.yaml");
  });
});

describe("ask", () => {
  test.each([true, false])(
    "counts for the project of its folder, which it makes known (daemon: %p)",
    async (isRunning) => {
      const world = scene(isRunning);
      process.chdir(world.folder("shop", "name: store\n"));
      expect((await world.go(["ask", "hi"])).code).toBe(0);
      expect(world.seen.at(-1)?.get("x-lodestar-project")).toBe("store");
      expect(world.known()).toEqual([{ name: "store", folder: join(world.home, "shop") }]);
    },
  );

  test("counts for nobody outside of any project, and for another where it is told so", async () => {
    const world = scene();
    process.chdir(world.home);
    await world.go(["ask", "hi"]);
    expect(world.seen.at(-1)?.get("x-lodestar-project")).toBeNull();
    await world.go(["ask", "hi"], { environment: { LODESTAR_PROJECT: "web", LODESTAR_SESSION: "s-1" } });
    expect(world.seen.at(-1)?.get("x-lodestar-project")).toBe("web");
    expect(world.seen.at(-1)?.get("x-session-id")).toBe("s-1");
    process.chdir(world.folder("shop", "tag: a\n"));
    await world.go(["ask", "--project", "other", "hi"]);
    expect(world.seen.at(-1)?.get("x-lodestar-project")).toBe("other");
    expect((await world.go(["ask", "--project", "a b", "hi"])).code).toBe(2);
  });

  test("asks nothing where the project's file is wrong", async () => {
    const world = scene();
    process.chdir(world.folder("shop", "providers: {}\n"));
    expect((await world.go(["ask", "hi"])).code).toBe(3);
    expect(world.seen).toEqual([]);
  });

  test("asks a daemon elsewhere with the name alone, and says that the rules do not count", async () => {
    const world = scene();
    const elsewhere = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        world.seen.push(request.headers);
        if (request.method === "PUT")
          return Response.json({ error: { code: "route_not_found", message: "no" } }, { status: 404 });
        return new Response(ANSWER, { headers: { "content-type": "text/event-stream" } });
      },
    });
    open.push(() => elsewhere.stop(true));
    process.chdir(world.folder("shop", "tag: a\n"));
    const { code, err } = await world.go(["ask", "--url", `http://127.0.0.1:${elsewhere.port}`, "hi"]);
    expect([code, err]).toEqual([0, expect.stringContaining("do not count there: no")]);
    expect(world.seen.at(-1)?.get("x-lodestar-project")).toBe("shop");
  });
});
