-- One row for each minute, hour and day in which a model of an account was asked. `width` and `at` in milliseconds.
CREATE TABLE buckets (
  width INTEGER NOT NULL,
  at INTEGER NOT NULL,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  model TEXT NOT NULL,
  answered INTEGER NOT NULL,
  -- JSON objects: fault kind to count, and histogram bucket to count.
  faults TEXT NOT NULL,
  latency TEXT NOT NULL,
  first_token TEXT NOT NULL,
  PRIMARY KEY (width, at, provider, account, model)
) STRICT, WITHOUT ROWID;
