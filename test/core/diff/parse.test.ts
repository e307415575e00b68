import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { parsePatch } from "../../../src/core/diff/parse.ts";
import { emitItem, type FilePatch, pathOf, readableText } from "../../../src/core/diff/patch.ts";

const ROOT = resolve(import.meta.dir, "../../..");

function git(folder: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.autocrlf=false"];
  const done = Bun.spawnSync(["git", "-C", folder, ...identity, ...args]);
  return done.stdout.toString("latin1");
}

const HAS_HISTORY = git(ROOT, "rev-parse", "HEAD") !== "";

function filesOf(patch: string): readonly FilePatch[] {
  return parsePatch(patch).flatMap((item) => (item.kind === "file" ? [item.file] : []));
}

function written(patch: string): string {
  return parsePatch(patch).map(emitItem).join("");
}

function countsOf({ hunks, ...file }: FilePatch): string {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  return `${count("added")}\t${count("removed")}\t${pathOf(file)}`;
}

describe.skipIf(!HAS_HISTORY)("the history of this repository (skipped outside a repository)", () => {
  for (const how of [["-M", "-C", "--binary"], ["--color=always", "-m"], ["--cc"], ["--no-prefix", "-U0"]])
    test(`comes back byte by byte: git log -p ${how.join(" ")}`, () => {
      const patch = git(ROOT, "log", "-p", "-n", "60", ...how);
      expect(patch.length).toBeGreaterThan(1_000);
      expect(written(patch) === patch).toBe(true);
    });

  test("has the lines that git counts", () => {
    const files = filesOf(git(ROOT, "log", "-p", "-n", "60", "--no-renames"));
    const counted = git(ROOT, "log", "--numstat", "-n", "60", "--no-renames", "--format=").split("\n");
    const numbers = counted.filter((line) => line !== "" && !line.startsWith("-"));
    expect(files.filter(({ isBinary }) => !isBinary).map(countsOf)).toEqual(numbers);
  });
});

describe("odd changes", () => {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-diff-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string | Uint8Array): void {
    writeFileSync(join(folder, name), text);
  }

  git(folder, "init", "-q");
  for (const name of ["gone", "mode.sh", "moved", "both ways", "a b/c".replace("/", "-"), "crlf"])
    write(name, `${name}\nx\n`);
  write("no-end", "one\ntwo");
  write("bin", Uint8Array.of(0, 1, 2));
  write("dashes", "-- a\n-- b\n++ c\n");
  write("ümläut", "x\n");
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", "before");
  rmSync(join(folder, "gone"));
  rmSync(join(folder, "moved"));
  write("moved to", "moved\nx\n");
  write("no-end", "one\nthree\n");
  write("bin", Uint8Array.of(0, 1, 3));
  write("dashes", "++ b\n");
  write("ümläut", "y\n");
  write("crlf", "crlf\r\nx\r\n");
  write("empty", "");
  git(folder, "add", "-A");
  git(folder, "update-index", "--chmod=+x", "mode.sh");
  const patch = git(folder, "diff", "--cached", "-M", "--binary");
  const files = new Map(filesOf(patch).map((file) => [readableText(pathOf(file)), file]));

  test("come back byte by byte", () => {
    expect(written(patch) === patch).toBe(true);
  });

  test("are told for what they are", () => {
    const told = [...files].map(([path, { change, isBinary, oldPath, newPath }]) => ({
      path,
      change: isBinary ? `${change}, binary` : change,
      ...(change === "renamed" ? { from: oldPath } : {}),
      ...(newPath === null ? { isGone: true } : {}),
    }));
    expect(told.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
      { path: "bin", change: "modified, binary" },
      { path: "crlf", change: "modified" },
      { path: "dashes", change: "modified" },
      { path: "empty", change: "added" },
      { path: "gone", change: "deleted", isGone: true },
      { path: "mode.sh", change: "mode" },
      { path: "moved to", change: "renamed", from: "moved" },
      { path: "no-end", change: "modified" },
      { path: "ümläut", change: "modified" },
    ]);
    expect(files.get("mode.sh")).toMatchObject({ oldMode: "100644", newMode: "100755" });
    expect(files.get("moved to")?.similarity).toBe(100);
  });

  test("keep lines that look like the head of a file in their hunk", () => {
    const [hunk] = files.get("dashes")?.hunks ?? [];
    expect(hunk?.lines.map(({ kind, text }) => [kind, text])).toEqual([
      ["removed", "-- a"],
      ["removed", "-- b"],
      ["removed", "++ c"],
      ["added", "++ b"],
    ]);
  });

  test("say where no line end stands, and keep carriage returns", () => {
    expect(files.get("no-end")?.hunks[0]?.lines.map(({ kind }) => kind)).toEqual([
      "context",
      "removed",
      "no-newline",
      "added",
    ]);
    expect(files.get("crlf")?.hunks[0]?.lines.at(-1)?.raw).toBe("+x\r\n");
  });

  test("of a merge have a marker for each parent", () => {
    const [file] = filesOf(
      "diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,2 -1,2 +1,3 @@@ fn\n  both\n- ours\n -theirs\n++merged\n +one\n",
    );
    const [hunk] = file?.hunks ?? [];
    expect([hunk?.parents, hunk?.section, file?.newPath]).toEqual([2, "fn", "f"]);
    expect(hunk?.lines.map(({ kind, text }) => [kind, text])).toEqual([
      ["context", "both"],
      ["removed", "ours"],
      ["removed", "theirs"],
      ["added", "merged"],
      ["added", "one"],
    ]);
  });

  test("of diff -u have names and times, and need no git", () => {
    const plain = "--- old/f.c\t2026-10-01 10:00:00\n+++ new/f.c\t2026-10-02 10:00:00\n@@ -1 +1 @@\n-a\n+b\n";
    expect(filesOf(plain)).toMatchObject([{ oldPath: "old/f.c", newPath: "new/f.c", change: "modified" }]);
    expect(written(plain)).toBe(plain);
  });
});

describe("any text", () => {
  test("comes back byte by byte, a patch or not", () => {
    const line = fc.constantFrom(
      "diff --git a/x b/x\n",
      "--- a/x\n",
      "+++ b/x\n",
      "@@ -1,2 +1,2 @@\n",
      "@@@ -1 -1 +1 @@@\n",
      "+a\n",
      "-b\n",
      " c\n",
      "\n",
      "\\ No newline at end of file\n",
      "GIT binary patch\n",
      "commit 1\n",
      "rename from x\n",
      "\u001b[31m-a\u001b[m\r\n",
      "no end",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 30 }), (lines) => {
        expect(written(lines.join(""))).toBe(lines.join(""));
      }),
      { numRuns: 500 },
    );
  });
});
