"""Which requests a verdict was asked for in, so that what was asked again can be told apart."""

ATTEMPTS = """
CREATE TABLE comparison_calls (
  comparison TEXT NOT NULL,
  call TEXT NOT NULL,
  PRIMARY KEY (comparison, call)
) STRICT, WITHOUT ROWID;
DROP VIEW v_comparisons;
CREATE VIEW v_comparisons AS
SELECT p.position, p.round, a.id AS first_id, b.id AS second_id, k.outcome, k.grade,
  c.name AS cluster, j.key AS judge,
  (SELECT nullif(count(*), 0) FROM comparison_calls x JOIN calls q ON q.key = x.call
   WHERE x.comparison = k.key) AS attempts
FROM pairings p
JOIN comparisons k ON k.key = p.comparison
JOIN judges j ON j.id = k.judge
JOIN samples a ON a.position = p.first
JOIN samples b ON b.position = p.second
LEFT JOIN sample_clusters sc ON sc.sample = p.first AND sc.is_primary
LEFT JOIN clusters c ON c.position = sc.cluster;
"""
