-- What a key may use; null where nothing limits it.
ALTER TABLE keys ADD COLUMN budget_nano_usd INTEGER;
-- day, week, month or total
ALTER TABLE keys ADD COLUMN budget_period TEXT;
-- warn, degrade or deny
ALTER TABLE keys ADD COLUMN budget_over TEXT;
ALTER TABLE keys ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE keys ADD COLUMN burst INTEGER;
ALTER TABLE keys ADD COLUMN tokens_per_minute INTEGER;
ALTER TABLE keys ADD COLUMN concurrent INTEGER;
