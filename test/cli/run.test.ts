import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BROKEN, folderWith, gitIn, REPAIRED, TEST, whole } from "../features/repair/fixtures.ts";
import { snapshot } from "../features/repair/snapshot.ts";
import { type CliRun, type CliWorld, createCliWorlds, type RunOptions } from "./harness.ts";

const makeWorld = createCliWorlds();
const CACHES = ["__pycache__"];

interface Asked {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tag: string | null;
}

interface Scripted extends CliWorld {
  readonly asked: Asked[];
  start(command: readonly string[], folder: string, flags?: readonly string[], options?: RunOptions): Promise<CliRun>;
}

/** A Lodestar whose models answer these texts, one after the other, the last one again and again. */
function scripted(answers: readonly string[], fail?: (model: string) => Response | null): Scripted {
  const asked: Asked[] = [];
  const world = makeWorld({
    api: async (request) => {
      const body = (await request.json()) as Asked;
      asked.push({ ...body, tag: request.headers.get("x-lodestar-tag") });
      const failed = fail?.(body.model) ?? null;
      if (failed !== null) return failed;
      const content = answers[Math.min(asked.length, answers.length) - 1] ?? "";
      const chunk = {
        choices: [{ index: 0, delta: { content }, finish_reason: "stop" }],
        usage: { total_tokens: 50, cost: 0.001 },
      };
      return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, {
        headers: {
          "content-type": "text/event-stream",
          "x-lodestar-model": `test/${body.model}`,
          "x-lodestar-request-id": `req_${asked.length}`,
        },
      });
    },
  });
  const environment = { PATH: process.env.PATH ?? "", HOME: world.stateDir };
  return {
    ...world,
    asked,
    start: (command, folder, flags = ["--yes"], options = {}) =>
      world.run(["run", "--cwd", folder, ...flags, "--", ...command], { environment, ...options }),
  };
}

function eventsOf(out: string): readonly Record<string, unknown>[] {
  return out
    .split("\n")
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("a command that ends well", () => {
  test("is passed through, and nothing else happens", async () => {
    const world = scripted([]);
    const { code, out, err } = await world.start(["sh", "-c", "printf 'a\\nb'; printf c >&2"], folderWith({}));
    expect([code, out, err]).toEqual([0, "a\nb", "c"]);
    expect([world.asked.length, existsSync(join(world.stateDir, "runs"))]).toEqual([0, false]);
  });

  test("says as JSON how it ended", async () => {
    const { out } = await scripted([]).start(["echo", "hi"], folderWith({}), ["--json"]);
    expect(eventsOf(out).map(({ event }) => event)).toEqual(["output", "finished"]);
    expect(eventsOf(out)[0]).toMatchObject({ stream: "stdout", text: "hi\n" });
  });
});

describe("a command that cannot run", () => {
  test.each([
    [["pyhton3", "x.py"], 127, "command_not_found", 'Did you mean "python3"'],
    [["npm test"], 127, "command_not_found", "give the words one by one"],
    [["./nowhere"], 127, "command_not_found", "there is no command"],
    [["./plain.txt"], 126, "command_not_startable", "cannot be started"],
    [["./sub"], 126, "command_not_startable", "it is a folder"],
  ] as const)("%p ends with %d", async (command, exitCode, problem, words) => {
    const folder = folderWith({ "plain.txt": "x", "sub/a": "x" });
    const { code, err } = await scripted([]).start(command, folder);
    expect(code).toBe(exitCode);
    expect(err).toContain(`code: ${problem}`);
    expect(err).toContain(words);
  });

  test.each([
    [["run"], "no_command"],
    [["run", "pytest"], "no_command"],
    [["run", "--attempts", "0", "--", "true"], "bad_value"],
    [["run", "--budget", "much", "--", "true"], "bad_value"],
    [["run", "--pick", "--", "true"], "no_model_named"],
  ] as const)("%p is a wrong command line", async (argv, problem) => {
    const { code, err } = await scripted([]).run(argv);
    expect([code, err.includes(`code: ${problem}`)]).toEqual([2, true]);
  });
});

describe("a failure that is not repaired", () => {
  test("of a command that is no test, lint or build is told, with the command's own code", async () => {
    const world = scripted([]);
    const { code, err } = await world.start(["python3", "-c", "raise SystemExit(int('3'))"], folderWith({}));
    expect(code).toBe(3);
    expect(err).toContain("not recognised as a test, a lint or a build");
    expect(world.asked).toEqual([]);
  });

  test("of the machine is explained with what to do", async () => {
    const world = scripted([]);
    const folder = folderWith({ "test_x.py": "import no_such_package_here\n" });
    const { code, err } = await world.start(TEST, folder);
    expect(code).toBe(1);
    expect(err).toContain("fix: python -m pip install no_such_package_here");
    expect(world.asked).toEqual([]);
  });

  test("that only happened once is flaky, and ends well", async () => {
    const world = scripted([]);
    const once = "test -e been || { touch been; echo 'Error: socket hang up' >&2; exit 1; }";
    const { code, err } = await world.start(["sh", "-c", once], folderWith({}), ["--as", "test"]);
    expect([code, err.includes("it is flaky")]).toEqual([0, true]);
    expect(world.asked).toEqual([]);
  });

  test("is left alone where no model can be asked, with the reason", async () => {
    const down = () =>
      new Response(JSON.stringify({ error: { message: "No local model is available.", code: "no_local_model" } }), {
        status: 503,
      });
    const folder = folderWith(BROKEN);
    const before = snapshot(folder, CACHES);
    const world = scripted([], down);
    const { code, err } = await world.start(TEST, folder);
    expect([code, world.asked.map(({ model }) => model)]).toEqual([1, ["free", "cheap", "best"]]);
    expect(err).toContain("code: no_local_model");
    expect(snapshot(folder, CACHES)).toEqual(before);
  });
});

describe("a repair", () => {
  test("is tried in a copy, applied as shown, recorded, and taken back byte for byte", async () => {
    const folder = folderWith(BROKEN);
    const before = snapshot(folder, CACHES);
    const world = scripted([whole("calc.py", REPAIRED)]);
    const { code, err } = await world.start(TEST, folder);
    expect(code).toBe(0);
    expect(err).toContain("+    return a + b");
    expect(err).toContain("repaired by test/free (1 attempt, $0.001");
    expect(readFileSync(join(folder, "calc.py"), "utf8")).toBe(REPAIRED);
    expect(world.asked[0]?.tag).toMatch(/^run:\d{8}-\d{6}-[0-9a-f]{4}$/);
    const undone = await world.run(["run", "undo"]);
    expect([undone.code, undone.out]).toEqual([0, "restored calc.py\n"]);
    expect(snapshot(folder, CACHES)).toEqual(before);
    expect((await world.run(["run", "undo"])).err).toContain("no repair is applied");
  });

  test("shows the model the failing test and what it imports, the test to read only", async () => {
    const world = scripted([whole("calc.py", REPAIRED)]);
    await world.start(TEST, folderWith(BROKEN));
    const question = world.asked[0]?.messages[1]?.content ?? "";
    expect(question).toContain("calc.py\n```\ndef add(a, b):");
    expect(question).toContain("test_calc.py (only to read: it may not be changed)");
    expect(question).toContain("AssertionError: -1 != 5");
  });

  test("never shows a file with a secret, nor a secret in the output", async () => {
    const key = "sk-abcdefghijklmnop1234567890";
    const folder = folderWith({ ...BROKEN, "keys.py": `KEY = "${key}"\n` });
    writeFileSync(join(folder, "calc.py"), `import keys\n${BROKEN["calc.py"]}`);
    writeFileSync(
      join(folder, "test_calc.py"),
      `import sys\nprint("${key}", file=sys.stderr)\nimport keys\n${BROKEN["test_calc.py"]}`,
    );
    const world = scripted(["no"]);
    await world.start(TEST, folder, ["--attempts", "1"]);
    expect(world.asked.length).toBe(1);
    expect(JSON.stringify(world.asked)).not.toContain(key);
    expect(world.asked[0]?.messages[1]?.content).toContain("def add(a, b):");
  });

  test("that cannot be looked for ends with the command's own code, and says why", async () => {
    const world = scripted([]);
    const { code, err } = await world.start(TEST, folderWith(BROKEN), ["--yes", "--project", "two words"]);
    expect([code, err.includes("code: bad_project")]).toEqual([1, true]);
  });

  test("is only shown where nobody can be asked", async () => {
    const folder = folderWith(BROKEN);
    const before = snapshot(folder, CACHES);
    const { code, err } = await scripted([whole("calc.py", REPAIRED)]).start(TEST, folder, []);
    expect([code, snapshot(folder, CACHES)]).toEqual([1, before]);
    expect(err).toContain("+    return a + b");
    expect(err).toContain("nothing was changed; the patch is kept: ");
  });

  test.each([
    ["y\n", 0],
    ["n\n", 1],
  ] as const)("is applied when a person says so (%j)", async (typed, exitCode) => {
    const folder = folderWith(BROKEN);
    async function* chunks() {
      yield typed;
    }
    const stdin = { isTTY: true, readAll: async () => "", chunks };
    const { code } = await scripted([whole("calc.py", REPAIRED)]).start(TEST, folder, [], {
      stdin,
      isTTY: true,
      environment: { PATH: process.env.PATH ?? "" },
    });
    expect(code).toBe(exitCode);
    expect(readFileSync(join(folder, "calc.py"), "utf8")).toBe(exitCode === 0 ? REPAIRED : BROKEN["calc.py"]);
  });

  test("in a repository leaves index, refs and other changes alone", async () => {
    const folder = folderWith({ ...BROKEN, ".gitignore": "secret.txt\n", "secret.txt": "ignored" });
    gitIn(folder, "init", "-q");
    gitIn(folder, "add", ".");
    gitIn(folder, "commit", "-qm", "one");
    writeFileSync(join(folder, "calc.py"), `${BROKEN["calc.py"]}\n# mine\n`);
    writeFileSync(join(folder, "new.txt"), "untracked");
    const before = snapshot(folder, CACHES);
    const world = scripted([`calc.py\n<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n>>>>>>> REPLACE\n`]);
    const { code } = await world.start(TEST, folder);
    const after = snapshot(folder, CACHES);
    expect(code).toBe(0);
    expect(Object.keys(after).filter((path) => after[path] !== before[path])).toEqual(["calc.py"]);
    expect(readFileSync(join(folder, "calc.py"), "utf8")).toEndWith("# mine\n");
    await world.run(["run", "undo"]);
    expect(snapshot(folder, CACHES)).toEqual(before);
  });

  test("is refused to be taken back where the file was changed since", async () => {
    const folder = folderWith(BROKEN);
    const world = scripted([whole("calc.py", REPAIRED)]);
    await world.start(TEST, folder);
    writeFileSync(join(folder, "calc.py"), "mine\n");
    const { code, err } = await world.run(["run", "undo"]);
    expect([code, err.includes("code: changed_since")]).toEqual([1, true]);
    expect(readFileSync(join(folder, "calc.py"), "utf8")).toBe("mine\n");
  });

  test("of a read-only file keeps its mode, and so does taking it back", async () => {
    const folder = folderWith(BROKEN);
    chmodSync(join(folder, "calc.py"), 0o444);
    const before = snapshot(folder, CACHES);
    const world = scripted([whole("calc.py", REPAIRED)]);
    expect((await world.start(TEST, folder)).code).toBe(0);
    expect(snapshot(folder, CACHES)["calc.py"]).toStartWith("file 444");
    await world.run(["run", "undo"]);
    expect(snapshot(folder, CACHES)).toEqual(before);
  });
});

describe("answers that do not do", () => {
  const wrong = whole("calc.py", BROKEN["calc.py"].replace("a - b", "a * b"));
  test("are followed by another attempt that knows of them", async () => {
    const world = scripted([wrong, whole("calc.py", REPAIRED)]);
    const { code } = await world.start(TEST, folderWith(BROKEN));
    expect([code, world.asked.map(({ model }) => model)]).toEqual([0, ["free", "free"]]);
    expect(world.asked[1]?.messages[1]?.content).toContain("Attempt 1 (test/free) did not do");
  });

  test("that fail the same way twice bring in the next model, and then an end", async () => {
    const world = scripted([wrong]);
    const { code, err } = await world.start(TEST, folderWith(BROKEN), [
      "--yes",
      "--model",
      "a/small",
      "--model",
      "b/large",
      "--attempts",
      "9",
    ]);
    expect([code, world.asked.map(({ model }) => model)]).toEqual([1, ["a/small", "a/small", "b/large"]]);
    expect(err).toContain("there is no other model to ask");
  });

  test("end with the attempts", async () => {
    const world = scripted(["no", "no, no", "x = 1"]);
    const { err } = await world.start(TEST, folderWith(BROKEN), ["--yes", "--attempts", "2"]);
    expect(err).toContain("none of 2 attempts repaired it");
  });

  test("that take the tests away are no repair", async () => {
    const cheat = whole("test_calc.py", "import unittest\n");
    const world = scripted([cheat]);
    const folder = folderWith(BROKEN);
    const { code, err } = await world.start(TEST, folder, ["--yes", "--allow-tests", "--attempts", "1"]);
    expect(code).toBe(1);
    expect(err).toMatch(/it ends well, but only 0 tests pass where 2 ran before|still fails/);
  });

  test("that cost more than the budget are not asked for", async () => {
    const world = scripted([wrong]);
    const { code, err } = await world.start(TEST, folderWith(BROKEN), [
      "--yes",
      "--budget",
      "0",
      "--model",
      "x/unpriced",
    ]);
    expect([code, world.asked]).toEqual([1, []]);
    expect(err).toContain("not repaired:");
  });

  test("that used up the tokens are the last", async () => {
    const world = scripted([wrong, wrong]);
    const { err } = await world.start(TEST, folderWith(BROKEN), ["--yes", "--max-tokens", "10"]);
    expect(world.asked).toEqual([]);
    expect(err).toContain("tokens are used up");
  });
});

describe("a signal", () => {
  test("goes to the command, whose end is nobody's fault", async () => {
    const world = scripted([]);
    let send: (name: "SIGINT") => void = () => undefined;
    const { code } = await world.start(["sh", "-c", "echo up; exec sleep 1000"], folderWith({}), ["--as", "test"], {
      onStart: (deliver) => {
        send = deliver;
      },
      onOut: () => send("SIGINT"),
    });
    expect([code, existsSync(join(world.stateDir, "runs"))]).toEqual([130, false]);
  });

  test("ends a repair, and leaves the files as they were and no copy behind", async () => {
    let send: (name: "SIGINT") => void = () => undefined;
    const world = scripted([], () => {
      send("SIGINT");
      return new Response("", { status: 500 });
    });
    const folder = folderWith(BROKEN);
    const before = snapshot(folder, CACHES);
    const { code } = await world.start(TEST, folder, ["--yes"], {
      onStart: (deliver) => {
        send = deliver;
      },
    });
    expect([code, snapshot(folder, CACHES)]).toEqual([130, before]);
    const left = Object.keys(snapshot(join(world.stateDir, "runs"))).filter((path) => path.includes("tree-"));
    expect(left).toEqual([]);
  });
});

describe("time", () => {
  test("that is up ends the command with all that it started, with the code of timeout(1)", async () => {
    const world = scripted([]);
    const { code, err } = await world.start(["sh", "-c", "sleep 1000; true"], folderWith({}), ["--timeout", "200ms"]);
    expect([code, err.includes("it took too long")]).toEqual([124, true]);
  });
});

describe("what is known of runs", () => {
  test("is listed, shown and kept as events", async () => {
    const world = scripted([whole("calc.py", REPAIRED)]);
    const { out } = await world.start(TEST, folderWith(BROKEN), ["--yes", "--json"]);
    const names = eventsOf(out).map(({ event }) => event);
    expect(names.filter((name) => name !== "output")).toEqual([
      "started",
      "ended",
      "classified",
      "reproduced",
      "asked",
      "answered",
      "tried",
      "repaired",
      "applied",
      "finished",
    ]);
    expect(eventsOf(out).at(-1)).toMatchObject({ exitCode: 0, attempts: 1, costUsd: 0.001, tokens: 50 });
    const listed = JSON.parse((await world.run(["run", "list", "--json"])).out) as { runs: Record<string, unknown>[] };
    expect(listed.runs[0]).toMatchObject({
      command: TEST.join(" "),
      failure: "assertion",
      end: "applied",
      attempts: 1,
    });
    const shown = await world.run(["run", "show"]);
    expect(shown.out).toContain("classified");
    expect(shown.out).toContain("+    return a + b");
    expect((await world.run(["run", "list"])).out).toContain("assertion");
  });

  test("begins with sweeping up the copies of runs that were killed", async () => {
    const world = scripted([]);
    const left = join(world.stateDir, "runs/20260101-000000-abcd/work-999999999/tree-x");
    const used = join(world.stateDir, `runs/20260101-000000-abce/work-${process.pid}/tree-x`);
    for (const folder of [left, used]) mkdirSync(folder, { recursive: true });
    await world.start(["false"], folderWith({}));
    expect([existsSync(left), existsSync(used)]).toEqual([false, true]);
  });

  test("a run that is not there is told", async () => {
    const world = scripted([]);
    expect((await world.run(["run", "show"])).err).toContain("no run failed yet");
    expect((await world.run(["run", "show", "../../x"])).err).toContain("code: run_not_found");
  });
});
