"""What a selection is held against: also how far random draws spread, and a policy that covers."""

BASELINES = """
DROP VIEW v_audit;
CREATE VIEW v_audit AS
SELECT measure, max(CASE subset WHEN 'selection' THEN value END) AS selection,
  max(CASE subset WHEN 'random' THEN value END) AS random,
  max(CASE subset WHEN 'longest' THEN value END) AS longest,
  max(CASE subset WHEN 'pool' THEN value END) AS pool,
  max(CASE subset WHEN 'random_low' THEN value END) AS random_low,
  max(CASE subset WHEN 'random_high' THEN value END) AS random_high,
  max(CASE subset WHEN 'covering' THEN value END) AS covering
FROM audits GROUP BY measure ORDER BY min(place);
"""
