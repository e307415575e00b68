/** Statements that hold the ledger against itself, a UTC day at a time: `$day` and `$nextDay` are Unix ms. */

const LABELS = "'session', 'tag', 'task', 'file', 'client'";
const DAY_TOTALS = "'session-total', 'tag-total', 'task-total', 'file-total', 'client-total'";
const HOURLY = `'total', 'core', ${LABELS}`;
const DAILY = `${HOURLY}, ${DAY_TOTALS}`;

/** The hourly sums of a day as the rows have them. */
export const COUNTED_HOURS = `
SELECT label, hour, name, in_provider, in_model, in_project, in_key, SUM(requests), SUM(attempts), SUM(cost), SUM(saved),
  SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM labelled_counts WHERE started_at >= $day AND started_at < $nextDay
GROUP BY label, hour, name, in_provider, in_model, in_project, in_key`;

/** The same as they are stored. */
export const STORED_HOURS = `
SELECT label, hour, name, provider, model, project, key_id, requests, attempts, cost, saved, saved_free_tier,
  saved_routing, saved_cache, unpriced, failed, failed_cost, input_tokens, cache_read_tokens, cache_write_tokens,
  output_tokens, held
FROM sums WHERE hours = 1 AND label IN (${HOURLY})
  AND hour >= $day / 3600000 AND hour < $nextDay / 3600000`;

/** The daily sums as the hours add up to them. */
export const ADDED_DAYS = `
SELECT label, hour / 24 * 24 AS first, name, provider, model, project, key_id, SUM(requests), SUM(attempts), SUM(cost),
  SUM(saved), SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM sums WHERE hours = 1 AND label IN (${HOURLY})
  AND hour >= $day / 3600000 AND hour < $nextDay / 3600000
GROUP BY label, first, name, provider, model, project, key_id
UNION ALL
SELECT label || '-total', hour / 24 * 24 AS first, name, '', '', '', '', SUM(requests), SUM(attempts), SUM(cost),
  SUM(saved), SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM sums WHERE hours = 1 AND label IN (${LABELS}) AND hour >= $day / 3600000 AND hour < $nextDay / 3600000
GROUP BY label, first, name`;

/** The same as they are stored. */
export const STORED_DAYS = `
SELECT label, hour, name, provider, model, project, key_id, requests, attempts, cost, saved, saved_free_tier,
  saved_routing, saved_cache, unpriced, failed, failed_cost, input_tokens, cache_read_tokens, cache_write_tokens,
  output_tokens, held
FROM sums WHERE hours = 24 AND label IN (${DAILY})
  AND hour >= $day / 3600000 AND hour < $nextDay / 3600000`;

/** Attempts of a day that are marked as the last of their request and are not, or the other way about. */
export const WRONG_LAST = `
SELECT COUNT(*) AS found FROM attempts WHERE started_at >= $day AND started_at < $nextDay AND is_last <> NOT EXISTS (
  SELECT 1 FROM attempts AS later WHERE later.request_id = attempts.request_id AND later.attempt > attempts.attempt
)`;

/** Attempts of a day that name a price which is not kept. */
export const LOST_PRICES = `
SELECT COUNT(*) AS found FROM attempts WHERE started_at >= $day AND started_at < $nextDay AND (
  (price_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM prices WHERE id = price_id))
  OR (saved_price_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM prices WHERE id = saved_price_id))
)`;

export const COUNT_ROWS = `
SELECT COUNT(*) AS found FROM attempts WHERE started_at >= $day AND started_at < $nextDay`;

/** The days of all rows, Unix ms; null when there is none. */
export const ROW_DAYS = `
SELECT (SELECT MIN(started_at) FROM attempts) / 86400000 * 86400000 AS "from",
  (SELECT MAX(started_at) FROM attempts) / 86400000 * 86400000 + 86400000 AS "to"`;

export const MEND_LAST = `
UPDATE attempts SET is_last = NOT is_last
WHERE started_at >= $day AND started_at < $nextDay AND is_last <> NOT EXISTS (
  SELECT 1 FROM attempts AS later WHERE later.request_id = attempts.request_id AND later.attempt > attempts.attempt
)`;

export const DROP_SUMS = `
DELETE FROM sums WHERE hours IN (1, 24) AND label IN (${DAILY})
  AND hour >= $day / 3600000 AND hour < $nextDay / 3600000`;

const COLUMNS = `
  hours, label, hour, name, provider, model, project, key_id, requests, attempts, cost, saved, saved_free_tier,
  saved_routing, saved_cache, unpriced, failed, failed_cost, input_tokens, cache_read_tokens, cache_write_tokens,
  output_tokens, held`;

export const REBUILD_HOURS = `INSERT INTO sums (${COLUMNS}) SELECT 1, * FROM (${COUNTED_HOURS})`;
export const REBUILD_DAY = `INSERT INTO sums (${COLUMNS}) SELECT 24, * FROM (${ADDED_DAYS})`;
