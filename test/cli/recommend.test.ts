import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ModelView } from "../../src/core/admin-view.ts";
import { NOON } from "../stores/attempts.ts";
import { type CliRun, createCliWorlds } from "./harness.ts";

const makeWorld = createCliWorlds();

function view(provider: string, model: string, usd: number | null): ModelView {
  const facts = { contextTokens: null, canUseTools: true, canReadImages: null, canReason: null };
  const prices = { inputUsd: usd, outputUsd: usd, isLocal: usd === 0 };
  return { id: `${provider}/${model}`, provider, model, aliases: [], ...prices, ...facts };
}

const MODELS = [
  view("ollama", "qwen2.5-coder:7b", 0),
  view("ollama", "nomic-embed-text", 0),
  view("deepseek", "deepseek-v4-flash", 0.28),
  view("lab", "unheard-of", null),
];

/** A home with a configuration file, models, and what was judged of them. */
function home(options: { readonly config?: string; readonly isRunning?: boolean } = {}) {
  const { config = null, isRunning = true } = options;
  const folder = mkdtempSync(join(tmpdir(), "lodestar-recommend-"));
  const file = join(folder, ".config", "lodestar", "config.yaml");
  if (config !== null) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, config);
  }
  let reloads = 0;
  const reload = async () => {
    reloads += 1;
    return { ok: true, value: "loaded" } as const;
  };
  const world = makeWorld({ isRunning, models: MODELS, reload });
  return {
    file,
    text: () => readFileSync(file, "utf8"),
    reloads: () => reloads,
    settle: world.settle,
    judge(name: string, good: number, bad: number, taskClass = "bug_fix"): void {
      const [provider = "", model = ""] = name.split("/");
      for (let index = 0; index < good + bad; index += 1) {
        const id = `${name} ${taskClass} ${index}`;
        const about = { provider, model, taskClass, requestId: null, project: null };
        const score = index < good ? 1 : 0;
        world.admin.evidence.book.recordEvidence({ id, at: NOON, kind: "thumb", score, voter: id, ...about });
      }
    },
    go: (...argv: string[]): Promise<CliRun> => world.run(argv, { environment: { HOME: folder }, columns: 150 }),
  };
}

describe("recommend", () => {
  test.each([true, false])(
    "shows a class in full: what is known, and what would change it (daemon: %p)",
    async (isRunning) => {
      const { go, judge } = home({ isRunning });
      judge("ollama/qwen2.5-coder:7b", 9, 3);
      judge("deepseek/deepseek-v4-flash", 40, 1);
      const { code, out } = await go("recommend", "bug_fix", "--floor", "0.7");
      expect(code).toBe(0);
      expect(out).toMatchSnapshot();
    },
  );

  test("shows one line a class, and where nothing qualifies the nearest", async () => {
    const { go, judge } = home();
    judge("deepseek/deepseek-v4-flash", 40, 1);
    const { out } = await go("recommend");
    expect(out).toMatchSnapshot();
  });

  test("is the same in JSON, with every model", async () => {
    const { go } = home();
    const { out } = await go("recommend", "general", "--json");
    const { recommendations } = JSON.parse(out);
    expect(recommendations).toHaveLength(1);
    const models = recommendations[0].contenders.map(({ model }: { model: string }) => model);
    expect(models.toSorted()).toEqual(["deepseek/deepseek-v4-flash", "lab/unheard-of", "ollama/qwen2.5-coder:7b"]);
  });

  test("with --local-only, --budget and --latency says which limit a model broke", async () => {
    const { go, judge } = home();
    judge("deepseek/deepseek-v4-flash", 60, 0);
    const local = await go("recommend", "bug_fix", "--local-only");
    expect(local.out).not.toContain("deepseek/");
    expect(local.out).toContain("the nearest is ollama/qwen2.5-coder:7b");
    const poor = await go("recommend", "bug_fix", "--budget", "0.001");
    expect(poor.out).toMatch(/deepseek-v4-flash .* over --budget/);
    expect(poor.out).toMatch(/--budget \d.*, which pays for deepseek\/deepseek-v4-flash/);
    const fast = await go("recommend", "bug_fix", "--latency", "2");
    expect(fast.out).toMatch(/deepseek-v4-flash .* latency unmeasured/);
  });

  test.each([
    [["bugfix"], "unknown_task", "bug_fix"],
    [["--floor", "70"], "invalid_value", "from 0 to 1"],
    [["--budget", "five"], "invalid_value", "US dollars for 1,000 requests"],
    [["--latency", "-1"], "invalid_value", "seconds"],
    [["--apply"], "task_needed", "need the task"],
    [["bug_fix", "--apply", "--undo"], "flags_conflict", "exclude each other"],
  ])("refuses %p", async (argv, code, words) => {
    const run = await home().go("recommend", ...argv);
    expect(run.code).toBe(2);
    expect(run.err).toContain(code);
    expect(run.err).toContain(words);
  });
});

describe("recommend --apply", () => {
  test("writes a rule beside what is there, keeps comments and a copy, and --undo takes it out", async () => {
    const before = "# mine\nserver: { port: 4100 } # no other\n";
    const { go, judge, text, file, reloads } = home({ config: before });
    judge("ollama/qwen2.5-coder:7b", 40, 1);
    const { code, out, err } = await go("recommend", "bug_fix", "--apply");
    expect(code).toBe(0);
    expect(out).toContain(`rule recommended-bug-fix is in ${file}:`);
    expect(out).toContain("Undo: lodestar recommend bug_fix --undo");
    expect(err).toContain("the daemon uses it");
    expect(reloads()).toBe(1);
    expect(text()).toMatchInlineSnapshot(`
      "# mine
      server: { port: 4100 } # no other
      routing:
        rules:
          - { name: recommended-bug-fix, tags: [ recommended ], when: { task: bug_fix }, do: { target: ollama/qwen2.5-coder:7b } }
      "
    `);
    expect(readFileSync(`${file}.before-recommend`, "utf8")).toBe(before);
    const undone = await go("recommend", "bug_fix", "--undo");
    expect(undone.out).toContain(`rule recommended-bug-fix is out of ${file}`);
    expect(text()).toBe(before);
  });

  test("puts what is good enough too behind it, and takes the place of its own earlier rule alone", async () => {
    const rules = "routing:\n  rules:\n    - { name: mine, when: { task: bug_fix }, do: { floor: 0.5 } } # stays\n";
    const { go, judge, text } = home({ config: rules, isRunning: false });
    judge("ollama/qwen2.5-coder:7b", 40, 1);
    await go("recommend", "bug_fix", "--apply");
    judge("deepseek/deepseek-v4-flash", 60, 0);
    await go("recommend", "bug_fix", "--apply");
    expect(text()).toContain("# stays");
    expect(text()).toContain("do: { chain: [ ollama/qwen2.5-coder:7b, deepseek/deepseek-v4-flash ] }");
    expect(text().match(/recommended-bug-fix/g)).toHaveLength(1);
    const { out } = await go("recommend", "bug_fix", "--undo", "--json");
    expect(JSON.parse(out)).toMatchObject({ applied: { name: "recommended-bug-fix", rule: null } });
    expect(text()).toBe(rules);
  });

  test("writes nothing where nothing qualifies, and says what is nearest", async () => {
    const { go, file } = home();
    const { code, err } = await go("recommend", "bug_fix", "--apply");
    expect(code).not.toBe(0);
    expect(err).toContain("nothing_qualifies");
    expect(err).toContain("the nearest is");
    expect(existsSync(file)).toBe(false);
  });

  test("--undo without such a rule is an error", async () => {
    const { code, err } = await home({ config: "server: { port: 4100 }\n" }).go("recommend", "refactor", "--undo");
    expect(code).not.toBe(0);
    expect(err).toContain("no_such_rule");
  });
});

describe("evidence", () => {
  test("is counted by model, class and kind", async () => {
    const { go, judge } = home();
    judge("ollama/qwen2.5-coder:7b", 3, 1);
    judge("deepseek/deepseek-v4-flash", 2, 0, "general");
    expect((await go("evidence", "list")).out).toMatchInlineSnapshot(`
      "model                       task     kind   pieces   good    latest
      deepseek/deepseek-v4-flash  general  thumb       2  100 %  12:00:00
      ollama/qwen2.5-coder:7b     bug_fix  thumb       4   75 %  12:00:00
      "
    `);
    const { tallies } = JSON.parse((await go("evidence", "list", "--task", "general", "--json")).out);
    expect(tallies).toHaveLength(1);
  });

  test("that is not there yet says how to begin", async () => {
    const { err } = await home().go("evidence", "list");
    expect(err).toContain("POST /v1/feedback");
  });

  test("is exported a line a piece, and forgotten by model", async () => {
    const { go, judge } = home();
    judge("ollama/qwen2.5-coder:7b", 3, 0);
    judge("deepseek/deepseek-v4-flash", 2, 0);
    const lines = (await go("evidence", "export", "--model", "ollama/qwen2.5-coder:7b")).out.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).model)).toEqual(Array(3).fill("qwen2.5-coder:7b"));
    const gone = await go("evidence", "forget", "--model", "ollama/qwen2.5-coder:7b");
    expect(gone.out).toBe("forgot 3 pieces of evidence\n");
    expect(JSON.parse((await go("evidence", "forget", "--all", "--json")).out)).toEqual({ deleted: 2 });
    expect((await go("evidence", "export")).out).toBe("");
  });

  test.each([[[]], [["--all", "--task", "general"]]])("is not forgotten by %p", async (argv) => {
    const { code, err } = await home().go("evidence", "forget", ...argv);
    expect(code).toBe(2);
    expect(err).toContain("what_to_forget");
  });
});
