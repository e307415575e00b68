import type { Database } from "bun:sqlite";
import type { Match, StoredAnswer, Tournament, TournamentStore } from "../../core/tournament/tournament.ts";
import type { Bindings } from "./bindings.ts";

const SAVE =
  "INSERT INTO tournaments (id, at, setup) VALUES ($id, $at, $setup) ON CONFLICT (id) DO UPDATE SET setup = $setup";
const FIND = "SELECT setup AS json FROM tournaments WHERE id = $id";
const LIST = "SELECT setup AS json FROM tournaments ORDER BY at DESC, id LIMIT $limit";
const REMOVE = "DELETE FROM tournaments WHERE id = $id";
const SAVE_ANSWER = "INSERT OR REPLACE INTO answers (key, at, answer) VALUES ($key, $at, $answer)";
const ANSWER = "SELECT answer AS json FROM answers WHERE key = $key";
const COUNT = "SELECT count(*) AS count FROM answers";
const PRUNE = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY at LIMIT $excess)";
const SAVE_MATCH = `
INSERT OR REPLACE INTO matches (tournament, prompt, pair, voter, at, match)
VALUES ($tournament, $prompt, $pair, $voter, $at, $match)`;
const MATCHES = "SELECT match AS json FROM matches WHERE tournament = $id ORDER BY at, prompt, pair, voter";

/** Answers of some kilobytes each. */
const MOST_ANSWERS = 20_000;

interface JsonRow {
  readonly json: string;
}

/** What this program wrote as JSON; the file is private to the user (0600). */
function read<Value>({ json }: JsonRow): Value {
  return JSON.parse(json) as Value;
}

/** Tournaments on SQLite: one handle, each piece committed at once, and the oldest answers deleted beyond the bound. */
export function createSqliteTournaments(database: Database): TournamentStore {
  const rows = (sql: string) => database.query<JsonRow, [Bindings]>(sql);
  const run = (sql: string) => database.query<unknown, [Bindings]>(sql);
  const save = run(SAVE);
  const remove = run(REMOVE);
  const saveAnswer = run(SAVE_ANSWER);
  const prune = run(PRUNE);
  const saveMatch = run(SAVE_MATCH);
  const count = database.query<{ count: number }, []>(COUNT);
  return {
    save: (tournament) => void save.run({ id: tournament.id, at: tournament.at, setup: JSON.stringify(tournament) }),
    find(id) {
      const row = rows(FIND).get({ id });
      return row === null ? null : read<Tournament>(row);
    },
    list: (limit) =>
      rows(LIST)
        .all({ limit })
        .map(read<Tournament>),
    saveAnswer(key, at, answer) {
      saveAnswer.run({ key, at, answer: JSON.stringify(answer) });
      const excess = (count.get()?.count ?? 0) - MOST_ANSWERS;
      if (excess > 0) prune.run({ excess });
    },
    answer(key) {
      const row = rows(ANSWER).get({ key });
      return row === null ? null : read<StoredAnswer>(row);
    },
    saveMatch(match) {
      const { tournament, prompt, left, right, voter, at } = match;
      const pair = [left, right].toSorted().join("\n");
      saveMatch.run({ tournament, prompt, pair, voter, at, match: JSON.stringify(match) });
    },
    matches: (id) =>
      rows(MATCHES)
        .all({ id })
        .map(read<Match>),
    remove: (id) => remove.run({ id }).changes > 0,
    close: () => database.close(),
  };
}
