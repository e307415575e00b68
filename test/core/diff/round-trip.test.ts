import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parsePatch } from "../../../src/core/diff/parse.ts";
import { emitItem } from "../../../src/core/diff/patch.ts";

const home = mkdtempSync(join(tmpdir(), "lodestar-round-trip-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function git(folder: string, words: readonly string[], input = ""): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.autocrlf=false"];
  const allowed = ["-c", "protocol.file.allow=always", "-c", "commit.gpgSign=false"];
  const done = Bun.spawnSync(["git", "-C", folder, ...identity, ...allowed, ...words], {
    stdin: Buffer.from(input, "latin1"),
  });
  if (done.exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${done.stderr.toString()}`);
  return done.stdout.toString("latin1");
}

let count = 0;
function repository(): string {
  count += 1;
  const folder = join(home, `r${count}`);
  mkdirSync(folder);
  git(folder, ["init", "-q", "-b", "main"]);
  return folder;
}

function reEmitted(patch: string): string {
  return parsePatch(patch).map(emitItem).join("");
}

const line = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "b",
    "-- x",
    "++ y",
    "@@ -1 +1 @@",
    "diff --git a/x b/x",
    "\\ No newline at end of file",
    "\r",
    "c\r",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\n", "")),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 25 }), fc.boolean())
  .map(([lines, isEnded]) => Buffer.from(lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : "")));
const content = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const NAMES = ["a", "b.txt", "folder/c d.ts", "ü ñ.md", 'quo"te', "tab\there", "-dash", "a b/a b"];
const tree = fc.dictionary(fc.constantFrom(...NAMES), fc.record({ content, isRunnable: fc.boolean() }), {
  maxKeys: 6,
  noNullPrototype: true,
});

function put(folder: string, files: Readonly<Record<string, { content: Buffer; isRunnable: boolean }>>): string {
  git(folder, ["rm", "-rfq", "--ignore-unmatch", "."]);
  for (const [name, file] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content);
    chmodSync(path, file.isRunnable ? 0o755 : 0o644);
  }
  git(folder, ["add", "-A"]);
  return git(folder, ["write-tree"]).trim();
}

describe("a patch that was read and written again", () => {
  test("is the same bytes, and git makes the same files of it, whatever two trees it leads between", () => {
    fc.assert(
      fc.property(tree, tree, fc.constantFrom("-U3", "-U0", "-U9"), (before, after, context) => {
        const folder = repository();
        const [from, to] = [put(folder, before), put(folder, after)];
        const patch = git(folder, ["diff", "--binary", "-M", "-C", "--find-copies-harder", context, from, to]);
        expect(reEmitted(patch)).toBe(patch);
        git(folder, ["read-tree", from]);
        if (patch === "") expect(from).toBe(to);
        else git(folder, ["apply", "--cached", "--unidiff-zero", "-"], reEmitted(patch));
        expect(git(folder, ["write-tree"]).trim()).toBe(to);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test("keeps merges, submodules, symbolic links and changes of type", () => {
    const [folder, inner] = [repository(), repository()];
    writeFileSync(join(inner, "x"), "x\n");
    git(inner, ["add", "-A"]);
    git(inner, ["commit", "-qm", "inner"]);
    const write = (name: string, words: string): void => writeFileSync(join(folder, name), words);
    const commit = (message: string): void => {
      git(folder, ["add", "-A"]);
      git(folder, ["commit", "-qm", message]);
    };
    write("f", "1\n2\n3\n4\n5\n");
    write("link", "a file\n");
    commit("first");
    git(folder, ["checkout", "-qb", "other"]);
    write("f", "1\n2\nother\n4\n5\n");
    commit("other");
    git(folder, ["checkout", "-q", "main"]);
    write("f", "1\n2\nmain\n4\n5\n");
    git(folder, ["submodule", "add", "-q", inner, "sub"]);
    commit("main");
    Bun.spawnSync(["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@localhost", "merge", "-q", "other"]);
    expect(reEmitted(git(folder, ["diff"]))).toContain("diff --cc f");
    write("f", "1\n2\nboth\n4\n5\n");
    commit("merge");
    git(join(folder, "sub"), ["commit", "-q", "--allow-empty", "-m", "more"]);
    rmSync(join(folder, "link"));
    symlinkSync("f", join(folder, "link"));
    commit("submodule and link");
    for (const how of [
      ["-m"],
      ["--cc"],
      ["-c"],
      ["--submodule=log"],
      ["--stat", "--summary"],
      ["--word-diff"],
      ["--graph"],
    ]) {
      const patch = git(folder, ["log", "-p", ...how]);
      expect(reEmitted(patch)).toBe(patch);
    }
  });

  test("is nothing where nothing is", () => {
    expect(parsePatch("")).toEqual([]);
  });
});
