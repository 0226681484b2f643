"""Questions with a known answer, and samples that talk to a judge."""

CONTROLS = """
CREATE TABLE controls (
  position INTEGER PRIMARY KEY,
  judge TEXT NOT NULL,
  control TEXT NOT NULL CHECK (control IN ('copied','damaged','injected')),
  sample INTEGER NOT NULL REFERENCES samples (position),
  is_copy_first INTEGER NOT NULL CHECK (is_copy_first IN (0, 1)),
  comparison TEXT NOT NULL REFERENCES comparisons (key)
) STRICT;
CREATE TABLE flagged_samples (
  sample INTEGER PRIMARY KEY REFERENCES samples (position),
  flag TEXT NOT NULL,
  excerpt TEXT NOT NULL
) STRICT;
CREATE VIEW v_controls AS
SELECT x.position, x.control, s.id AS sample_id, x.is_copy_first, k.outcome,
  CASE WHEN k.outcome = 'tie' THEN 'tie' WHEN k.outcome NOT IN ('first','second') THEN NULL
    WHEN (k.outcome = 'first') = x.is_copy_first THEN 'copy' ELSE 'sample' END AS winner,
  x.judge
FROM controls x JOIN comparisons k ON k.key = x.comparison
JOIN samples s ON s.position = x.sample;
CREATE VIEW v_flags AS
SELECT s.id AS sample_id, f.flag, f.excerpt, r.cluster_name, r.rank, r.strength, r.is_selected
FROM flagged_samples f JOIN samples s ON s.position = f.sample
LEFT JOIN v_ranking r ON r.sample_id = s.id;
"""
