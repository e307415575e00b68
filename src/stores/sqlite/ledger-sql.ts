/**
 * Every statement of the ledger. Values are bound, never written into the text; what is interpolated here are constants
 * of this file (test/stores/sql-scan.test.ts holds the whole folder to that).
 */

/** One row, whole: intent alone, or with its outcome when both were still queued. */
export const INSERT_ATTEMPT = `
INSERT INTO attempts (
  request_id, attempt, state, provider, account, model, requested_model, endpoint, client_dialect, is_stream,
  key_id, project, session, client, tag, task, file, route_reason, started_at, reserved_nano_usd, is_last,
  input_uncached, input_cache_read, input_cache_write_5m, input_cache_write_1h, output_text, output_reasoning,
  usage_more, usage_source, cost_nano_usd, cost_reason, price_id, saved_nano_usd, saved_kind, saved_price_id,
  ended_at, first_token_ms, fault_kind, fault_message, fault_status, upstream_status
) VALUES (
  $requestId, $attempt, $state, $provider, $account, $model, $requestedModel, $endpoint, $clientDialect, $isStream,
  $keyId, $project, $session, $client, $tag, $task, $file, $routeReason, $startedAt, $reservedNanoUsd, 1,
  $uncached, $cacheRead, $cacheWrite5m, $cacheWrite1h, $text, $reasoning,
  $usageMore, $usageSource, $costNanoUsd, $costReason, $priceId, $savedNanoUsd, $savedKind, $savedPriceId,
  $endedAt, $firstTokenMs, $faultKind, $faultMessage, $faultStatus, $upstreamStatus
)`;

export const MARK_STREAMING = `
UPDATE attempts SET state = 'streaming' WHERE request_id = $requestId AND attempt = $attempt AND state = 'reserved'`;

export const SETTLE_ATTEMPT = `
UPDATE attempts SET
  state = $state, input_uncached = $uncached, input_cache_read = $cacheRead, input_cache_write_5m = $cacheWrite5m,
  input_cache_write_1h = $cacheWrite1h, output_text = $text, output_reasoning = $reasoning, usage_more = $usageMore,
  usage_source = $usageSource, cost_nano_usd = $costNanoUsd, cost_reason = $costReason, price_id = $priceId,
  saved_nano_usd = $savedNanoUsd, saved_kind = $savedKind, saved_price_id = $savedPriceId, ended_at = $endedAt,
  first_token_ms = $firstTokenMs, fault_kind = $faultKind, fault_message = $faultMessage, fault_status = $faultStatus,
  upstream_status = $upstreamStatus
WHERE request_id = $requestId AND attempt = $attempt AND state IN ('reserved', 'streaming')`;

const DIMENSIONS = `
  started_at AS startedAt, provider, model, project, key_id AS keyId, session, tag, task, file, client,
  reserved_nano_usd AS reservedNanoUsd`;

/** An earlier attempt is no longer the last of its request. */
export const SUPERSEDE_ATTEMPTS = `
UPDATE attempts SET is_last = 0 WHERE request_id = $requestId AND attempt < $attempt AND is_last = 1
RETURNING ${DIMENSIONS}`;

/** The targets of open attempts. */
export const OPEN_TARGETS = "SELECT DISTINCT provider, model FROM attempts WHERE state IN ('reserved', 'streaming')";

/** Those of `$targets`, a JSON list of `[provider, model]` as JSON texts, or all where that is null. */
export const CLOSE_OPEN_ATTEMPTS = `
UPDATE attempts SET
  state = 'estimated', usage_source = 'estimated', ended_at = $at, fault_kind = 'internal', fault_message = $message,
  cost_nano_usd = $costNanoUsd, cost_reason = $costReason
WHERE state IN ('reserved', 'streaming')
  AND ($targets IS NULL OR json_array(provider, model) IN (SELECT value FROM json_each($targets)))
RETURNING ${DIMENSIONS}`;

export const INSERT_PRICE = "INSERT INTO prices (id, json) VALUES ($id, $json) ON CONFLICT (id) DO NOTHING";

/** In id order, which is nearly start order: a chunk touches few pages. */
export const DELETE_OLD_ATTEMPTS = `
DELETE FROM attempts WHERE id IN (
  SELECT id FROM attempts WHERE started_at < $before AND state NOT IN ('reserved', 'streaming')
  ORDER BY started_at LIMIT $limit
)`;

/** What {@link DELETE_OLD_ATTEMPTS} would come to; each count is from an index alone. */
export const COUNT_OLD_ATTEMPTS = `
SELECT (SELECT COUNT(*) FROM attempts WHERE started_at < $before) - (
  SELECT COUNT(*) FROM attempts WHERE state IN ('reserved', 'streaming') AND started_at < $before
) AS rows`;

export const FIND_PRICE = "SELECT json FROM prices WHERE id = $id";

/** What {@link LedgerFilter} asks of a row of `attempts` or `attempt_counts`, its request apart. */
export const MATCHES = `
  started_at >= $from AND started_at < $to
  AND ($provider IS NULL OR provider = $provider) AND ($model IS NULL OR model = $model)
  AND ($project IS NULL OR project = $project) AND ($keyId IS NULL OR key_id = $keyId)
  AND ($session IS NULL OR session = $session) AND ($tag IS NULL OR tag = $tag) AND ($task IS NULL OR task = $task)
  AND ($file IS NULL OR file = $file) AND ($client IS NULL OR client = $client) AND ($state IS NULL OR state = $state)
  AND ($endpoint IS NULL OR endpoint = $endpoint)
  AND ($requestedModel IS NULL OR requested_model = $requestedModel)
  AND ($faultKind IS NULL OR fault_kind = $faultKind)
  AND ($minCostNanoUsd IS NULL OR cost_nano_usd >= $minCostNanoUsd)
  AND ($maxCostNanoUsd IS NULL OR cost_nano_usd <= $maxCostNanoUsd)
  AND ($minTokens IS NULL OR input_tokens + output_tokens >= $minTokens)
  AND ($maxTokens IS NULL OR input_tokens + output_tokens <= $maxTokens)
  AND ($minDurationMs IS NULL OR ended_at - started_at >= $minDurationMs)
  AND ($maxDurationMs IS NULL OR ended_at - started_at <= $maxDurationMs)`;

const TOKENS = `
  input_uncached + input_cache_read + input_cache_write_5m + input_cache_write_1h AS input_tokens,
  output_text + output_reasoning AS output_tokens`;

const PAGE = `
  AND (started_at, id) < ($beforeStart, $beforeId) AND is_last >= $leastLast
  ORDER BY started_at DESC, id DESC LIMIT $limit`;

/** One page of rows, newest first, after the given place. */
export const ROWS_BY_TIME = `SELECT * FROM (SELECT *, ${TOKENS} FROM attempts) WHERE ${MATCHES} ${PAGE}`;
export const ROWS_OF_REQUEST = `
SELECT * FROM (SELECT *, ${TOKENS} FROM attempts) WHERE request_id = $requestId AND ${MATCHES} ${PAGE}`;

export const REQUEST_SUMMARY = `
SELECT COUNT(*) AS attempts, MIN(started_at) AS startedAt, SUM(cost_nano_usd) AS costNanoUsd
FROM attempts WHERE request_id = $requestId`;
