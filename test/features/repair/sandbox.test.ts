import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { projectAt } from "../../../src/features/repair/git.ts";
import { openSandbox, type Sandbox } from "../../../src/features/repair/sandbox.ts";
import { eventually } from "../../support/eventually.ts";
import { folderWith, gitIn } from "./fixtures.ts";
import { snapshot } from "./snapshot.ts";

const NEVER = new AbortController().signal;

async function sandboxOf(folder: string, environment: Record<string, string> = {}): Promise<Sandbox> {
  const home = folderWith({});
  const plan = {
    project: projectAt(folder),
    folder: join(home, "work"),
    stateDir: home,
    environment: { PATH: process.env.PATH ?? "", ...environment },
    signal: NEVER,
  };
  const opened = await openSandbox(plan);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function repository(files: Readonly<Record<string, string>>): string {
  const folder = folderWith(files);
  gitIn(folder, "init", "-q", "-b", "topic");
  gitIn(folder, "add", ".");
  gitIn(folder, "commit", "-qm", "one");
  gitIn(folder, "tag", "v1");
  return folder;
}

/** Whether a process ended; where nobody collects orphans, it is left as a zombie. */
function isGone(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || readFileSync(stat, "utf8").includes(") Z ");
}

async function shell(sandbox: Sandbox, line: string, timeoutMs = 30_000) {
  return sandbox.run(["sh", "-c", line], timeoutMs, NEVER);
}

describe("a sandbox", () => {
  test("has the dirty, untracked and ignored files, with modes and times", async () => {
    const folder = repository({ "a.txt": "one", ".gitignore": "node_modules\n", "run.sh": "#!/bin/sh\n" });
    writeFileSync(join(folder, "a.txt"), "dirty");
    mkdirSync(join(folder, "node_modules/x"), { recursive: true });
    writeFileSync(join(folder, "node_modules/x/index.js"), "1");
    chmodSync(join(folder, "run.sh"), 0o755);
    utimesSync(join(folder, "a.txt"), 1_000_000, 1_000_000);
    const sandbox = await sandboxOf(folder);
    expect(readFileSync(join(sandbox.root, "a.txt"), "utf8")).toBe("dirty");
    expect(statSync(join(sandbox.root, "a.txt")).mtimeMs).toBe(1_000_000_000);
    expect(statSync(join(sandbox.root, "run.sh")).mode & 0o777).toBe(0o755);
    expect(sandbox.paths).toContain("node_modules/x/index.js");
    await sandbox.close();
    expect(existsSync(sandbox.root)).toBe(false);
  });

  test("looks like the same commit, branch and index to git", async () => {
    const folder = repository({ "a.txt": "one" });
    writeFileSync(join(folder, "staged.txt"), "s");
    gitIn(folder, "add", "staged.txt");
    const words = ["rev-parse HEAD", "symbolic-ref HEAD", "describe --tags", "status --porcelain"];
    const sandbox = await sandboxOf(folder);
    const { output } = await shell(sandbox, words.map((word) => `git ${word}`).join("; "));
    expect(output).toBe(words.map((word) => gitIn(folder, ...word.split(" "))).join(""));
    await sandbox.close();
  });

  test("keeps from the project whatever git is told to do in it", async () => {
    const folder = repository({ "a.txt": "one", "b.txt": "two" });
    writeFileSync(join(folder, "a.txt"), "dirty");
    writeFileSync(join(folder, "untracked.txt"), "u");
    const before = snapshot(folder);
    const sandbox = await sandboxOf(folder, { GIT_DIR: join(folder, ".git"), GIT_WORK_TREE: folder });
    const line =
      "git stash -u; git checkout -- .; git clean -fdxq; git branch -D topic; git tag -d v1; git config user.name x; git commit -qm x --allow-empty; git gc -q; rm -rf .git *";
    await shell(sandbox, line);
    expect(snapshot(folder)).toEqual(before);
    expect(readdirSync(sandbox.root)).toEqual([]);
    await sandbox.close();
  });

  test("turns links into the project into links into itself, and keeps those that lead out", async () => {
    const outside = folderWith({ "data.txt": "outside" });
    const folder = folderWith({ "src/a.txt": "inside" });
    symlinkSync(join(folder, "src"), join(folder, "whole"));
    symlinkSync("src/a.txt", join(folder, "relative"));
    symlinkSync(outside, join(folder, "out"));
    symlinkSync(`../${outside.split("/").at(-1)}/data.txt`, join(folder, "up"));
    const sandbox = await sandboxOf(folder);
    await shell(sandbox, "echo changed > whole/a.txt; echo changed > relative");
    expect(readFileSync(join(folder, "src/a.txt"), "utf8")).toBe("inside");
    expect(readFileSync(join(sandbox.root, "up"), "utf8")).toBe("outside");
    expect(readFileSync(join(sandbox.root, "out/data.txt"), "utf8")).toBe("outside");
    await sandbox.close();
  });

  test("runs in the same folder below, with variables, words and virtual environments that lead into it", async () => {
    const folder = repository({ "sub/x.txt": "x", ".venv/bin/tool": "", ".venv/lib/own.pth": "" });
    writeFileSync(join(folder, ".venv/bin/tool"), `#!/bin/sh\necho ${folder}/tool\n`);
    chmodSync(join(folder, ".venv/bin/tool"), 0o755);
    writeFileSync(join(folder, ".venv/lib/own.pth"), `${folder}/src\n`);
    const sandbox = await sandboxOf(join(folder, "sub"), {
      PATH: `${folder}/.venv/bin:${process.env.PATH}`,
      OLDPWD: folder,
    });
    const { output } = await sandbox.run(
      ["sh", "-c", 'pwd; echo "$PWD $OLDPWD"; tool; cat "$0"', `${folder}/sub/x.txt`],
      30_000,
      NEVER,
    );
    expect(output).toBe(`${sandbox.root}/sub\n${sandbox.root}/sub \n${sandbox.root}/tool\nx`);
    expect(readFileSync(join(sandbox.root, ".venv/lib/own.pth"), "utf8")).toBe(`${sandbox.root}/src\n`);
    await sandbox.close();
  });

  test("ends what hangs, with all that it started", async () => {
    const sandbox = await sandboxOf(folderWith({}));
    const run = await shell(sandbox, "sleep 1000 & echo $! > pid; wait", 300);
    expect([run.isTimedOut, run.exitCode]).toEqual([true, 137]);
    const pid = Number(readFileSync(join(sandbox.root, "pid"), "utf8"));
    await eventually("the end of what it started", () => isGone(pid));
    await sandbox.close();
  });

  test("does not wait for what a command left running", async () => {
    const sandbox = await sandboxOf(folderWith({}));
    const run = await shell(sandbox, "sleep 1000 & echo done");
    expect([run.exitCode, run.output]).toEqual([0, "done\n"]);
    expect(run.tookMs).toBeLessThan(10_000);
    await sandbox.close();
  });

  test("never copies itself, where the state lies in the project", async () => {
    const folder = folderWith({ "a.txt": "a", "state/ledger.db": "x" });
    const stateDir = join(folder, "state");
    const opened = await openSandbox({
      project: projectAt(folder),
      folder: join(stateDir, "runs/x"),
      stateDir,
      environment: {},
      signal: NEVER,
    });
    expect(opened.ok && opened.value.paths).toEqual(["a.txt"]);
    if (opened.ok) await opened.value.close();
  });

  test("tells that a command is not there as a shell does", async () => {
    const sandbox = await sandboxOf(folderWith({}));
    expect((await sandbox.run(["no-such-command-here"], 1_000, NEVER)).exitCode).toBe(127);
    await sandbox.close();
  });
});

describe("a file that may be edited", () => {
  test("is plain UTF-8 text that no link leads to and git does not ignore", async () => {
    const folder = repository({
      "a.py": "x = 1\n",
      ".gitignore": "built.py\n",
      "built.py": "1",
      "latin.py": "",
      "bin.py": "a\0b",
      "bom.py": "\ufeffx",
    });
    writeFileSync(join(folder, "latin.py"), Buffer.from([0x78, 0xe9]));
    symlinkSync("a.py", join(folder, "link.py"));
    symlinkSync(".", join(folder, "loop"));
    const sandbox = await sandboxOf(folder);
    const closed = ["built.py", "latin.py", "bin.py", "bom.py", "link.py", "loop/a.py", "a.py/b.py"].map(
      (path) => typeof sandbox.read(path),
    );
    expect([sandbox.read("a.py"), sandbox.read("new/one.py")]).toEqual(["x = 1\n", null]);
    expect(new Set(closed)).toEqual(new Set(["object"]));
    await sandbox.close();
  });
});
