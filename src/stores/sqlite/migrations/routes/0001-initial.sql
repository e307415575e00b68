-- What the router decided, request by request, and from what. No word of any prompt.
CREATE TABLE routes (
  request_id TEXT PRIMARY KEY,
  -- Unix ms.
  at INTEGER NOT NULL,
  mode TEXT NOT NULL,
  task_class TEXT,
  class_source TEXT NOT NULL,
  probability REAL,
  difficulty REAL,
  why TEXT NOT NULL,
  -- provider/model; NULL where the default chain stayed as it was.
  chosen TEXT,
  usual TEXT,
  rule TEXT,
  floor REAL NOT NULL,
  dial INTEGER NOT NULL,
  -- A hash.
  conversation TEXT NOT NULL,
  current TEXT,
  -- JSON.
  signals TEXT NOT NULL,
  candidates TEXT NOT NULL,
  -- What trying another model was expected to cost more, nano-dollars; 0 where nothing was tried.
  explored_nano_usd INTEGER NOT NULL,
  -- What became of it: NULL while it runs.
  served TEXT,
  cost_nano_usd INTEGER,
  input_tokens INTEGER,
  output_tokens INTEGER
) WITHOUT ROWID;
CREATE INDEX routes_by_time ON routes (at);
CREATE INDEX routes_by_conversation ON routes (conversation, at);
