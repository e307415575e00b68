import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Match, StoredAnswer, Tournament } from "../../src/core/tournament/tournament.ts";
import { openEvidenceStore } from "../../src/stores/evidence.ts";
import initial from "../../src/stores/sqlite/migrations/votes/0001-initial.sql" with { type: "text" };
import { openTournaments } from "../../src/stores/tournaments.ts";
import { temporaryFolder } from "./temporary.ts";

function open(stateDir: string) {
  const opened = openTournaments({ stateDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function tournament(id: string, at = 0): Tournament {
  const prompts = [{ id: "p", taskClass: "general", text: "why?", check: { kind: "json", equals: [1] } }] as const;
  return { id, at, source: "x", models: ["a/b", "c/d"], prompts, maxOutputTokens: 9, temperature: 0 };
}

function match(more: Partial<Match> = {}): Match {
  const sides = { left: "a/b", right: "c/d", winner: "left" } as const;
  const about = { tournament: "one", prompt: "p", taskClass: "general", voter: "you", kind: "person" } as const;
  return { ...sides, ...about, at: 1, isConsistent: null, ...more };
}

const ANSWER: StoredAnswer = {
  text: "so",
  model: "a/b",
  requestId: "req_1",
  finish: "stop",
  costUsd: null,
  outputTokens: 3,
  firstTextMs: 5,
  tookMs: 9,
};

describe("tournaments on the disk", () => {
  test("come back as they were, newest first, from a file that is private", () => {
    using folder = temporaryFolder();
    const stateDir = folder.path;
    const store = open(stateDir);
    store.save(tournament("one", 1));
    store.save(tournament("two", 2));
    store.saveAnswer("key", 3, ANSWER);
    store.close();
    const again = open(stateDir);
    expect(again.list(9).map(({ id }) => id)).toEqual(["two", "one"]);
    expect(again.find("one")).toEqual(tournament("one", 1));
    expect([again.answer("key"), again.answer("none"), again.find("none")]).toEqual([ANSWER, null, null]);
    expect(statSync(join(stateDir, "votes.db")).mode & 0o777).toBe(0o600);
    again.close();
  });

  test("a voter's second vote on the same answers takes the place of the first, whatever the sides", () => {
    using folder = temporaryFolder();
    const store = open(folder.path);
    store.save(tournament("one"));
    store.saveMatch(match());
    store.saveMatch(match({ left: "c/d", right: "a/b", winner: "tie", at: 2 }));
    store.saveMatch(match({ voter: "ada", at: 3 }));
    expect(store.matches("one").map(({ voter, winner }) => [voter, winner])).toEqual([
      ["you", "tie"],
      ["ada", "left"],
    ]);
    store.close();
  });

  test("a tournament that is deleted takes its votes along, and leaves the answers", () => {
    using folder = temporaryFolder();
    const store = open(folder.path);
    store.save(tournament("one"));
    store.saveMatch(match());
    store.saveAnswer("key", 1, ANSWER);
    expect([store.remove("one"), store.remove("one")]).toEqual([true, false]);
    expect([store.matches("one"), store.answer("key")]).toEqual([[], ANSWER]);
    store.close();
  });

  test("saving a tournament again keeps its votes", () => {
    using folder = temporaryFolder();
    const store = open(folder.path);
    store.save(tournament("one"));
    store.saveMatch(match());
    store.save({ ...tournament("one"), source: "y" });
    expect([store.find("one")?.source, store.matches("one").length]).toEqual(["y", 1]);
    store.close();
  });

  test("are written beside a daemon that keeps evidence in the same file", () => {
    using folder = temporaryFolder();
    const stateDir = folder.path;
    const evidence = openEvidenceStore({ stateDir });
    const store = open(stateDir);
    store.save(tournament("one"));
    const kept = evidence.ok && evidence.value.tallies({});
    expect([kept, store.list(1).length]).toEqual([[], 1]);
    store.close();
    if (evidence.ok) evidence.value.close();
  });

  test("a file of the first version is brought forward with its evidence", () => {
    using folder = temporaryFolder();
    const stateDir = folder.path;
    const old = new Database(join(stateDir, "votes.db"), { create: true });
    old.run(initial);
    old.run("PRAGMA user_version = 1");
    old.run("INSERT INTO evidence VALUES ('vote:r', 5, 'a', 'b', 'general', 'vote', 1, NULL, 'r', NULL)");
    old.close();
    const store = open(stateDir);
    expect(store.list(1)).toEqual([]);
    store.close();
    const evidence = openEvidenceStore({ stateDir });
    expect(evidence.ok && evidence.value.list({}, 9).map(({ id }) => id)).toEqual(["vote:r"]);
  });
});
