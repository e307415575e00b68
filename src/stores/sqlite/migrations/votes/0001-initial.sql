-- What was observed of how good answers were. No word of what was asked or answered.
CREATE TABLE evidence (
  id TEXT PRIMARY KEY,
  -- Unix ms.
  at INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  task_class TEXT NOT NULL,
  -- vote, thumb, exit, edit, verdict or regeneration.
  kind TEXT NOT NULL,
  -- 0 is bad, 1 is good.
  score REAL NOT NULL,
  -- Who judged; null for the one user of the machine, and for commands.
  voter TEXT,
  request_id TEXT,
  project TEXT
) WITHOUT ROWID;
CREATE INDEX evidence_by_model ON evidence (provider, model, task_class, at);
CREATE INDEX evidence_by_time ON evidence (at);
