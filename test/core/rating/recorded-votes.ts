import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Verdict, Vote } from "../../../src/core/rating/vote.ts";

const ROOT = resolve(import.meta.dir, "../../..");
const FOLDER = join(resolve(ROOT, process.env.LODESTAR_TEST_DATA ?? "../shared"), "data/votes");

/** Why the recorded votes are not used; empty where they are. */
export const NO_VOTES_REASON = existsSync(FOLDER) ? "" : "(skipped: no recorded votes, see LODESTAR_TEST_DATA)";

/** The rows of a file without quotes, by the names of its first line. */
function readRows(name: string): readonly Readonly<Record<string, string>>[] {
  const [head = "", ...lines] = readFileSync(join(FOLDER, name), "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((cell, index) => [columns[index] ?? "", cell] as const)),
  );
}

/** The rows of a file without a first line of names; an empty cell is null. */
export function readMatrix(name: string): readonly (readonly (string | null)[])[] {
  const lines = readFileSync(join(FOLDER, name), "utf8").trimEnd().split(/\r?\n/);
  return lines.map((line) => line.split(",").map((cell) => (cell === "" ? null : cell)));
}

export function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8"));
}

export function readVotes(name: string): readonly Vote[] {
  return readRows(name).map(({ left = "", right = "", winner, worker }) => ({
    left,
    right,
    winner: winner as Verdict,
    voter: worker ?? null,
  }));
}

/** Published scores of one way of rating: their logarithms, with a mean of 0. */
export function publishedLogs(name: string, algorithm: string): ReadonlyMap<string, number> {
  const rows = readRows(name).filter((row) => row.algorithm === algorithm);
  const logs = rows.map(({ item = "", score }) => [item, Math.log(Number(score))] as const);
  const mean = logs.reduce((sum, [, log]) => sum + log, 0) / logs.length;
  return new Map(logs.map(([item, log]) => [item, log - mean]));
}
