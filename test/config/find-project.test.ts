import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProject, projectFolders } from "../../src/config/find-project.ts";
import { formatProblem } from "../../src/config/problem.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A home folder with `folders` below it. */
function makeHome(...folders: readonly string[]): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-find-")));
  made.push(home);
  for (const folder of folders) mkdirSync(join(home, folder), { recursive: true });
  return home;
}

function fileIn(folder: string, text = "tag: found\n"): string {
  const file = join(folder, ".lodestar.yaml");
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

function complaint(folder: string, home: string): string {
  const found = findProject(folder, home);
  if (found.ok) throw new Error(`it was read: ${JSON.stringify(found.value)}`);
  return formatProblem(found.error);
}

describe("where a project file is looked for", () => {
  test("in the folder and above it, the nearest first", () => {
    const home = makeHome("work/app/src");
    fileIn(join(home, "work"), "tag: outer\n");
    expect(findProject(join(home, "work/app/src"), home)).toMatchObject({
      value: { folder: join(home, "work"), text: "tag: outer\n" },
    });
    fileIn(join(home, "work/app"), "tag: inner\n");
    expect(findProject(join(home, "work/app/src"), home)).toMatchObject({
      value: { folder: join(home, "work/app"), text: "tag: inner\n" },
    });
  });

  test("not above the root of the repository, be its .git a folder or a file", () => {
    for (const git of ["folder", "file"]) {
      const home = makeHome("work/app/src");
      fileIn(join(home, "work"));
      if (git === "folder") mkdirSync(join(home, "work/app/.git"));
      else writeFileSync(join(home, "work/app/.git"), "gitdir: ../x\n");
      expect(findProject(join(home, "work/app/src"), home)).toEqual({ ok: true, value: null });
      fileIn(join(home, "work/app"));
      expect(findProject(join(home, "work/app/src"), home)).toMatchObject({
        value: { folder: join(home, "work/app") },
      });
    }
  });

  test("in the home folder only by who stands in it, and never above it", () => {
    const home = makeHome("work");
    fileIn(home);
    expect(findProject(join(home, "work"), home)).toEqual({ ok: true, value: null });
    expect(findProject(home, home)).toMatchObject({ value: { folder: home } });
    expect(projectFolders(join(home, "work"), home)).toEqual([join(home, "work")]);
  });

  test("outside the home folder up to the root of the file system, which is left out", () => {
    const home = makeHome("home", "srv/app");
    const folders = projectFolders(join(home, "srv/app"), join(home, "home"));
    expect(folders.slice(0, 2)).toEqual([join(home, "srv/app"), join(home, "srv")]);
    expect(folders).not.toContain("/");
    expect(folders).not.toContain(home);
  });

  test("not on another mount", () => {
    const folders = projectFolders("/dev/shm", "/nowhere");
    expect(folders).toEqual(["/dev/shm"]);
  });
});

describe("a project file is not read", () => {
  test("through a link, wherever it leads", () => {
    const home = makeHome("app");
    const secret = join(home, "secret");
    writeFileSync(secret, "tag: secret\n");
    for (const target of [secret, "/dev/zero", "/nowhere"]) {
      const link = join(home, "app/.lodestar.yaml");
      rmSync(link, { force: true });
      symlinkSync(target, link);
      expect(complaint(join(home, "app"), home)).toEndWith(".lodestar.yaml: is a link. Put the text itself there");
    }
  });

  test("where it is a folder or a pipe", () => {
    const home = makeHome("folder/.lodestar.yaml", "pipe");
    expect(complaint(join(home, "folder"), home)).toContain("is no regular file");
    Bun.spawnSync(["mkfifo", join(home, "pipe/.lodestar.yaml")]);
    expect(complaint(join(home, "pipe"), home)).toContain("is no regular file");
  });

  test("where everybody may change it", () => {
    const home = makeHome("app");
    const file = fileIn(join(home, "app"));
    chmodSync(file, 0o666);
    expect(complaint(join(home, "app"), home)).toEndWith(
      `can be changed by every user of this machine. Chmod o-w ${file}`,
    );
    chmodSync(file, 0o664);
    expect(findProject(join(home, "app"), home)).toMatchObject({ value: { file } });
  });

  test.skipIf(process.getuid?.() !== 0)("where it belongs to another user (needs root)", () => {
    const home = makeHome("app");
    const file = fileIn(join(home, "app"));
    chownSync(file, 4711, 4711);
    expect(complaint(join(home, "app"), home)).toContain("belongs to another user (uid 4711)");
  });

  test("where it is too large, or no UTF-8", () => {
    const home = makeHome("large", "latin");
    fileIn(join(home, "large"), "#".repeat(200_000));
    expect(complaint(join(home, "large"), home)).toContain("is larger than 98304 bytes");
    writeFileSync(join(home, "latin/.lodestar.yaml"), Buffer.from([0x74, 0x61, 0x67, 0x3a, 0xff]));
    expect(complaint(join(home, "latin"), home)).toContain("is not UTF-8 text");
  });
});

describe("in a linked Git worktree", () => {
  function git(folder: string, ...words: readonly string[]): void {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
    const done = Bun.spawnSync(["git", ...identity, ...words], { cwd: folder });
    if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  }

  test.skipIf(Bun.which("git") === null)("a project is that of the main one, whatever its folder is called", () => {
    const home = makeHome("shop/sub", "trees");
    const main = join(home, "shop");
    fileIn(main);
    fileIn(join(main, "sub"));
    git(main, "init", "-q");
    git(main, "add", ".");
    git(main, "commit", "-q", "-m", "one");
    git(main, "worktree", "add", "-q", join(home, "trees/feature"));
    const tree = join(home, "trees/feature");
    expect(findProject(tree, home)).toMatchObject({ value: { folder: main, file: join(tree, ".lodestar.yaml") } });
    expect(findProject(join(tree, "sub"), home)).toMatchObject({ value: { folder: join(main, "sub") } });
    expect(findProject(main, home)).toMatchObject({ value: { folder: main } });
  });

  test("a folder that only says so is itself", () => {
    const home = makeHome("shop/.git/worktrees/real", "evil");
    fileIn(join(home, "evil"));
    for (const target of [
      join(home, "shop/.git/worktrees/real"),
      join(home, "shop/.git/worktrees/none"),
      join(home, "shop/.git"),
      "../shop",
      "",
    ]) {
      writeFileSync(join(home, "evil/.git"), `gitdir: ${target}\n`);
      expect(findProject(join(home, "evil"), home)).toMatchObject({ value: { folder: join(home, "evil") } });
    }
    writeFileSync(join(home, "evil/.git"), `gitdir: ${join(home, "shop/.git/worktrees/real")}\n`);
    Bun.spawnSync(["mkfifo", join(home, "shop/.git/worktrees/real/gitdir")]);
    expect(findProject(join(home, "evil"), home)).toMatchObject({ value: { folder: join(home, "evil") } });
    rmSync(join(home, "shop/.git/worktrees/real/gitdir"));
    writeFileSync(join(home, "shop/.git/worktrees/real/gitdir"), `${join(home, "other/.git")}\n`);
    writeFileSync(join(home, "evil/.git"), `gitdir: ${join(home, "shop/.git/worktrees/real")}\n`);
    expect(findProject(join(home, "evil"), home)).toMatchObject({ value: { folder: join(home, "evil") } });
  });
});
