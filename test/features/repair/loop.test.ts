import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { ModelAnswer } from "../../../src/core/model-port.ts";
import { applyChanges, prepareChanges, restoreChanges } from "../../../src/features/repair/apply.ts";
import type { Limits } from "../../../src/features/repair/ask.ts";
import type { RunEvent } from "../../../src/features/repair/event.ts";
import { projectAt } from "../../../src/features/repair/git.ts";
import { type RepairEnd, repair } from "../../../src/features/repair/loop.ts";
import { failureProblem } from "../../../src/terminal/problem.ts";
import { BROKEN, folderWith, gitIn, REPAIRED, whole } from "./fixtures.ts";
import { snapshot } from "./snapshot.ts";

/** Passes when the fault is gone; far quicker than a test runner, and it lists the tree as a runner would load it. */
const CHECK = [
  "sh",
  "-c",
  "cat calc.py; find . -name '*.py' > /dev/null; grep -q 'return a + b' calc.py || { echo \"FAIL: $(grep return calc.py | head -1)\"; exit 1; }",
];
const LIMITS: Limits = { attempts: 3, budgetUsd: null, tokens: null, wallMs: 60_000, timeoutMs: 20_000 };

/** What a scripted model does: an answer, silence, or an error. */
type Act = string | "silence" | "error";

interface Wish {
  readonly models?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly command?: readonly string[];
  readonly allowTests?: boolean;
  readonly checks?: readonly string[];
}

async function heal(
  folder: string,
  act: (model: string, index: number) => Act,
  wish: Wish = {},
): Promise<{ end: RepairEnd; events: RunEvent[]; asked: string[] }> {
  const home = folderWith({});
  const events: RunEvent[] = [];
  const asked: string[] = [];
  const ask = async (question: { model: string; signal?: AbortSignal }) => {
    const does = act(question.model, asked.push(question.model) - 1);
    if (does === "error") return { ok: false as const, error: failureProblem("down", "it is down") };
    if (does === "silence") {
      return new Promise<never>((_, reject) => {
        question.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      });
    }
    const value: ModelAnswer = {
      text: does,
      model: question.model,
      requestId: `r${asked.length}`,
      finish: "stop",
      usage: { total_tokens: 100 },
      costUsd: 0.01,
      costReason: null,
    };
    return { ok: true as const, value };
  };
  const result = await repair(
    {
      command: wish.command ?? CHECK,
      purpose: "test",
      sandbox: {
        project: projectAt(folder),
        folder: join(home, "work"),
        stateDir: home,
        environment: { PATH: process.env.PATH ?? "", TOP: folder },
        signal: new AbortController().signal,
      },
      models: wish.models ?? ["a/one", "b/two"],
      format: null,
      allowTests: wish.allowTests ?? false,
      checks: wish.checks ?? [],
      limits: { ...LIMITS, ...wish.limits },
    },
    {
      models: { ask },
      worstCase: () => 0.05,
      emit: (event) => events.push(event),
      redact: (text) => text,
      now: () => performance.now(),
    },
  );
  if (!result.ok) throw new Error(result.error.message);
  return { end: result.value, events, asked };
}

/** A dirty repository with a nested one, links, and ignored, untracked and read-only files. */
function dirtyRepository(): string {
  const folder = folderWith({ ...BROKEN, ".gitignore": "secret.env\n", "secret.env": "KEY=1", "docs/read.md": "x\n" });
  gitIn(folder, "init", "-q");
  gitIn(folder, "add", ".");
  gitIn(folder, "commit", "-qm", "one");
  writeFileSync(join(folder, "docs/read.md"), "dirty\n");
  writeFileSync(join(folder, "untracked.txt"), "u");
  mkdirSync(join(folder, "nested"));
  gitIn(join(folder, "nested"), "init", "-q");
  symlinkSync("/", join(folder, "rootlink"));
  symlinkSync("docs", join(folder, "docslink"));
  return folder;
}

const WRONG = whole("calc.py", BROKEN["calc.py"].replace("a - b", "a * b"));
const EVIL_PATHS = [
  "../escape.py",
  "/tmp/lodestar-escape.py",
  ".git/hooks/pre-commit",
  ".git/config",
  "nested/.git/hooks/post-checkout",
  "rootlink/tmp/x.py",
  "docslink/read.md",
  "secret.env",
  "test_calc.py",
  "~/x.py",
  "docs/../../x.py",
  ".envrc",
  "package.json",
  "C:\\x.py",
  "untracked.txt/x.py",
];

const answer = fc.oneof(
  fc.constantFrom(
    whole("calc.py", REPAIRED),
    WRONG,
    "",
    "I cannot.",
    "```",
    whole("calc.py", "def add(a, b):\n    return a + b\n\n# ... rest of the code ...\n"),
    "silence" as const,
    "error" as const,
  ),
  fc
    .tuple(fc.constantFrom(...EVIL_PATHS), fc.string())
    .map(([path, text]) => `${whole("calc.py", REPAIRED)}\n${whole(path, `${text}\n`)}`),
  fc
    .tuple(fc.constantFrom(...EVIL_PATHS), fc.string())
    .map(([path, text]) => `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-x\n+${text}\n`),
  fc.constantFrom(...EVIL_PATHS).map((path) => `${path}\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n`),
  fc.nat({ max: 3 }).map((size) => whole("calc.py", "x = 1\n".repeat(40_000 * (size + 1)))),
  fc
    .integer({ min: 0, max: 60 })
    .map((count) =>
      Array.from({ length: count }, (_, index) => whole(`made/f${index}.py`, "return a + b\n")).join("\n"),
    ),
  fc.string({ maxLength: 400 }),
  fc.string({ unit: "binary", maxLength: 200 }).map((text) => whole("calc.py", text)),
);

describe("whatever models answer", () => {
  test("the user's tree is untouched until a patch is accepted, and then changed by that patch alone, which can be taken back", async () => {
    const folder = dirtyRepository();
    const before = snapshot(folder);
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 4 }), async (answers) => {
        const { end } = await heal(folder, (_, index) => answers[index % answers.length] ?? "", {
          limits: { wallMs: 700 },
        });
        expect(snapshot(folder)).toEqual(before);
        if (end.changes === null) return;
        accepted += 1;
        const originals = join(folderWith({}), "originals");
        const prepared = prepareChanges(folder, end.changes, originals);
        if (!prepared.ok) throw new Error(prepared.error.message);
        expect(applyChanges(folder, end.changes, prepared.value, originals)).toBeNull();
        const after = snapshot(folder);
        const allowed = new Set(
          end.changes.flatMap(({ path }) => [
            path,
            ...path.split("/").map((_, at, parts) => parts.slice(0, at).join("/")),
          ]),
        );
        expect(
          Object.keys({ ...before, ...after }).filter((path) => after[path] !== before[path] && !allowed.has(path)),
        ).toEqual([]);
        expect(end.changes.every(({ path }) => path === "calc.py" || path.startsWith("made/"))).toBe(true);
        expect(restoreChanges(folder, prepared.value, originals)).toBeNull();
        expect(snapshot(folder)).toEqual(before);
      }),
      { numRuns: 30 },
    );
    expect(accepted).toBeGreaterThan(0);
  }, 120_000);

  test("code that writes outside of its copy is noticed, and nothing is proposed", async () => {
    const folder = folderWith({ "calc.py": "no\n", "build.sh": "cat calc.py\n" });
    const command = ["sh", "-c", "sh build.sh; grep -q yes calc.py || { echo FAIL; exit 1; }"];
    const evil = whole("build.sh", 'echo yes > calc.py; echo yes > "$REAL/calc.py"\n').replace("$REAL", folder);
    const { end } = await heal(folder, () => evil, { command });
    expect(end).toMatchObject({
      changes: null,
      stop: { reason: "touched", message: expect.stringContaining("calc.py") },
    });
  });
});

describe("where it is run", () => {
  test("may be a linked work tree, which stays as it is", async () => {
    const folder = folderWith(BROKEN);
    gitIn(folder, "init", "-q");
    gitIn(folder, "add", ".");
    gitIn(folder, "commit", "-qm", "one");
    const linked = join(folderWith({}), "linked");
    gitIn(folder, "worktree", "add", "-q", "-b", "side", linked);
    const before = [snapshot(folder), snapshot(linked)];
    const { end } = await heal(linked, () => whole("calc.py", REPAIRED));
    expect(end.changes?.map(({ path }) => path)).toEqual(["calc.py"]);
    expect([snapshot(folder), snapshot(linked)]).toEqual(before);
  });

  test("may be a repository without a commit, and one of which only a folder is used", async () => {
    const folder = folderWith({ "sub/calc.py": BROKEN["calc.py"], "other.py": "x\n" });
    gitIn(folder, "init", "-q");
    const { end } = await heal(join(folder, "sub"), () => whole("sub/calc.py", REPAIRED));
    expect(end.changes?.map(({ path }) => path)).toEqual(["sub/calc.py"]);
  });

  test("a hook that what was run writes is noticed", async () => {
    const folder = folderWith({ "calc.py": "no\n", "build.sh": "true\n" });
    gitIn(folder, "init", "-q");
    const command = ["sh", "-c", "sh build.sh; grep -q yes calc.py || { echo FAIL; exit 1; }"];
    const evil = whole("build.sh", `echo evil > "${folder}/.git/hooks/pre-commit"\n`);
    const { end } = await heal(folder, () => evil, { command });
    expect(end.stop).toMatchObject({ reason: "touched", message: expect.stringContaining(".git/hooks/pre-commit") });
  });
});

describe("the loop", () => {
  test("takes what passes from a fresh copy: what an earlier attempt left there does not count", async () => {
    const folder = folderWith({ "calc.py": "no\n", "build.sh": "true\n" });
    const command = [
      "sh",
      "-c",
      'sh build.sh; test -e made && grep -q yes calc.py || { echo "FAIL $(cat calc.py)"; exit 1; }',
    ];
    const acts = [
      whole("build.sh", "touch made\n"),
      whole("calc.py", "yes\n"),
      `${whole("calc.py", "yes\n")}\n${whole("build.sh", "touch made\n")}`,
    ];
    const { end } = await heal(folder, (_, index) => acts[index] ?? "", { command });
    expect([end.attempts, end.changes?.map(({ path }) => path)]).toEqual([3, ["calc.py", "build.sh"]]);
  });

  test("takes no repair that breaks what passed before, and does not mind what failed before", async () => {
    const breaks = whole("calc.py", REPAIRED.replace("2 * a", "3 * a"));
    const acts = [breaks, whole("calc.py", REPAIRED)];
    const checks = ["grep -q '2 . a' calc.py", "false"];
    const { end, events } = await heal(folderWith(BROKEN), (_, index) => acts[index] ?? "", { checks });
    expect([end.attempts, end.changes?.[0]?.after]).toEqual([2, REPAIRED]);
    expect(events.flatMap((event) => (event.event === "tried" ? [event.lost] : []))).toEqual([
      "\"grep -q '2 . a' calc.py\" passed before and fails now",
      null,
    ]);
  });

  test("goes to the next model when one oscillates", async () => {
    const other = whole("calc.py", BROKEN["calc.py"].replace("a - b", "a / b"));
    const acts = [WRONG, other, WRONG, whole("calc.py", REPAIRED)];
    const { end, asked } = await heal(folderWith(BROKEN), (_, index) => acts[index] ?? "", { limits: { attempts: 9 } });
    expect([end.model, asked]).toEqual(["b/two", ["a/one", "a/one", "a/one", "b/two"]]);
  });

  test("goes to the next model when one is down or says nothing", async () => {
    const acts: Act[] = ["error", whole("calc.py", REPAIRED)];
    const { end, asked, events } = await heal(folderWith(BROKEN), (_, index) => acts[index] ?? "");
    expect([end.attempts, asked, end.model]).toEqual([1, ["a/one", "b/two"], "b/two"]);
    expect(events).toContainEqual({ event: "skipped", model: "a/one", code: "down", message: "it is down" });
  });

  test("ends when its time is over", async () => {
    const { end } = await heal(folderWith(BROKEN), () => "silence", { limits: { wallMs: 400 } });
    expect(end).toMatchObject({ changes: null, attempts: 0, stop: { reason: "time" } });
  });

  test("ends before a call that could exceed its budget", async () => {
    const { end, asked } = await heal(folderWith(BROKEN), () => WRONG, { limits: { budgetUsd: 0.055, attempts: 9 } });
    expect([asked.length, end.stop?.reason, end.spent.costUsd]).toEqual([1, "budget", 0.01]);
  });

  test("does not repair what passes in a copy", async () => {
    const { end, asked } = await heal(folderWith({ "calc.py": REPAIRED }), () => "");
    expect([asked, end.stop?.reason]).toEqual([[], "not_reproduced"]);
  });

  test("stops a command that hangs, and repairs it", async () => {
    const folder = folderWith({ "calc.py": "wait\n" });
    const command = ["sh", "-c", "grep -q wait calc.py && sleep 1000; true"];
    const { end } = await heal(folder, () => whole("calc.py", "go\n"), { command, limits: { timeoutMs: 500 } });
    expect(end.changes?.[0]?.after).toBe("go\n");
  });

  test("judges every answer: whether it could be applied, and whether it did", async () => {
    const acts = ["no edit", WRONG, whole("calc.py", REPAIRED)];
    const { end } = await heal(folderWith(BROKEN), (_, index) => acts[index] ?? "");
    expect(end.judged).toEqual([
      { requestId: "r1", isApplied: false, isRepair: false },
      { requestId: "r2", isApplied: true, isRepair: false },
      { requestId: "r3", isApplied: true, isRepair: true },
    ]);
    expect(end.spent).toEqual({ costUsd: 0.03, isCostKnown: true, tokens: 300 });
  });

  test("never changes the files that it was shown", async () => {
    const folder = folderWith(BROKEN);
    await heal(folder, () => whole("calc.py", REPAIRED));
    expect(readFileSync(join(folder, "calc.py"), "utf8")).toBe(BROKEN["calc.py"]);
  });
});
