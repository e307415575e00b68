import { MATCHES } from "./ledger-sql.ts";

/** Every statement about sums; what is interpolated are constants, as in `ledger-sql.ts`. */

export const ADD_SUMS = `
INSERT INTO sums (
  hours, label, hour, name, provider, model, project, key_id, requests, attempts, cost, saved, saved_free_tier,
  saved_routing, saved_cache, unpriced, failed, failed_cost, input_tokens, cache_read_tokens, cache_write_tokens,
  output_tokens, held
) VALUES (
  $hours, $label, $hour, $name, $provider, $model, $project, $keyId, $requests, $attempts, $costNanoUsd, $savedNanoUsd,
  $savedFreeTierNanoUsd, $savedRoutingNanoUsd, $savedCacheNanoUsd, $unpriced, $failed, $failedNanoUsd, $inputTokens,
  $cacheReadTokens, $cacheWriteTokens, $outputTokens, $heldNanoUsd
) ON CONFLICT (hours, label, hour, name, provider, model, project, key_id) DO UPDATE SET
  requests = requests + excluded.requests, attempts = attempts + excluded.attempts, cost = cost + excluded.cost,
  saved = saved + excluded.saved, saved_free_tier = saved_free_tier + excluded.saved_free_tier,
  saved_routing = saved_routing + excluded.saved_routing, saved_cache = saved_cache + excluded.saved_cache,
  unpriced = unpriced + excluded.unpriced, failed = failed + excluded.failed,
  failed_cost = failed_cost + excluded.failed_cost, input_tokens = input_tokens + excluded.input_tokens,
  cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
  cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
  output_tokens = output_tokens + excluded.output_tokens, held = held + excluded.held`;

/** In the order of `Totals`, which is what JSON shows. */
const COUNTS = `
  SUM(requests) AS requests, SUM(attempts) AS attempts, SUM(cost) AS costNanoUsd, SUM(saved) AS savedNanoUsd,
  SUM(saved_free_tier) AS savedFreeTierNanoUsd, SUM(saved_routing) AS savedRoutingNanoUsd,
  SUM(saved_cache) AS savedCacheNanoUsd, SUM(unpriced) AS unpriced, SUM(failed) AS failed,
  SUM(failed_cost) AS failedNanoUsd, SUM(input_tokens) AS inputTokens, SUM(cache_read_tokens) AS cacheReadTokens,
  SUM(cache_write_tokens) AS cacheWriteTokens, SUM(output_tokens) AS outputTokens, SUM(held) AS heldNanoUsd`;

const WANTED = `
hours = $hours AND label = $label AND hour >= $fromHour AND hour < $toHour
  AND ($name IS NULL OR name = $name) AND ($provider IS NULL OR provider = $provider)
  AND ($model IS NULL OR model = $model) AND ($project IS NULL OR project = $project)
  AND ($keyId IS NULL OR key_id = $keyId)`;

const SUMS = `${COUNTS} FROM sums WHERE ${WANTED} GROUP BY 1`;

/** Stored sums by a column; nothing comes back where nothing was counted. */
export const STORED = {
  all: `SELECT '' AS name, ${SUMS}`,
  model: `SELECT provider || '/' || model AS name, ${SUMS}`,
  provider: `SELECT provider AS name, ${SUMS}`,
  project: `SELECT iif(project = '', '(none)', project) AS name, ${SUMS}`,
  key: `SELECT iif(key_id = '', '(none)', key_id) AS name, ${SUMS}`,
  // A name comes once for each day: the key's own order needs no sorting, and whoever reads adds up.
  label: `SELECT name, ${COUNTS} FROM sums WHERE ${WANTED} GROUP BY hour, name`,
} as const;

const ROWS = `${COUNTS} FROM attempt_counts WHERE ($requestId IS NULL OR request_id = $requestId) AND ${MATCHES} GROUP BY 1`;

/** The same sums from the rows. */
export const COUNTED = {
  all: `SELECT '' AS name, ${ROWS}`,
  model: `SELECT provider || '/' || model AS name, ${ROWS}`,
  provider: `SELECT provider AS name, ${ROWS}`,
  project: `SELECT COALESCE(project, '(none)') AS name, ${ROWS}`,
  key: `SELECT COALESCE(key_id, '(none)') AS name, ${ROWS}`,
  session: `SELECT COALESCE(session, '(none)') AS name, ${ROWS}`,
  tag: `SELECT COALESCE(tag, '(none)') AS name, ${ROWS}`,
  task: `SELECT COALESCE(task, '(none)') AS name, ${ROWS}`,
  file: `SELECT COALESCE(file, '(none)') AS name, ${ROWS}`,
  client: `SELECT COALESCE(client, '(none)') AS name, ${ROWS}`,
} as const;

/** The hours of the UTC days that have any attempts; null when none has. */
export const KNOWN_HOURS = `
SELECT (SELECT MIN(hour) FROM sums WHERE hours = 24 AND label = 'total') AS fromHour,
  (SELECT MAX(hour) + 24 FROM sums WHERE hours = 24 AND label = 'total') AS toHour`;

export const REQUEST_TIME = `
SELECT MIN(started_at) AS "from", MAX(started_at) AS "to" FROM attempts WHERE request_id = $requestId`;

export const FIND_MARK = "SELECT value FROM marks WHERE name = $name";

/** A mark only moves forward. */
export const RAISE_MARK = `
INSERT INTO marks (name, value) VALUES ($name, $value)
ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)`;

/** The hourly sums of one label in the oldest hour before the given one. */
export const DELETE_OLD_SUMS = `
DELETE FROM sums WHERE hours = 1 AND label = $label AND hour = (
  SELECT MIN(hour) FROM sums WHERE hours = 1 AND label = $label AND hour < $beforeHour
)`;
