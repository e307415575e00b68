import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { checkLedger } from "../../src/stores/check.ts";
import { DAY, NOON } from "./attempts.ts";
import firstSchema from "./fixtures/ledger-schema-1.sql" with { type: "text" };
import { mustOpen, temporaryFolder } from "./temporary.ts";

/** Three rows of the first schema: a local answer by name, one by an alias, a paid one; and a day of which rows were pruned. */
const ROWS = `
INSERT INTO attempts (request_id, attempt, state, provider, account, model, requested_model, endpoint, client_dialect,
  is_stream, key_id, project, session, client, route_reason, started_at, is_last, input_uncached, output_text,
  cost_nano_usd, saved_nano_usd, ended_at, price_id, cost_reason)
VALUES
  ('a', 1, 'final', 'ollama', 'default', 'llama', 'llama', 'chat', 'openai-chat', 1, NULL, NULL, 's1', 'aider',
   'bare-name', $noon, 1, 10, 5, 0, 700, $noon + 9, NULL, 'local'),
  ('b', 1, 'final', 'ollama', 'default', 'llama', 'coder', 'chat', 'openai-chat', 1, NULL, 'p', 's1', 'aider',
   'alias:coder', $noon + 3600000, 1, 10, 5, 0, 500, $noon + 3600009, NULL, 'local'),
  ('c', 1, 'failed', 'openai', 'default', 'gpt', 'gpt', 'chat', 'openai-chat', 0, 'key_1', 'p', NULL, NULL,
   'explicit', $noon + 86400000, 0, 20, 0, 40, NULL, $noon + 86400009, NULL, NULL),
  ('c', 2, 'final', 'openai', 'default', 'gpt', 'gpt', 'chat', 'openai-chat', 0, 'key_1', 'p', NULL, NULL,
   'explicit', $noon + 86400001, 1, 20, 8, 900, NULL, $noon + 86400019, NULL, NULL)`;
const SUMS = `
INSERT INTO daily_sums VALUES
  ($day - 1, 'openai', 'gpt', 'p', 'key_1', 3, 4, 1000, 60, 1, 1, 70, 7, 30),
  ($day, 'ollama', 'llama', '', '', 1, 1, 0, 700, 0, 0, 10, 0, 5),
  ($day, 'ollama', 'llama', 'p', '', 1, 1, 0, 500, 0, 0, 10, 0, 5),
  ($day + 1, 'openai', 'gpt', 'p', 'key_1', 1, 2, 940, 0, 0, 1, 40, 0, 8)`;

function writeFirstSchema(path: string): void {
  const database = new Database(path);
  database.run(firstSchema);
  database.query(ROWS).run({ $noon: NOON });
  database.query(SUMS).run({ $day: Math.floor(NOON / DAY) });
  database.run("PRAGMA user_version = 1");
  database.close();
}

test("a ledger of the first schema keeps every row and every sum, and its new sums equal its rows", () => {
  using folder = temporaryFolder();
  writeFirstSchema(join(folder.path, "ledger.db"));
  const { ledger, close } = mustOpen(folder.path);
  const rows = [...ledger.query({})];
  expect(rows.map(({ requestId, attempt }) => `${requestId}#${attempt}`)).toEqual(["c#2", "c#1", "b#1", "a#1"]);
  expect(rows.map(({ savedKind }) => savedKind)).toEqual([null, null, "routing", "free-tier"]);
  expect(rows[3]).toMatchObject({ tag: null, task: null, file: null, reservedNanoUsd: null, savedPriceId: null });
  expect(ledger.totals({})).toMatchObject({
    requests: 6,
    attempts: 8,
    costNanoUsd: 1_940,
    savedNanoUsd: 1_260,
    savedFreeTierNanoUsd: 760,
    savedRoutingNanoUsd: 500,
    unpriced: 1,
    failed: 2,
  });
  const days = ledger.groups({}, "day").map(({ name, attempts }) => [name, attempts]);
  expect(days).toEqual([
    ["2026-11-19", 4],
    ["2026-11-20", 2],
    ["2026-11-21", 2],
  ]);
  expect(ledger.groups({}, "session").map(({ name, attempts }) => [name, attempts])).toEqual([
    ["(none)", 6],
    ["s1", 2],
  ]);
  expect(ledger.totals({ from: NOON + 1, to: NOON + DAY }).attempts).toBe(1);
  close();
  expect(checkLedger(folder.path, () => undefined)).toMatchObject({
    ok: true,
    value: { damage: [], rows: 4, from: NOON - DAY / 2, wrongSums: 0, wrongLast: 0, lostPrices: 0 },
  });
});
