-- Answers of the Responses API, by who asked. Deleting one deletes its items.
CREATE TABLE responses (
  -- Id of the calling key; empty for callers without one.
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Unix ms, by our clock.
  created_at INTEGER NOT NULL,
  -- JSON: the response as the client saw it.
  resource TEXT NOT NULL,
  -- JSON list: everything the model read, earlier turns included.
  input TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX responses_by_age ON responses (created_at);
-- Which response an output item is in, for requests that name an item instead of repeating it.
CREATE TABLE items (
  tenant TEXT NOT NULL,
  item_id TEXT NOT NULL,
  response_id TEXT NOT NULL,
  PRIMARY KEY (tenant, item_id),
  FOREIGN KEY (tenant, response_id) REFERENCES responses (tenant, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX items_by_response ON items (tenant, response_id);
