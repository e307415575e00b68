-- Projects that a command made known, by name.
CREATE TABLE projects (
  name TEXT PRIMARY KEY,
  -- Absolute path of the folder with the project's own file.
  folder TEXT NOT NULL,
  -- JSON: what that file asks for.
  wish TEXT NOT NULL,
  -- Unix ms.
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
