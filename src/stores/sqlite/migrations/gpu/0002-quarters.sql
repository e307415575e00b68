-- Minutes are kept for 14 days from now on, quarters of an hour for 90.
INSERT OR REPLACE INTO samples
SELECT 900000, gpu, at / 900000 * 900000, avg(utilization_percent), avg(used_bytes), avg(own_bytes),
  avg(temperature_celsius), avg(power_watts), avg(clock_mhz), avg(throttled_share)
FROM samples WHERE step_ms = 60000 GROUP BY gpu, at / 900000;
