ALTER TABLE attempts ADD COLUMN tag TEXT;
ALTER TABLE attempts ADD COLUMN task TEXT;
ALTER TABLE attempts ADD COLUMN file TEXT;
ALTER TABLE attempts ADD COLUMN reserved_nano_usd INTEGER;
ALTER TABLE attempts ADD COLUMN saved_kind TEXT;
ALTER TABLE attempts ADD COLUMN saved_price_id TEXT;
ALTER TABLE daily_sums ADD COLUMN saved_free_tier_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_sums ADD COLUMN saved_routing_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE daily_sums ADD COLUMN saved_cache_nano_usd INTEGER NOT NULL DEFAULT 0;
