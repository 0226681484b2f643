"""What was asked and paid, by step, model and day."""

COSTS = """
DROP VIEW v_costs;
CREATE VIEW v_costs AS
SELECT step, model, substr(started_at, 1, 10) AS day,
  count(DISTINCT CASE state WHEN 'done' THEN key END) AS answers, count(*) AS requests,
  sum(state = 'failed') AS failed, sum(state = 'orphaned') AS orphaned, sum(state = 'open') AS open,
  sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
  sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
  CASE WHEN sum(charge = 'known' AND cost_nanousd IS NULL) = 0
    THEN sum(CASE charge WHEN 'known' THEN cost_nanousd ELSE 0 END) / 1e9 END AS cost_usd,
  sum(CASE charge WHEN 'unknown' THEN ifnull(worst_nanousd, 0) ELSE 0 END) / 1e9
    AS unclear_usd_at_most
FROM calls GROUP BY step, model, day
UNION ALL
SELECT 'compare', j.key, NULL, count(*), 0, sum(k.outcome = 'failed'), 0, 0,
  sum(k.input_tokens), sum(k.output_tokens), 0, 0, 0.0, 0.0
FROM comparisons k JOIN judges j ON j.id = k.judge
WHERE j.id NOT IN (SELECT judge FROM comparisons WHERE reply_digest != '') GROUP BY j.key;
"""
