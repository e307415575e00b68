import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCliWorlds, run } from "../harness.ts";
import { type Call, openLab, type Reply } from "./lab.ts";

const makeWorld = createCliWorlds();
const folder = mkdtempSync(join(tmpdir(), "lodestar-tournament-"));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const TWO = ["--models", "local/good,local/bad"] as const;

/** One model knows, the other does not. */
function arithmetic({ model }: Call): Reply {
  return { text: model === "local/good" ? "4" : "5" };
}

function eventsOf(out: string): Record<string, unknown>[] {
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

const SUMS = file(
  "sums.ndjson",
  ['{"prompt": "2 + 2?", "check": {"any": ["4"]}}', '{"prompt": "1 + 3?", "check": {"any": ["4"]}}'].join("\n"),
);

describe("tournament run", () => {
  test("asks every model every prompt under its tag, checks what can be checked, and says what is next", async () => {
    const lab = openLab(makeWorld, arithmetic);
    const { code, out, err } = await lab.run(["tournament", "run", ...TWO, "--prompts", SUMS, "--task", "bug_fix"]);
    expect(code).toBe(0);
    expect(lab.calls.map(({ model, prompt }) => [model, prompt]).toSorted()).toEqual([
      ["local/bad", "1 + 3?"],
      ["local/bad", "2 + 2?"],
      ["local/good", "1 + 3?"],
      ["local/good", "2 + 2?"],
    ]);
    expect(lab.calls.every(({ tag, task }) => /^tournament:[0-9a-f]{8}$/.test(tag ?? "") && task === "bug_fix")).toBe(
      true,
    );
    expect(out).toContain("2 of 2 right");
    expect(out).toContain("0 of 2 right");
    expect(err).toContain("4 answers asked for nothing, 0 kept from before");
    expect(err).toContain("next: lodestar tournament vote");
  });

  test("a second run of the same asks nobody, whatever the tournament", async () => {
    const lab = openLab(makeWorld, arithmetic);
    await lab.run(["tournament", "run", ...TWO, "--prompts", SUMS]);
    const asked = lab.calls.length;
    const again = await lab.run(["tournament", "run", ...TWO, "--prompts", SUMS, "--json"]);
    expect(lab.calls.length).toBe(asked);
    expect(eventsOf(again.out).at(-1)).toMatchObject({ event: "end", asked: 0, kept: 4, costUsd: 0 });
  });

  test("a budget ends it before the call that could exceed it; --resume asks for the rest", async () => {
    const lab = openLab(makeWorld, () => ({ text: "4", costUsd: 0.001 }));
    const args = ["tournament", "run", "--models", "paid/best,local/good", "--prompts", SUMS, "--max-tokens", "100"];
    const first = await lab.run([...args, "--parallel", "1", "--budget", "0.0015", "--json"]);
    expect(first.code).toBe(5);
    expect(lab.calls.map(({ model }) => model)).toEqual(["paid/best"]);
    const end = eventsOf(first.out).at(-1);
    expect(end).toMatchObject({ event: "end", asked: 1, left: 3, costUsd: 0.001 });
    expect(first.err).toContain("budget_reached");
    const rest = await lab.run(["tournament", "run", "--resume", String(end?.id)]);
    expect(rest.code).toBe(0);
    expect(lab.calls.length).toBe(4);
    expect((await lab.run(["tournament", "history", "--json"])).out).toContain(String(end?.id));
  });

  test("a model without a price cannot be asked under a budget, and nothing is spent", async () => {
    const lab = openLab(makeWorld, arithmetic);
    const done = await lab.run([
      "tournament",
      "run",
      "--models",
      "auto,local/good",
      "--prompts",
      SUMS,
      "--budget",
      "1",
      "--parallel",
      "1",
    ]);
    expect(done.code).toBe(5);
    expect(done.err).toContain("the price of auto is not known");
    expect(lab.calls).toEqual([]);
  });

  test("where one model fails the others' answers stay, and it is told", async () => {
    const lab = openLab(makeWorld, (call) => (call.model === "local/bad" ? { status: 502 } : { text: "4" }));
    const done = await lab.run(["tournament", "run", ...TWO, "--prompts", SUMS]);
    expect(done.code).toBe(6);
    expect(done.err).toContain("answers_missing");
    expect(done.err).toContain("local/bad is gone");
    expect(done.out).toContain("2 of 2 right");
  });

  test("where no model can be reached the reason is told, and no tournament is left", async () => {
    const lab = openLab(makeWorld, () => ({ status: 503 }));
    const done = await lab.run(["tournament", "run", ...TWO, "--prompts", SUMS]);
    expect(done.code).toBe(6);
    expect(done.err).toContain("upstream_unreachable");
    expect((await lab.run(["tournament", "history", "--json"])).out).toBe('{"tournaments":[]}\n');
  });

  test("prompts come from standard input, from the suites and from the histories of clients", async () => {
    const lab = openLab(makeWorld, arithmetic);
    const piped = await lab.run(["tournament", "run", ...TWO, "--prompts", "-", "--json"], {
      stdin: "one\n---\ntwo\nlines\n",
    });
    expect(eventsOf(piped.out)[0]).toMatchObject({ event: "start", prompts: 2 });
    const suite = await lab.run(["tournament", "run", ...TWO, "--suite", "all", "--count", "1", "--json"]);
    expect(eventsOf(suite.out)[0]).toMatchObject({ prompts: 7 });
    const home = mkdtempSync(join(tmpdir(), "lodestar-home-"));
    const line = (display: string, timestamp: number) => `${JSON.stringify({ display, timestamp })}\n`;
    await Bun.write(
      join(home, ".claude", "history.jsonl"),
      line("explain the parser in src/parse.ts", 1_790_000_000_000) +
        line("/clear", 1_790_000_000_001) +
        line("yes", 3),
    );
    await Bun.write(
      join(home, ".codex", "history.jsonl"),
      `${JSON.stringify({ text: "why does the build fail on arm?", ts: 1_790_000_001 })}\n`,
    );
    await lab.run(["tournament", "run", ...TWO, "--history", "5"], { environment: { HOME: home } });
    expect(
      lab.calls
        .slice(-4)
        .map(({ prompt }) => prompt)
        .toSorted(),
    ).toEqual([
      "explain the parser in src/parse.ts",
      "explain the parser in src/parse.ts",
      "why does the build fail on arm?",
      "why does the build fail on arm?",
    ]);
  });

  const wrong: readonly (readonly [string, readonly string[], string, number])[] = [
    ["one prompt only", [...TWO, "--prompts", file("one.txt", "only this\n")], "bad_prompts", 1],
    ["an empty file", [...TWO, "--prompts", file("none.txt", "\n")], "bad_prompts", 1],
    ["a file that is not there", [...TWO, "--prompts", join(folder, "gone")], "file_missing", 1],
    ["a folder", [...TWO, "--prompts", folder], "not_a_file", 1],
    ["broken NDJSON", [...TWO, "--prompts", file("bad.ndjson", '{"prompt": "a"}\n{"prompt"')], "line 2", 1],
    [
      "an unknown class",
      [...TWO, "--prompts", file("class.ndjson", '{"prompt": "a", "task": "bugfix"}\n{"prompt": "b"}')],
      "bug_fix",
      1,
    ],
    [
      "a check that checks nothing",
      [...TWO, "--prompts", file("check.ndjson", '{"prompt": "a", "check": {}}\n{"prompt": "b"}')],
      "a check has",
      1,
    ],
    ["no prompts at all", [...TWO], "which_prompts", 2],
    ["prompts from two places", [...TWO, "--prompts", SUMS, "--suite", "general"], "which_prompts", 2],
    ["one model", ["--models", "local/good", "--prompts", SUMS], "two_models", 2],
    ["no model where nobody can pick one", ["--prompts", SUMS], "no_models_named", 2],
    ["a budget that is none", [...TWO, "--prompts", SUMS, "--budget", "lots"], "invalid_value", 2],
    ["a temperature that is none", [...TWO, "--prompts", SUMS, "--temperature", "hot"], "invalid_value", 2],
    ["a tournament that is not there", ["--resume", "nope"], "no_tournament", 1],
    ["models for a tournament that has its own", ["--resume", "nope", ...TWO], "flags_conflict", 2],
  ];
  test.each(wrong)("refuses %s, and asks nobody", async (_what, args, words, exit) => {
    const lab = openLab(makeWorld, arithmetic);
    const done = await lab.run(["tournament", "run", ...args]);
    expect(done.err).toContain(words);
    expect(done.code).toBe(exit);
    expect(lab.calls).toEqual([]);
    expect((await lab.run(["tournament", "history", "--json"])).out).toBe('{"tournaments":[]}\n');
  });
});

test("without a state directory that can be opened nothing is asked", async () => {
  expect((await run(["tournament", "history"])).err).toContain("no tournaments in this test");
});
