import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-votes-"));

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function lines(left: string, right: string, winner: string, count: number): string {
  return `${left},${right},${winner}\n`.repeat(count);
}

const HEAD = "left,right,winner\n";

describe("tournament rate", () => {
  test("shows a leaderboard with rank ranges and intervals, and what it rests on", async () => {
    const votes = [lines("big", "small", "left", 60), lines("small", "big", "left", 20), lines("big", "mid", "tie", 9)];
    const done = await run(["tournament", "rate", file("votes.csv", `${HEAD}${votes.join("")}`)]);
    expect({ code: done.code, out: done.out, err: done.err }).toMatchSnapshot();
  });

  test("prints ratings, intervals and the side's share as JSON", async () => {
    const path = file("two.csv", `${HEAD}${lines("a", "b", "left", 9)}${lines("b", "a", "left", 1)}`);
    const view = JSON.parse((await run(["tournament", "rate", path, "--json"])).out);
    expect(view).toMatchObject({ scale: 400, base: 10, init: 1000, votes: 10, voters: null, ties: "half" });
    expect(view.standings[0]).toMatchObject({ name: "a", bestRank: 1, worstRank: 1, wins: 9, losses: 1 });
    expect(view.standings[0].rating - view.standings[1].rating).toBeCloseTo(400 * Math.log10(9), 6);
    expect(view.leftWins).toMatchObject({ n: 10, share: 1 });
  });

  test("says where the votes are not enough", async () => {
    const done = await run(["tournament", "rate", file("won.csv", `${HEAD}${lines("a", "b", "left", 3)}`)]);
    expect(done.err).toContain("only more votes can tell");
  });

  const wrong: readonly (readonly [string, () => readonly string[], string, number])[] = [
    ["a file that is not there", () => [join(folder, "none.csv")], "file_missing", 1],
    ["a folder", () => [folder], "not_a_file", 1],
    ["another table", () => [file("other.csv", "day,cost\n1,2\n")], "bad_votes_file", 1],
    ["a model of ties that is none", () => [file("tie.csv", `${HEAD}a,b,tie\n`), "--ties", "elo"], "bad_value", 2],
  ];
  for (const [what, args, code, exit] of wrong)
    test(`refuses ${what}`, async () => {
      const done = await run(["tournament", "rate", ...args()]);
      expect(done.code).toBe(exit);
      expect(done.err).toContain(code);
    });
});
