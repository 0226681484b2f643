"""What later steps found out: levels, cards of judges, audits; and indexes for looking."""

LEVELS = """
CREATE TABLE upper_communities (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;
ALTER TABLE communities ADD COLUMN upper INTEGER NOT NULL DEFAULT 0;
INSERT INTO upper_communities SELECT position, name FROM communities;
UPDATE communities SET upper = position;
UPDATE runs SET summary = json_set(summary, '$.backend', 'leidenalg') WHERE step = 'cluster';
CREATE TABLE community_stability (
  change TEXT NOT NULL CHECK (change IN ('seeds', 'orders', 'subsets')),
  community INTEGER REFERENCES communities (position),
  stability REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX community_stability_key ON community_stability (change, ifnull(community, -1));
DROP VIEW v_communities;
CREATE VIEW v_communities AS
SELECT c.position AS community, c.name, count(tc.tag) AS n_tags, c.stability,
  u.name AS upper_name,
  (SELECT stability FROM community_stability s WHERE s.community = c.position
    AND change = 'seeds') AS over_seeds,
  (SELECT stability FROM community_stability s WHERE s.community = c.position
    AND change = 'orders') AS over_orders,
  (SELECT stability FROM community_stability s WHERE s.community = c.position
    AND change = 'subsets') AS over_subsets
FROM communities c
LEFT JOIN upper_communities u ON u.position = c.upper
LEFT JOIN tag_communities tc ON tc.community = c.position
GROUP BY c.position;
"""

JUDGING = """
CREATE TABLE likelihoods (
  model TEXT NOT NULL,
  digest TEXT NOT NULL,
  n_tokens INTEGER NOT NULL,
  given_log REAL NOT NULL,
  alone_log REAL NOT NULL,
  n_ends INTEGER NOT NULL,
  ends_log REAL NOT NULL,
  PRIMARY KEY (model, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE judge_measures (
  judge INTEGER NOT NULL,
  place INTEGER NOT NULL,
  key TEXT NOT NULL,
  measure TEXT NOT NULL,
  value REAL NOT NULL,
  low REAL,
  high REAL,
  n INTEGER NOT NULL,
  PRIMARY KEY (judge, place)
) STRICT, WITHOUT ROWID;
CREATE VIEW v_judges AS
SELECT key AS judge, measure, value, low, high, n FROM judge_measures
ORDER BY judge_measures.judge, place;
"""

SELECTIONS = """
ALTER TABLE selections ADD COLUMN chance REAL;
ALTER TABLE selections ADD COLUMN figure REAL;
CREATE TABLE withheld (
  sample INTEGER PRIMARY KEY REFERENCES samples (position),
  rule TEXT NOT NULL,
  twin INTEGER REFERENCES samples (position),
  likeness REAL
) STRICT;
CREATE TABLE audits (
  subset TEXT NOT NULL,
  measure TEXT NOT NULL,
  place INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (subset, measure)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_samples (
  sample INTEGER PRIMARY KEY REFERENCES samples (position)
) STRICT;
CREATE TABLE pair_scores (
  position INTEGER PRIMARY KEY,
  cluster INTEGER NOT NULL REFERENCES clusters (position),
  first INTEGER NOT NULL REFERENCES samples (position),
  second INTEGER NOT NULL REFERENCES samples (position),
  first_score REAL,
  second_score REAL
) STRICT;
CREATE VIEW v_audit AS
SELECT measure, max(CASE subset WHEN 'selection' THEN value END) AS selection,
  max(CASE subset WHEN 'random' THEN value END) AS random,
  max(CASE subset WHEN 'longest' THEN value END) AS longest,
  max(CASE subset WHEN 'pool' THEN value END) AS pool
FROM audits GROUP BY measure ORDER BY min(place);
CREATE VIEW v_withheld AS
SELECT s.id AS sample_id, w.rule, t.id AS twin_id, w.likeness
FROM withheld w JOIN samples s ON s.position = w.sample
LEFT JOIN samples t ON t.position = w.twin;
DROP VIEW v_selection;
CREATE VIEW v_selection AS
SELECT e.position, v.id AS sample_id, v.query, v.response, v.tags, v.cluster,
  e.strength, e.rank, o.id AS rival_id, e.rule, e.reason, v.source, v.row,
  CASE WHEN e.strength IS NOT NULL THEN r.strength - 1.96 * r.standard_error END AS low,
  CASE WHEN e.strength IS NOT NULL THEN r.strength + 1.96 * r.standard_error END AS high,
  e.chance, e.figure
FROM selections e
JOIN samples s ON s.position = e.sample
JOIN v_samples v ON v.id = s.id
LEFT JOIN samples o ON o.position = e.rival
LEFT JOIN scores r ON r.sample = e.sample AND r.n_comparisons > 0
ORDER BY e.position;
"""

INDEXES = """
CREATE INDEX sample_raw_tags_raw_tag ON sample_raw_tags (raw_tag);
CREATE INDEX tag_edges_right_tag ON tag_edges (right_tag);
CREATE INDEX tag_communities_community ON tag_communities (community);
CREATE INDEX pairings_first ON pairings (first);
CREATE INDEX pairings_second ON pairings (second);
CREATE INDEX selections_cluster ON selections (cluster, strength);
CREATE INDEX comparisons_judge ON comparisons (judge, outcome, input_tokens, output_tokens);
CREATE INDEX comparisons_replied ON comparisons (judge) WHERE reply_digest != ''
"""
