-- One row an attempt. Times are Unix ms, money is nano-dollars (INTEGER, so that sums are exact).
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  model TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  client_dialect TEXT NOT NULL,
  is_stream INTEGER NOT NULL,
  key_id TEXT,
  project TEXT,
  session TEXT,
  client TEXT,
  route_reason TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  -- 1 on the last attempt of its request so far: sum it to count requests.
  is_last INTEGER NOT NULL,
  input_uncached INTEGER NOT NULL DEFAULT 0,
  input_cache_read INTEGER NOT NULL DEFAULT 0,
  input_cache_write_5m INTEGER NOT NULL DEFAULT 0,
  input_cache_write_1h INTEGER NOT NULL DEFAULT 0,
  output_text INTEGER NOT NULL DEFAULT 0,
  output_reasoning INTEGER NOT NULL DEFAULT 0,
  -- JSON {input, output} of the rarer counts (audio, images…), NULL when there are none.
  usage_more TEXT,
  usage_source TEXT,
  cost_nano_usd INTEGER,
  cost_reason TEXT,
  price_id TEXT,
  saved_nano_usd INTEGER,
  ended_at INTEGER,
  first_token_ms REAL,
  fault_kind TEXT,
  fault_message TEXT,
  fault_status INTEGER,
  upstream_status INTEGER
);
CREATE UNIQUE INDEX attempts_by_request ON attempts (request_id, attempt);
CREATE INDEX attempts_by_start ON attempts (started_at);
CREATE INDEX attempts_open ON attempts (state) WHERE state IN ('reserved', 'streaming');

-- Each price once; rows name it, so that history never changes.
CREATE TABLE prices (
  id TEXT PRIMARY KEY,
  json TEXT NOT NULL
);

-- Sums of attempts by UTC day of their start, kept in the same transaction as the rows. '' stands for none.
CREATE TABLE daily_sums (
  day INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  key_id TEXT NOT NULL,
  requests INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  saved_nano_usd INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  PRIMARY KEY (day, provider, model, project, key_id)
) WITHOUT ROWID;
