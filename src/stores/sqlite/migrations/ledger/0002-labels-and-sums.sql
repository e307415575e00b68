-- Labels that clients give their spending, what budgets set aside, and what kind of saving an answer is.
ALTER TABLE attempts ADD COLUMN tag TEXT;
ALTER TABLE attempts ADD COLUMN task TEXT;
ALTER TABLE attempts ADD COLUMN file TEXT;
ALTER TABLE attempts ADD COLUMN reserved_nano_usd INTEGER;
ALTER TABLE attempts ADD COLUMN saved_kind TEXT;
ALTER TABLE attempts ADD COLUMN saved_price_id TEXT;
UPDATE attempts SET saved_kind =
  CASE WHEN route_reason GLOB 'explicit*' OR route_reason GLOB 'bare-name*' THEN 'free-tier' ELSE 'routing' END
WHERE saved_nano_usd IS NOT NULL;

-- Moments that the ledger remembers. Rows and hourly sums before `pruned-before` (Unix ms, a UTC midnight) may be gone.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- What each attempt adds to sums.
CREATE VIEW attempt_counts AS SELECT
  id, request_id, state, provider, model, project, key_id, session, tag, task, file, client, started_at, ended_at,
  endpoint, requested_model, fault_kind, cost_nano_usd,
  started_at / 3600000 AS hour,
  is_last AS requests,
  1 AS attempts,
  COALESCE(cost_nano_usd, 0) AS cost,
  COALESCE(saved_nano_usd, 0) AS saved,
  CASE saved_kind WHEN 'free-tier' THEN COALESCE(saved_nano_usd, 0) ELSE 0 END AS saved_free_tier,
  CASE saved_kind WHEN 'routing' THEN COALESCE(saved_nano_usd, 0) ELSE 0 END AS saved_routing,
  CASE saved_kind WHEN 'cache' THEN COALESCE(saved_nano_usd, 0) ELSE 0 END AS saved_cache,
  cost_nano_usd IS NULL AND ended_at IS NOT NULL AND (cost_reason IS 'crashed' OR input_uncached + input_cache_read
    + input_cache_write_5m + input_cache_write_1h + output_text + output_reasoning > 0) AS unpriced,
  state = 'failed' AS failed,
  CASE state WHEN 'failed' THEN COALESCE(cost_nano_usd, 0) ELSE 0 END AS failed_cost,
  input_uncached + input_cache_read + input_cache_write_5m + input_cache_write_1h AS input_tokens,
  input_cache_read AS cache_read_tokens,
  input_cache_write_5m + input_cache_write_1h AS cache_write_tokens,
  output_text + output_reasoning AS output_tokens,
  CASE WHEN cost_nano_usd IS NULL AND ended_at IS NOT NULL THEN COALESCE(reserved_nano_usd, 0) ELSE 0 END AS held
FROM attempts;

-- The same once for each sum that an attempt is in.
CREATE VIEW labelled_counts AS
SELECT 'total' AS label, '' AS name, '' AS in_provider, '' AS in_model, '' AS in_project, '' AS in_key, *
FROM attempt_counts
UNION ALL SELECT 'core', '', provider, model, COALESCE(project, ''), COALESCE(key_id, ''), * FROM attempt_counts
UNION ALL SELECT 'session', session, provider, model, COALESCE(project, ''), COALESCE(key_id, ''), *
FROM attempt_counts WHERE session IS NOT NULL
UNION ALL SELECT 'tag', tag, provider, model, COALESCE(project, ''), COALESCE(key_id, ''), *
FROM attempt_counts WHERE tag IS NOT NULL
UNION ALL SELECT 'task', task, provider, model, COALESCE(project, ''), COALESCE(key_id, ''), *
FROM attempt_counts WHERE task IS NOT NULL
UNION ALL SELECT 'file', file, provider, model, COALESCE(project, ''), COALESCE(key_id, ''), *
FROM attempt_counts WHERE file IS NOT NULL
UNION ALL SELECT 'client', client, provider, model, COALESCE(project, ''), COALESCE(key_id, ''), *
FROM attempt_counts WHERE client IS NOT NULL;

-- Sums of attempts by their start, kept in the same transaction as the rows. '' stands for none.
CREATE TABLE sums (
  -- 1 or 24 hours (a UTC day).
  hours INTEGER NOT NULL,
  -- 'total' of everything; 'core' by the four columns after `name`; a label ('session'): by that label and those columns;
  -- a label's total ('session-total'): by that label alone, for whole days.
  label TEXT NOT NULL,
  -- First hour, counted since 1970.
  hour INTEGER NOT NULL,
  -- What the label says; '' for total and core.
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  key_id TEXT NOT NULL,
  requests INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  saved_free_tier INTEGER NOT NULL,
  saved_routing INTEGER NOT NULL,
  saved_cache INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  failed_cost INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  -- What was reserved for attempts that ended without a known cost.
  held INTEGER NOT NULL,
  PRIMARY KEY (hours, label, hour, name, provider, model, project, key_id)
) WITHOUT ROWID;

-- Days that were pruned, in part or whole, had more attempts than are left.
INSERT INTO marks (name, value)
SELECT 'pruned-before', COALESCE(MAX(day) + 1, 0) * 86400000
FROM (SELECT day, SUM(attempts) AS counted FROM daily_sums GROUP BY day)
WHERE counted <> (
  SELECT COUNT(*) FROM attempts WHERE started_at >= day * 86400000 AND started_at < (day + 1) * 86400000
);

INSERT INTO sums
SELECT 24, 'core', day * 24, '', provider, model, project, key_id, requests, attempts, cost_nano_usd, saved_nano_usd,
  saved_nano_usd, 0, 0, unpriced, failed, 0, input_tokens, cache_read_tokens, 0, output_tokens, 0
FROM daily_sums WHERE day * 86400000 < (SELECT value FROM marks WHERE name = 'pruned-before');
INSERT INTO sums
SELECT 24, 'total', hour, '', '', '', '', '', SUM(requests), SUM(attempts), SUM(cost), SUM(saved), SUM(saved_free_tier),
  0, 0, SUM(unpriced), SUM(failed), 0, SUM(input_tokens), SUM(cache_read_tokens), 0, SUM(output_tokens), 0
FROM sums WHERE hours = 24 AND label = 'core' GROUP BY hour;

INSERT INTO sums
SELECT 1, label, hour, name, in_provider, in_model, in_project, in_key, SUM(requests), SUM(attempts), SUM(cost),
  SUM(saved), SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM labelled_counts WHERE started_at >= (SELECT value FROM marks WHERE name = 'pruned-before')
GROUP BY label, hour, name, in_provider, in_model, in_project, in_key;
INSERT INTO sums
SELECT 24, label, hour / 24 * 24, name, provider, model, project, key_id, SUM(requests), SUM(attempts), SUM(cost),
  SUM(saved), SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM sums WHERE hours = 1 GROUP BY label, hour / 24, name, provider, model, project, key_id;
INSERT INTO sums
SELECT 24, label || '-total', hour, name, '', '', '', '', SUM(requests), SUM(attempts), SUM(cost), SUM(saved),
  SUM(saved_free_tier), SUM(saved_routing), SUM(saved_cache), SUM(unpriced), SUM(failed), SUM(failed_cost),
  SUM(input_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(output_tokens), SUM(held)
FROM sums WHERE hours = 24 AND label NOT IN ('total', 'core') GROUP BY label, hour, name;

DROP TABLE daily_sums;
