import type { Database } from "bun:sqlite";
import { isJsonObject, parseJson } from "../../core/json.ts";
import type { RouteOutcome, StoredCandidate, StoredRoute } from "../../core/routing/stored-route.ts";
import type { RouteLog, RouteLogReader } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

interface RouteRow {
  readonly request_id: string;
  readonly at: number;
  readonly mode: StoredRoute["mode"];
  readonly task_class: StoredRoute["taskClass"];
  readonly class_source: StoredRoute["classSource"];
  readonly probability: number | null;
  readonly difficulty: number | null;
  readonly why: StoredRoute["why"];
  readonly chosen: string | null;
  readonly usual: string | null;
  readonly rule: string | null;
  readonly floor: number;
  readonly dial: number;
  readonly conversation: string;
  readonly current: string | null;
  readonly signals: string;
  readonly candidates: string;
  readonly explored_nano_usd: number;
  readonly served: string | null;
  readonly cost_nano_usd: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}

const ADD = `
INSERT OR REPLACE INTO routes (request_id, at, mode, task_class, class_source, probability, difficulty, why, chosen, usual,
  rule, floor, dial, conversation, current, signals, candidates, explored_nano_usd)
VALUES ($requestId, $at, $mode, $taskClass, $classSource, $probability, $difficulty, $why, $chosen, $usual, $rule, $floor,
  $dial, $conversation, $current, $signals, $candidates, $exploredNanoUsd)`;
const END = `
UPDATE routes SET served = $served, cost_nano_usd = $costNanoUsd, input_tokens = $inputTokens,
  output_tokens = $outputTokens
WHERE request_id = $requestId`;
const FIND = "SELECT * FROM routes WHERE request_id = $requestId";
const LIST = "SELECT * FROM routes WHERE at >= $from AND at < $to ORDER BY at DESC, request_id LIMIT $limit";
const EXPLORED = "SELECT coalesce(sum(explored_nano_usd), 0) AS sum FROM routes WHERE at >= $from";
const PRUNE = `
DELETE FROM routes WHERE request_id IN (SELECT request_id FROM routes WHERE at < $before LIMIT 500)`;

/** What somebody else wrote into the file is left out, not believed. */
function candidatesOf(text: string): readonly StoredCandidate[] {
  const json = parseJson(text);
  if (!Array.isArray(json)) return [];
  const sound = json.filter(
    (entry) => isJsonObject(entry) && typeof entry.name === "string" && typeof entry.expected === "number",
  );
  // The members were written by this program from this very type; those that everything hangs on were looked at.
  return sound as unknown as readonly StoredCandidate[];
}

function signalsOf(text: string): StoredRoute["signals"] | null {
  const json = parseJson(text);
  if (!isJsonObject(json) || typeof json.turn !== "string" || typeof json.inputTokens !== "number") return null;
  return json as unknown as StoredRoute["signals"];
}

function outcomeOf(row: RouteRow): StoredRoute["outcome"] {
  if (row.input_tokens === null || row.output_tokens === null) return null;
  return {
    served: row.served,
    costNanoUsd: row.cost_nano_usd,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
  };
}

function routeOf(row: RouteRow): readonly StoredRoute[] {
  const signals = signalsOf(row.signals);
  if (signals === null) return [];
  return [
    {
      requestId: row.request_id,
      at: row.at,
      mode: row.mode,
      taskClass: row.task_class,
      classSource: row.class_source,
      probability: row.probability,
      difficulty: row.difficulty,
      why: row.why,
      chosen: row.chosen,
      usual: row.usual,
      rule: row.rule,
      floor: row.floor,
      dial: row.dial,
      conversation: row.conversation,
      current: row.current,
      signals,
      candidates: candidatesOf(row.candidates),
      exploredNanoUsd: row.explored_nano_usd,
      outcome: outcomeOf(row),
    },
  ];
}

/** The reading half of the route log. Closing it closes the handle. */
export function createRouteReader(database: Database): RouteLogReader {
  const find = database.query<RouteRow, [Bindings]>(FIND);
  const list = database.query<RouteRow, [Bindings]>(LIST);
  const explored = database.query<{ readonly sum: number }, [Bindings]>(EXPLORED);
  return {
    find(requestId) {
      const row = find.get({ requestId });
      return row === null ? null : (routeOf(row)[0] ?? null);
    },
    list: ({ from, to }, limit) => list.all({ from, to, limit }).flatMap(routeOf),
    explored: (from) => explored.get({ from })?.sum ?? 0,
    close: () => database.close(),
  };
}

/** The route log on SQLite. */
export function createSqliteRouteLog(database: Database): RouteLog {
  const add = database.query<unknown, [Bindings]>(ADD);
  const end = database.query<unknown, [Bindings]>(END);
  const prune = database.query<unknown, [Bindings]>(PRUNE);
  const write = database.transaction((routes: readonly StoredRoute[], outcomes: readonly RouteOutcome[]) => {
    for (const { signals, candidates, outcome: _outcome, ...route } of routes)
      add.run({ ...route, signals: JSON.stringify(signals), candidates: JSON.stringify(candidates) });
    for (const outcome of outcomes) end.run({ ...outcome });
  });
  return {
    ...createRouteReader(database),
    write: (routes, outcomes) => write(routes, outcomes),
    prune: (before) => prune.run({ before }).changes,
  };
}
