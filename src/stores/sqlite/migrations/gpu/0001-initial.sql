-- Means of what cards told over a time; NULL where they told nothing.
CREATE TABLE samples (
  -- 10000 or 60000.
  step_ms INTEGER NOT NULL,
  -- The driver's own name for the card.
  gpu TEXT NOT NULL,
  -- Unix ms, a multiple of step_ms.
  at INTEGER NOT NULL,
  utilization_percent REAL,
  used_bytes REAL,
  own_bytes REAL,
  temperature_celsius REAL,
  power_watts REAL,
  clock_mhz REAL,
  -- 0 to 1.
  throttled_share REAL,
  PRIMARY KEY (step_ms, at, gpu)
) WITHOUT ROWID;
