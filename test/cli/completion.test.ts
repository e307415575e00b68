import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI_DOCS_PATH, generateCliDocs } from "../../scripts/generate/cli-docs.ts";
import { COMMAND_REGISTRY_PATH, generateCommandRegistry } from "../../scripts/generate/commands.ts";
import { COMMANDS } from "../../src/cli/_all.ts";
import { flatten, loadTree } from "../../src/cli/tree.ts";
import { run } from "./harness.ts";

const ROOT = join(import.meta.dir, "../..");

/** What bash offers after these words; the last one is being typed. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const script = (await run(["completion", "bash"])).out;
  const list = ["lodestar", ...words].map((word) => `'${word}'`).join(" ");
  const shell = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _lodestar; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = Bun.spawnSync(["bash", "--norc", "-c", shell]);
  expect(child.stderr.toString()).toBe("");
  return child.stdout
    .toString()
    .split("\n")
    .filter((word) => word !== "");
}

describe.skipIf(Bun.which("bash") === null)("bash completes", () => {
  test.each<[string[], string[]]>([
    [["se"], ["serve", "service", "setup"]],
    [
      ["costs", ""],
      ["query", "export", "prune", "check", "report", "explain", "reconcile"],
    ],
    [["costs", "--per"], ["--period"]],
    [
      ["costs", "--period", ""],
      ["today", "week", "month", "all"],
    ],
    [["costs", "query", "--li"], ["--limit"]],
    [
      ["provider", "add", "--no"],
      ["--no-key", "--no-test"],
    ],
    [["keys", "r"], ["revoke"]],
    [["--ver"], ["--version"]],
  ])("%j", async (words, expected) => {
    expect(await offered(words)).toEqual(expected);
  });
});

test.each(["bash", "zsh", "fish"])("the script of %s knows every command and subcommand", async (shell) => {
  const { code, out } = await run(["completion", shell]);
  expect(code).toBe(0);
  for (const { words } of flatten(await loadTree(COMMANDS))) expect(out).toContain(words.at(-1) ?? "?");
});

test.each(["zsh", "fish"].filter((shell) => Bun.which(shell) !== null))(
  "%s takes its script without complaint",
  async (shell) => {
    const file = join(mkdtempSync(join(tmpdir(), "lodestar-completion-")), "script");
    writeFileSync(file, (await run(["completion", shell])).out);
    const child = Bun.spawnSync([shell, "-n", file]);
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
  },
);

test("an unknown shell is a usage problem", async () => {
  const { code, err } = await run(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(err).toContain("bash, zsh or fish");
});

describe("the man page", () => {
  test("is roff with every command, and no line that groff would take for a request of ours", async () => {
    const { code, out } = await run(["help", "--man"]);
    expect(code).toBe(0);
    expect(out).toStartWith('.TH LODESTAR 1 "" "lodestar 1.2.3"');
    for (const { words } of flatten(await loadTree(COMMANDS))) expect(out).toContain(`lodestar ${words.join(" ")}`);
    const requests = new Set(out.split("\n").flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []));
    expect([...requests].sort()).toEqual(["B", "I", "PP", "RE", "RS", "SH", "SS", "TH", "TP", "fi", "nf"]);
  });
});

describe("generated files", () => {
  test("the registry is what the command files say", async () => {
    expect(await Bun.file(join(ROOT, COMMAND_REGISTRY_PATH)).text()).toBe(await generateCommandRegistry());
  });

  test("the reference is what the command tree says, with the exit codes", async () => {
    const text = await generateCliDocs();
    expect(await Bun.file(join(ROOT, CLI_DOCS_PATH)).text()).toBe(text);
    expect(text).toContain("| 7 | the daemon is not running |");
    expect(text).toContain("### lodestar serve");
  });

  test("the registry's words are those of the commands themselves", async () => {
    for (const entry of COMMANDS) {
      const { meta } = await entry.load();
      expect([meta.name, meta.description, meta.group]).toEqual([entry.name, entry.description, entry.group]);
    }
  });
});
