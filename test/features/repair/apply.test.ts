import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileChange } from "../../../src/core/repair/edit.ts";
import { applyChanges, prepareChanges, restoreChanges } from "../../../src/features/repair/apply.ts";
import { patchText } from "../../../src/features/repair/patch-text.ts";
import { folderWith, gitIn } from "./fixtures.ts";
import { snapshot } from "./snapshot.ts";

/** A tree with all that a real one has: dirty, untracked and ignored files, a nested repository, links, read-only files. */
function oddTree(): string {
  const folder = folderWith({
    "a.py": "a = 1\n",
    "crlf.py": "a = 1\r\nb = 2\r\n",
    "no-end.py": "a = 1",
    "locked.py": "a = 1\n",
    "run.sh": "#!/bin/sh\n",
    ".gitignore": "ignored/\n",
    "ignored/x.bin": "\0\u0001",
  });
  gitIn(folder, "init", "-q");
  gitIn(folder, "add", ".");
  gitIn(folder, "commit", "-qm", "one");
  writeFileSync(join(folder, "untracked.txt"), "u");
  writeFileSync(join(folder, "a.py"), "a = 1\n# dirty\n");
  mkdirSync(join(folder, "nested"));
  gitIn(join(folder, "nested"), "init", "-q");
  writeFileSync(join(folder, "nested/n.py"), "n = 1\n");
  symlinkSync("a.py", join(folder, "link.py"));
  symlinkSync("nowhere", join(folder, "broken-link"));
  chmodSync(join(folder, "locked.py"), 0o444);
  chmodSync(join(folder, "run.sh"), 0o750);
  return folder;
}

function change(folder: string, path: string, after: string): FileChange {
  return { path, before: existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : null, after };
}

describe("an applied patch", () => {
  test("changes its own files alone, and is taken back byte for byte", () => {
    const folder = oddTree();
    const originals = join(folderWith({}), "originals");
    const before = snapshot(folder);
    const paths = ["a.py", "crlf.py", "no-end.py", "locked.py", "run.sh", "nested/n.py", "deep/er/new.py"];
    const changes = paths.map((path) => change(folder, path, `# new text of ${path}\n`));
    const prepared = prepareChanges(folder, changes, originals);
    if (!prepared.ok) throw new Error(prepared.error.message);
    expect(snapshot(folder)).toEqual(before);
    expect(applyChanges(folder, changes, prepared.value, originals)).toBeNull();
    const after = snapshot(folder);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed.toSorted()).toEqual([...paths, "deep", "deep/er"].toSorted());
    for (const path of paths.slice(0, 6)) expect(after[path]?.split(" ")[1]).toBe(before[path]?.split(" ")[1] ?? "");
    expect(restoreChanges(folder, prepared.value, originals)).toBeNull();
    expect(snapshot(folder)).toEqual(before);
  });

  test("is not begun where a file is another than the one that was repaired", () => {
    const folder = oddTree();
    const changes = [change(folder, "a.py", "x\n"), { path: "crlf.py", before: "something else\n", after: "x\n" }];
    const before = snapshot(folder);
    expect(prepareChanges(folder, changes, join(folderWith({}), "o"))).toMatchObject({
      ok: false,
      error: { code: "file_changed" },
    });
    expect(
      prepareChanges(folder, [{ path: "link.py", before: "", after: "x\n" }], join(folderWith({}), "o")),
    ).toMatchObject({ ok: false, error: { code: "not_a_file" } });
    expect(snapshot(folder)).toEqual(before);
  });

  test("that cannot be finished is taken back at once", () => {
    const folder = folderWith({ "a.py": "a\n", "b.py": "b\n" });
    const originals = join(folderWith({}), "o");
    const changes = [change(folder, "a.py", "x\n"), { path: "b.py/c.py", before: null, after: "y\n" }];
    const before = snapshot(folder);
    const prepared = prepareChanges(folder, changes.slice(0, 1), originals);
    if (!prepared.ok) throw new Error(prepared.error.message);
    const [first] = prepared.value;
    if (first === undefined) throw new Error("nothing prepared");
    const second = { ...first, path: "b.py/c.py", original: null, folders: [] };
    expect(applyChanges(folder, changes, [first, second], originals)).toMatchObject({ code: "not_writable" });
    expect(snapshot(folder)).toEqual(before);
  });

  test("as text is one that git applies", () => {
    const folder = folderWith({ "a.py": "1\n2\n3\n", "end.py": "x", "new.py": "" });
    gitIn(folder, "init", "-q");
    const changes = [
      change(folder, "a.py", "1\ntwo\n3\n"),
      change(folder, "end.py", "y"),
      change(folder, "sub/made.py", "made\n"),
    ];
    writeFileSync(join(folder, "p.patch"), patchText(changes));
    gitIn(folder, "apply", "p.patch");
    expect(changes.map(({ path }) => readFileSync(join(folder, path), "utf8"))).toEqual(["1\ntwo\n3\n", "y", "made\n"]);
  });
});
