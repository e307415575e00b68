-- What local models took, by server, model and the context they were loaded with. Decayed averages, made by the cost model.
CREATE TABLE figures (
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  -- Tokens.
  context_tokens INTEGER NOT NULL,
  -- Milliseconds.
  cold_load_ms REAL,
  warm_load_ms REAL,
  -- Tokens a second.
  prompt_per_second REAL,
  output_per_second REAL,
  token_ratio REAL,
  -- Unix ms.
  used_at INTEGER NOT NULL,
  PRIMARY KEY (provider, model, context_tokens)
) WITHOUT ROWID;
