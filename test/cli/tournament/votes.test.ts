import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCliWorlds } from "../harness.ts";
import { type Call, openLab, type Reply } from "./lab.ts";

const makeWorld = createCliWorlds();
const folder = mkdtempSync(join(tmpdir(), "lodestar-tournament-"));
const PROMPTS = Array.from({ length: 14 }, (_, at) => `question number ${at}`);
const FILE = join(folder, "prompts.txt");
writeFileSync(FILE, PROMPTS.join("\n"));

const JUDGE = "You compare two answers";

/** The answers of the judge's question. */
function answersIn(prompt: string): readonly [string, string] {
  const [, first = "", second = ""] =
    /<answer_a>\n(.*)\n<\/answer_a>\n\n<answer_b>\n(.*)\n<\/answer_b>/s.exec(prompt) ?? [];
  return [first, second];
}

type Judging = (first: string, second: string) => string;

/** Two models that answer, and a judge. */
function script(
  judging: Judging,
  answers: Readonly<Record<string, string>> = { "local/good": "right", "local/bad": "wrong!" },
) {
  return ({ model, prompt, system }: Call): Reply => {
    if (!system.startsWith(JUDGE)) return { text: answers[model] ?? "" };
    return { text: judging(...answersIn(prompt)) };
  };
}

const FAIR: Judging = (first, second) => {
  if (first === second) return '{"winner": "tie"}';
  return `Here it is: {"reason": "it is", "winner": "${first === "right" ? "A" : "B"}"}`;
};

async function lab(judging: Judging = FAIR, answers?: Readonly<Record<string, string>>) {
  const opened = openLab(makeWorld, script(judging, answers));
  await opened.run(["tournament", "run", "--models", "local/good,local/bad", "--prompts", FILE, "--task", "bug_fix"]);
  return opened;
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

/** The next vote for whoever is better, by what is shown. */
function votesFor(count: number, choose: () => string): string {
  return `${Array.from({ length: count }, choose).join("\n")}\n`;
}

describe("tournament judge", () => {
  test("judges in both orders until the best is separated, and says which rule ended it", async () => {
    const world = await lab();
    const asked = world.calls.length;
    const { code, out, err } = await world.run(["tournament", "judge", "--judge", "paid/best"]);
    expect(code).toBe(0);
    expect(out).toContain("both orders gave the same: 100 %");
    expect(err).toContain("stopped: the best is separated from the others at 95 %");
    const judged = world.calls.length - asked;
    expect(judged % 2).toBe(0);
    expect(judged).toBeLessThan(PROMPTS.length * 2);
    const board = JSON.parse((await world.run(["tournament", "leaderboard", "--json"])).out);
    expect(board.classes[0].results.standings[0].name).toBe("local/good");
    expect(board.classes[0].isSeparated).toBe(true);
  });

  test("a judge that always prefers the first is inconsistent, and all its votes are ties", async () => {
    const world = await lab(() => '{"winner": "A"}');
    const { out, err } = await world.run(["tournament", "judge", "--judge", "paid/best"]);
    expect(out).toContain("both orders gave the same: 0 % of 14");
    expect(err).toContain("nothing is left to compare");
    const board = JSON.parse((await world.run(["tournament", "leaderboard", "--json"])).out);
    expect(board.classes[0].results.standings[0]).toMatchObject({ ties: 14, bestRank: 1, worstRank: 2 });
  });

  test("what a judge said once is not asked again, and a judge of a competitor's family is told", async () => {
    const world = await lab();
    await world.run(["tournament", "judge", "--judge", "local/good", "--all"]);
    const asked = world.calls.length;
    const again = await world.run(["tournament", "judge", "--judge", "local/good", "--all"]);
    expect(world.calls.length).toBe(asked);
    expect(again.out).toContain("warning: local/good is of the judge's own family");
  });

  test("a judge that favours length is told", async () => {
    const world = await lab((first, second) => `{"winner": "${first.length > second.length ? "A" : "B"}"}`);
    const { out } = await world.run(["tournament", "judge", "--judge", "paid/best", "--all"]);
    expect(out).toContain("the longer answer won: 100 % of 14");
    expect(out).toContain("length may be what it judges");
  });

  test("its agreement with a person's votes is told", async () => {
    const world = await lab();
    await world.run(["tournament", "judge", "--judge", "paid/best", "--all"]);
    const alike = await world.run(["tournament", "vote", "--votes", "9", "--all", "--json"], {
      stdin: votesFor(9, () => "t"),
    });
    expect(JSON.parse(alike.out)).toMatchObject({ votes: 9, end: "enough" });
    const board = JSON.parse((await world.run(["tournament", "leaderboard", "--json"])).out);
    expect(board.judges[0].agreement).toMatchObject({ matches: 9 });
    expect(board.judges[0].agreement.alpha).toBeLessThan(0.1);
  });

  test.each([
    ["words without a verdict", "I cannot say", 1, "no_verdict"],
    ["another winner", '{"winner": "C"}', 1, "no_verdict"],
  ])("%s end it after three", async (_what, text, exit, code) => {
    const world = await lab(() => text);
    const done = await world.run(["tournament", "judge", "--judge", "paid/best"]);
    expect(done.code).toBe(exit);
    expect(done.err).toContain(code);
  });

  test("a budget ends it before the first call that could exceed it", async () => {
    const world = await lab();
    const asked = world.calls.length;
    const done = await world.run(["tournament", "judge", "--judge", "paid/best", "--budget", "0.001"]);
    expect([done.code, world.calls.length]).toEqual([5, asked]);
    expect(done.err).toContain("budget_reached");
  });
});

describe("tournament vote", () => {
  test("shows no names before the vote, tells them after it, and keeps the side", async () => {
    const world = await lab();
    const { code, out, err } = await world.run(["tournament", "vote", "--votes", "2"], {
      stdin: "1\nnonsense\nboth_bad\n",
    });
    expect(code).toBe(0);
    expect(err.slice(0, err.indexOf("left was"))).not.toMatch(/local\/(good|bad)/);
    expect(err).toMatch(/left was local\/(good|bad), right was local\/(good|bad)/);
    expect(err).toContain('"nonsense" is none of them');
    expect(out).toContain("2 votes counted; stopped: as many votes as were asked for");
    const votes = jsonLines((await world.run(["tournament", "export"])).out);
    expect(votes.map(({ winner, voter, version }) => [winner, voter, version]).toSorted()).toEqual([
      ["both_bad", "you", 1],
      ["left", "you", 1],
    ]);
  });

  test("sides are drawn by chance", async () => {
    const world = await lab();
    const done = await world.run(["tournament", "vote", "--all", "--json"], { stdin: votesFor(14, () => "tie") });
    const { matches } = JSON.parse(done.out) as { matches: { left: string }[] };
    const left = matches.filter((match) => match.left === "local/good").length;
    expect(matches.length).toBe(14);
    // Both sides occur but once in 8,192 runs.
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(14);
  });

  test("a skipped match is not counted, q ends it, and nobody is asked the same twice", async () => {
    const world = await lab();
    const first = JSON.parse((await world.run(["tournament", "vote", "--json"], { stdin: "s\nt\nq\n" })).out);
    expect(first).toMatchObject({ votes: 1, end: "stopped" });
    const second = JSON.parse(
      (await world.run(["tournament", "vote", "--json", "--all"], { stdin: votesFor(20, () => "t") })).out,
    );
    expect(second).toMatchObject({ votes: 13, end: "nothing_left" });
  });

  test("answers that tell who wrote them are left out, unless the prompt says so itself", async () => {
    const world = await lab(FAIR, { "local/good": "I am Qwen, made by Alibaba Cloud. 4", "local/bad": "5" });
    const done = await world.run(["tournament", "vote", "--json"], { stdin: "1\n" });
    expect(JSON.parse(done.out)).toMatchObject({ votes: 0, end: "nothing_left" });
  });

  test("asks for answers that are missing", async () => {
    let isDown = true;
    const world = openLab(makeWorld, ({ model }) =>
      isDown && model === "local/bad" ? { status: 503 } : { text: "late" },
    );
    await world.run(["tournament", "run", "--models", "local/good,local/bad", "--prompts", FILE]);
    isDown = false;
    const asked = world.calls.length;
    await world.run(["tournament", "vote", "--votes", "1"], { stdin: "t\n" });
    expect(world.calls.slice(asked).map(({ model }) => model)).toEqual(["local/bad"]);
  });

  test("under a budget that is used up, pairs whose answers are there can still be compared", async () => {
    const world = openLab(makeWorld, () => ({ text: "x", costUsd: 0.001 }));
    const args = ["tournament", "run", "--models", "paid/best,local/good", "--prompts", FILE, "--parallel", "1"];
    await world.run([...args, "--max-tokens", "100", "--budget", "0.002"]);
    const asked = world.calls.length;
    const done = await world.run(["tournament", "vote", "--all", "--json", "--budget", "0.0012"], {
      stdin: votesFor(14, () => "t"),
    });
    expect([done.code, JSON.parse(done.out).end]).toEqual([5, "budget"]);
    const paid = world.calls.slice(asked).filter(({ model }) => model === "paid/best").length;
    expect(paid).toBeLessThanOrEqual(1);
    expect(JSON.parse(done.out).votes).toBeGreaterThan(0);
  });

  test("a voter's name must be plain", async () => {
    const world = await lab();
    expect((await world.run(["tournament", "vote", "--voter", "check"])).code).toBe(2);
  });
});

describe("what votes come to", () => {
  async function judged() {
    const world = await lab();
    await world.run(["tournament", "judge", "--judge", "paid/best", "--all"]);
    return world;
  }

  test("a leaderboard shows ratings, cost, time and Pareto, and `rate` reads the export back alike", async () => {
    const world = await judged();
    const shown = await world.run(["tournament", "leaderboard", "--by-task"]);
    expect(shown.out).toMatch(/^bug_fix$/m);
    expect(shown.out).toMatch(/1 +local\/good.*free.*yes/);
    const path = join(folder, "export.ndjson");
    writeFileSync(path, (await world.run(["tournament", "export"])).out);
    const rated = JSON.parse((await world.run(["tournament", "rate", path, "--json"])).out);
    const board = JSON.parse((await world.run(["tournament", "leaderboard", "--json"])).out);
    expect(board.classes[0].results.standings[0].rating).toBeCloseTo(rated.standings[0].rating, 9);
  });

  test("--apply evidence records a piece for each answer, once however often", async () => {
    const world = await judged();
    await world.settle(
      ...world.calls
        .map((call, at) => ({ call, requestId: `req_${at + 1}` }))
        .filter(({ call }) => !call.system.startsWith(JUDGE))
        .map(({ call, requestId }) => ({ requestId, provider: "local", model: call.model.replace("local/", "") })),
    );
    const first = await world.run(["tournament", "leaderboard", "--apply", "evidence"]);
    expect(first.out).toContain("28 pieces of evidence recorded");
    expect(first.out).toContain("Undo: lodestar evidence forget");
    await world.run(["tournament", "leaderboard", "--apply", "evidence"]);
    const { tallies } = JSON.parse((await world.run(["evidence", "list", "--json"])).out);
    expect(tallies).toMatchObject([
      { model: "bad", taskClass: "bug_fix", kind: "verdict", pieces: 14, good: 0 },
      { model: "good", taskClass: "bug_fix", kind: "verdict", pieces: 14, good: 14 },
    ]);
  });

  test("answers whose requests have left the ledger are told", async () => {
    const world = await judged();
    expect((await world.run(["tournament", "leaderboard", "--apply", "evidence"])).out).toContain("28 pieces left out");
  });

  test("--apply rule writes a rule where the best is sure, and none where it is not", async () => {
    const config = join(mkdtempSync(join(tmpdir(), "lodestar-config-")), "lodestar.yaml");
    const environment = { LODESTAR_CONFIG: config, HOME: folder };
    const providers = "providers:\n  local: { extends: openai, baseUrl: http://127.0.0.1:9 }\n";
    const world = await lab(() => '{"winner": "A"}');
    await world.run(["tournament", "judge", "--judge", "paid/best"]);
    const none = await world.run(["tournament", "leaderboard", "--apply", "rule"], { environment });
    expect([none.code, existsSync(config)]).toEqual([1, false]);
    expect(none.err).toContain("nothing_separated");
    writeFileSync(config, providers);
    const sure = await judged();
    const done = await sure.run(["tournament", "leaderboard", "--apply", "rule"], { environment });
    expect(done.err).not.toContain("error");
    expect(done.out).toContain("Undo: lodestar recommend bug_fix --undo");
    expect(readFileSync(config, "utf8")).toContain("chain: [ local/good, local/bad ]");
  });

  test("without votes there is no leaderboard", async () => {
    const world = await lab();
    const done = await world.run(["tournament", "leaderboard"]);
    expect([done.code, done.err.includes("no_votes")]).toEqual([1, true]);
  });

  test("show lists prompts, and one with its answers; forget deletes", async () => {
    const world = await judged();
    const list = (await world.run(["tournament", "show"])).out;
    const [, prompt = ""] = /^([0-9a-f]{12}) {2}bug_fix {2}2\/2 answers/m.exec(list) ?? [];
    const one = (await world.run(["tournament", "show", "--prompt", prompt])).out;
    expect(one).toContain("── local/good (free");
    expect(one).toContain("judge:paid/best:");
    expect((await world.run(["tournament", "show", "--prompt", "none"])).err).toContain("no_prompt");
    const { tournaments } = JSON.parse((await world.run(["tournament", "history", "--json"])).out);
    await world.run(["tournament", "forget", tournaments[0].id]);
    expect((await world.run(["tournament", "show"])).err).toContain("no_tournament");
  });
});
