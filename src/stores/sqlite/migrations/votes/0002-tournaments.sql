-- What models were compared on, what they answered, and who preferred what. Unlike evidence it holds the texts.
CREATE TABLE tournaments (
  id TEXT PRIMARY KEY,
  -- Unix ms.
  at INTEGER NOT NULL,
  -- JSON: models, prompts, limits.
  setup TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tournaments_by_time ON tournaments (at);
CREATE TABLE answers (
  -- SHA-256 of all that decides what is asked.
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  -- JSON.
  answer TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);
CREATE TABLE matches (
  tournament TEXT NOT NULL REFERENCES tournaments (id) ON DELETE CASCADE,
  prompt TEXT NOT NULL,
  -- Both models in order, a line each.
  pair TEXT NOT NULL,
  voter TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- JSON.
  match TEXT NOT NULL,
  PRIMARY KEY (tournament, prompt, pair, voter)
) WITHOUT ROWID;
