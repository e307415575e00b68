import { describe, expect, test } from "bun:test";
import { COMMANDS } from "../../src/cli/_all.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { runCli } from "../../src/cli/runner.ts";
import { flatten, loadTree, offeredFlags } from "../../src/cli/tree.ts";
import { run } from "./harness.ts";

describe("help", () => {
  test("goes to stdout, grouped, when it is asked for", async () => {
    for (const argv of [["help"], ["--help"], ["-h"], ["help", "--help"]]) {
      const { code, out, err } = await run(argv);
      expect([code, err]).toEqual([0, ""]);
      expect(out).toStartWith(argv[1] === "--help" ? "Show all commands" : "Lodestar 1.2.3: one gateway");
    }
    expect((await run(["help"])).out).toMatchSnapshot();
  });

  test("of a command is the same by both ways, and shows flags, environment twins and examples", async () => {
    const [asked, flagged] = [await run(["help", "serve"]), await run(["serve", "--help"])];
    expect(asked).toEqual(flagged);
    expect(asked.out).toMatchSnapshot();
  });

  test("of a subcommand works by both ways too", async () => {
    const [asked, flagged] = [await run(["help", "costs", "query"]), await run(["costs", "query", "-h"])];
    expect(asked).toEqual(flagged);
    expect(asked.out).toContain("Usage: lodestar costs query [flags]");
  });

  test("behind -- is a word for the command, not a wish for help", async () => {
    const { out, err, code } = await run(["version", "--", "--help"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toStartWith("lodestar 1.2.3 (");
  });

  test("of every command names each of its flags, and every description is a clause without a full stop", async () => {
    for (const { words, command } of flatten(await loadTree(COMMANDS))) {
      const { out, code } = await run([...words, "--help"]);
      expect(code).toBe(0);
      for (const { long } of offeredFlags(command)) expect(out).toContain(`--${long}`);
      expect(command.meta.description).not.toEndWith(".");
      for (const line of out.split("\n")) {
        if (!line.startsWith("  lodestar") && !line.includes("|")) expect(line.length).toBeLessThanOrEqual(120);
      }
    }
  });

  test("no two flags of a command share a short name", async () => {
    for (const { command } of flatten(await loadTree(COMMANDS))) {
      const shorts = offeredFlags(command).flatMap(({ short }) => (short === null ? [] : [short]));
      expect(new Set(shorts).size).toBe(shorts.length);
    }
  });
});

describe("mistakes", () => {
  test("no command at all shows the commands on stderr", async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("Usage: lodestar COMMAND");
  });

  test.each<[string[], string]>([
    [
      ["sevre"],
      'unknown command "sevre" for lodestar. Did you mean "serve"?\n  fix: lodestar help lists the commands\n  code: unknown_command',
    ],
    [
      ["keys", "creat"],
      'unknown command "creat" for lodestar keys. Did you mean "create"?\n  fix: lodestar keys --help lists the commands\n  code: unknown_command',
    ],
    [
      ["help", "sttus"],
      'unknown command "sttus" for lodestar. Did you mean "status"?\n  fix: lodestar help lists the commands\n  code: unknown_command',
    ],
    [
      ["serve", "--prot", "1"],
      'unknown flag --prot. Did you mean "--port"?\n  fix: lodestar serve --help lists the flags\n  code: unknown_flag',
    ],
    [
      ["--verson"],
      'unknown flag --verson. Did you mean "--version"?\n  fix: lodestar help lists the commands\n  code: unknown_flag',
    ],
    [
      ["requests", "show"],
      "lodestar requests show needs ID: the request's id\n  fix: lodestar requests show ID\n  code: missing_argument",
    ],
    [
      ["constructor"],
      'unknown command "constructor" for lodestar.\n  fix: lodestar help lists the commands\n  code: unknown_command',
    ],
    [
      ["keys", "toString"],
      'unknown command "toString" for lodestar keys.\n  fix: lodestar keys --help lists the commands\n  code: unknown_command',
    ],
  ])("%j exits 2 and says what was meant", async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(`error: ${message}\n`);
  });

  test("with --json a problem is one line of JSON on stderr", async () => {
    const { err } = await run(["costs", "--json", "--perod", "week"]);
    expect(JSON.parse(err)).toEqual({
      error: {
        code: "unknown_flag",
        message: 'unknown flag --perod. Did you mean "--period"?',
        fix: "lodestar costs --help lists the flags",
        exitCode: 2,
      },
    });
  });

  test("a bug in a command is a failure with a code, and its stack only when asked for", async () => {
    const command = defineCommand({
      meta: { name: "boom", description: "throws" },
      run: async () => {
        throw new TypeError("x is not a function");
      },
    });
    const entries = [{ name: "boom", description: "throws", group: "More", load: async () => command }] as const;
    const attempt = async (environment: Record<string, string>): Promise<string> => {
      let err = "";
      const code = await runCli(["boom"], entries, {
        stdout: { write: () => undefined },
        stderr: {
          write: (text) => {
            err += text;
          },
        },
        stdin: { readAll: async () => "" },
        environment,
        version: "1",
        now: () => 0,
        onSignal: () => () => undefined,
        backend: () => Promise.reject(new Error("unused")),
      });
      expect(code).toBe(1);
      return err;
    };
    expect(await attempt({})).toStartWith("error: a bug in lodestar: TypeError: x is not a function\n");
    expect(await attempt({})).not.toContain("    at ");
    expect(await attempt({ LODESTAR_DEBUG: "1" })).toContain("    at ");
  });
});

test("--version is the version and nothing else", async () => {
  for (const flag of ["--version", "-v"]) expect(await run([flag])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});

test("version --json says what it was built from", async () => {
  expect(JSON.parse((await run(["version", "--json"])).out)).toEqual({
    version: "1.2.3",
    commit: expect.any(String),
    runtime: `bun ${Bun.version}`,
    platform: `${process.platform}-${process.arch}`,
  });
});

test("an interrupted command exits 130 and stops waiting", async () => {
  let interrupt = (): void => undefined;
  const running = run(["logs", "-f"], {
    onStart: (send) => {
      interrupt = () => send("SIGINT");
    },
    backend: {
      followLog: async function* (_stateDir, { signal }) {
        yield '{"time":"2026-11-20T12:00:00Z","level":"info","message":"first"}';
        interrupt();
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
  expect((await running).code).toBe(130);
});
