"""Which samples joined a pool when it grew."""

GENERATIONS = """
ALTER TABLE samples ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
CREATE VIEW v_growth AS
SELECT s.generation, count(*) AS n_samples, sum(e.sample IS NOT NULL) AS n_selected,
  sum(c.sample IS NULL) AS without_cluster,
  (SELECT count(*) FROM pairings p JOIN samples a ON a.position = p.first
   JOIN samples b ON b.position = p.second
   WHERE max(a.generation, b.generation) = s.generation) AS n_comparisons,
  avg(r.strength) AS mean_strength, avg(r.standard_error) AS mean_error
FROM samples s
LEFT JOIN selections e ON e.sample = s.position
LEFT JOIN sample_clusters c ON c.sample = s.position AND c.is_primary
LEFT JOIN scores r ON r.sample = s.position AND r.n_comparisons > 0
GROUP BY s.generation;
"""
