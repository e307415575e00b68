-- Answers of models, each for one tenant and target. What was asked is not here: only the digest of it.
CREATE TABLE answers (
  -- SHA-256 of the canonical request with its tenant and target, hex.
  digest TEXT PRIMARY KEY,
  -- Id of the calling key, and the project; null without one.
  key_id TEXT,
  project TEXT,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  -- Unix ms.
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  -- How the body stands: dialect of the upstream, `reply` or `stream`, framing of a stream, and whether a client of the same
  -- dialect gets it as it is.
  dialect TEXT NOT NULL,
  form TEXT NOT NULL,
  framing TEXT NOT NULL,
  is_verbatim INTEGER NOT NULL,
  -- JSON: usage in the normal form, and what the target could not honour.
  usage TEXT NOT NULL,
  usage_source TEXT NOT NULL,
  warnings TEXT NOT NULL,
  -- The upstream's own text.
  body TEXT NOT NULL,
  bytes INTEGER NOT NULL
);
CREATE INDEX answers_by_use ON answers (used_at, bytes);
CREATE INDEX answers_by_age ON answers (created_at);
