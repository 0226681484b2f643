"""What stands for a cluster: how much of it its name covers, and a typical sample."""

PORTRAITS = """
ALTER TABLE clusters ADD COLUMN covered REAL;
ALTER TABLE clusters ADD COLUMN typical INTEGER REFERENCES samples (position);
DROP VIEW v_clusters;
CREATE VIEW v_clusters AS
SELECT c.position AS cluster, c.name, c.stability, count(sc.sample) AS n_samples,
  (SELECT count(*) FROM selections e WHERE e.cluster = c.position) AS n_selected,
  c.covered, (SELECT s.id FROM samples s WHERE s.position = c.typical) AS typical_id
FROM clusters c
LEFT JOIN sample_clusters sc ON sc.cluster = c.position AND sc.is_primary
GROUP BY c.position;
"""
