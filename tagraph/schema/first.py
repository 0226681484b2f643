"""The tables, full-text indexes and views that every step's result began with."""

TABLES = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  step TEXT NOT NULL UNIQUE,
  fingerprint TEXT NOT NULL,
  options TEXT NOT NULL,
  summary TEXT NOT NULL,
  version TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  seconds REAL NOT NULL
) STRICT;
CREATE TABLE sources (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  container TEXT NOT NULL,
  compression TEXT NOT NULL,
  header BLOB NOT NULL,
  n_records INTEGER NOT NULL,
  wrapper TEXT NOT NULL
) STRICT;
CREATE TABLE samples (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (position),
  row INTEGER NOT NULL,
  tags TEXT NOT NULL,
  original BLOB NOT NULL
) STRICT;
CREATE TABLE turns (
  sample INTEGER NOT NULL REFERENCES samples (position),
  place INTEGER NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (sample, place)
) STRICT;
CREATE INDEX samples_digest ON samples (digest);
CREATE TABLE set_aside (
  position INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  line INTEGER NOT NULL,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  excerpt TEXT NOT NULL,
  is_kept INTEGER NOT NULL CHECK (is_kept IN (0, 1))
) STRICT;
CREATE TABLE raw_tags (
  position INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE,
  count INTEGER NOT NULL
) STRICT;
CREATE TABLE sample_raw_tags (
  sample INTEGER NOT NULL REFERENCES samples (position),
  place INTEGER NOT NULL,
  raw_tag INTEGER NOT NULL REFERENCES raw_tags (position),
  PRIMARY KEY (sample, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE tags (
  position INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE,
  count INTEGER NOT NULL
) STRICT;
CREATE TABLE rare_tags (
  tag TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT;
CREATE TABLE merges (
  raw TEXT PRIMARY KEY,
  canonical TEXT NOT NULL,
  reason TEXT NOT NULL,
  similarity REAL NOT NULL
) STRICT;
CREATE INDEX merges_canonical ON merges (canonical);
CREATE TABLE sample_tags (
  sample INTEGER NOT NULL REFERENCES samples (position),
  place INTEGER NOT NULL,
  tag INTEGER NOT NULL REFERENCES tags (position),
  PRIMARY KEY (sample, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_tags_tag ON sample_tags (tag);
CREATE TABLE narrower_tags (
  narrower TEXT NOT NULL,
  broader TEXT NOT NULL,
  PRIMARY KEY (narrower, broader)
) STRICT, WITHOUT ROWID;
CREATE TABLE borderline_pairs (
  position INTEGER PRIMARY KEY,
  left_tag TEXT NOT NULL,
  right_tag TEXT NOT NULL,
  similarity REAL NOT NULL,
  source TEXT NOT NULL
) STRICT;
CREATE TABLE tag_edges (
  left_tag INTEGER NOT NULL REFERENCES tags (position),
  right_tag INTEGER NOT NULL REFERENCES tags (position),
  weight REAL NOT NULL,
  cooccurrence REAL NOT NULL,
  similarity REAL NOT NULL,
  PRIMARY KEY (left_tag, right_tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE communities (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  stability REAL NOT NULL
) STRICT;
CREATE TABLE tag_communities (
  tag INTEGER PRIMARY KEY REFERENCES tags (position),
  community INTEGER NOT NULL REFERENCES communities (position)
) STRICT;
CREATE TABLE clusters (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  stability REAL NOT NULL
) STRICT;
CREATE TABLE sample_clusters (
  sample INTEGER NOT NULL REFERENCES samples (position),
  cluster INTEGER NOT NULL REFERENCES clusters (position),
  is_primary INTEGER NOT NULL CHECK (is_primary IN (0, 1)),
  PRIMARY KEY (sample, cluster)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_clusters_cluster ON sample_clusters (cluster, is_primary);
CREATE TABLE cluster_moves (
  position INTEGER PRIMARY KEY,
  sample INTEGER NOT NULL REFERENCES samples (position),
  before INTEGER NOT NULL,
  after INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE TABLE judges (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE comparisons (
  key TEXT PRIMARY KEY,
  judge INTEGER NOT NULL REFERENCES judges (id),
  first_digest TEXT NOT NULL,
  second_digest TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN
    ('first','second','tie','cannot_judge','refused','truncated','unparsed','failed')),
  grade INTEGER NOT NULL,
  reply_digest TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  usage TEXT NOT NULL
) STRICT;
CREATE TABLE pairings (
  position INTEGER PRIMARY KEY,
  round INTEGER NOT NULL,
  first INTEGER NOT NULL REFERENCES samples (position),
  second INTEGER NOT NULL REFERENCES samples (position),
  comparison TEXT NOT NULL REFERENCES comparisons (key)
) STRICT;
CREATE TABLE scores (
  sample INTEGER PRIMARY KEY REFERENCES samples (position),
  strength REAL NOT NULL,
  standard_error REAL NOT NULL,
  component INTEGER NOT NULL,
  n_comparisons INTEGER NOT NULL
) STRICT;
CREATE TABLE selections (
  position INTEGER PRIMARY KEY,
  sample INTEGER NOT NULL UNIQUE REFERENCES samples (position),
  cluster INTEGER,
  strength REAL,
  rank INTEGER NOT NULL,
  rival INTEGER REFERENCES samples (position),
  rule TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE TABLE vectors (
  model TEXT NOT NULL,
  text TEXT NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (model, text)
) STRICT, WITHOUT ROWID;
"""

SEARCH = """
CREATE VIRTUAL TABLE turns_fts USING fts5 (content, content = 'turns');
CREATE VIRTUAL TABLE tags_fts USING fts5 (tag, content = 'tags', content_rowid = 'position');
"""

VIEWS = """
CREATE VIEW v_samples AS
SELECT s.id,
  (SELECT group_concat(content, char(10, 10)) FROM
   (SELECT content FROM turns WHERE sample = s.position AND role = 'human'
    ORDER BY place)) AS query,
  (SELECT group_concat(content, char(10, 10)) FROM
   (SELECT content FROM turns WHERE sample = s.position AND role = 'assistant'
    ORDER BY place)) AS response,
  (SELECT group_concat(tag, ', ') FROM
   (SELECT t.tag FROM sample_tags st JOIN tags t ON t.position = st.tag
    WHERE st.sample = s.position ORDER BY st.place)) AS tags,
  c.name AS cluster, s.row, so.name AS source
FROM samples s
JOIN sources so ON so.position = s.source
LEFT JOIN sample_clusters sc ON sc.sample = s.position AND sc.is_primary
LEFT JOIN clusters c ON c.position = sc.cluster;

CREATE VIEW v_tags AS
SELECT t.tag, t.count, c.name AS community,
  (SELECT count(*) FROM merges m WHERE m.canonical = t.tag) AS n_merged,
  (SELECT group_concat(m.raw, ', ') FROM merges m WHERE m.canonical = t.tag) AS merged
FROM tags t
LEFT JOIN tag_communities tc ON tc.tag = t.position
LEFT JOIN communities c ON c.position = tc.community;

CREATE VIEW v_merges AS
SELECT m.raw, m.canonical, m.reason, m.similarity,
  coalesce(r.count, 0) AS raw_count, coalesce(t.count, 0) AS canonical_count
FROM merges m
LEFT JOIN raw_tags r ON r.tag = m.raw
LEFT JOIN tags t ON t.tag = m.canonical;

CREATE VIEW v_communities AS
SELECT c.position AS community, c.name, count(tc.tag) AS n_tags, c.stability
FROM communities c LEFT JOIN tag_communities tc ON tc.community = c.position
GROUP BY c.position;

CREATE VIEW v_clusters AS
SELECT c.position AS cluster, c.name, c.stability, count(sc.sample) AS n_samples,
  (SELECT count(*) FROM selections e WHERE e.cluster = c.position) AS n_selected
FROM clusters c
LEFT JOIN sample_clusters sc ON sc.cluster = c.position AND sc.is_primary
GROUP BY c.position;

CREATE VIEW v_comparisons AS
SELECT p.position, p.round, a.id AS first_id, b.id AS second_id, k.outcome, k.grade,
  c.name AS cluster, j.key AS judge
FROM pairings p
JOIN comparisons k ON k.key = p.comparison
JOIN judges j ON j.id = k.judge
JOIN samples a ON a.position = p.first
JOIN samples b ON b.position = p.second
LEFT JOIN sample_clusters sc ON sc.sample = p.first AND sc.is_primary
LEFT JOIN clusters c ON c.position = sc.cluster;

CREATE VIEW v_ranking AS
SELECT s.id AS sample_id, c.position AS cluster, c.name AS cluster_name,
  row_number() OVER (PARTITION BY c.position
    ORDER BY r.n_comparisons = 0, round(r.strength, 9) DESC, s.id) AS rank,
  r.strength, r.standard_error, r.n_comparisons, e.position IS NOT NULL AS is_selected
FROM scores r
JOIN samples s ON s.position = r.sample
LEFT JOIN sample_clusters sc ON sc.sample = r.sample AND sc.is_primary
LEFT JOIN clusters c ON c.position = sc.cluster
LEFT JOIN selections e ON e.sample = r.sample;

CREATE VIEW v_selection AS
SELECT e.position, v.id AS sample_id, v.query, v.response, v.tags, v.cluster,
  e.strength, e.rank, o.id AS rival_id, e.rule, e.reason, v.source, v.row
FROM selections e
JOIN samples s ON s.position = e.sample
JOIN v_samples v ON v.id = s.id
LEFT JOIN samples o ON o.position = e.rival
ORDER BY e.position;

CREATE VIEW v_costs AS
SELECT 'compare' AS step, j.key AS judge, count(*) AS answers,
  sum(k.outcome IN ('first', 'second', 'tie')) AS verdicts,
  sum(k.input_tokens) AS input_tokens, sum(k.output_tokens) AS output_tokens
FROM comparisons k JOIN judges j ON j.id = k.judge
GROUP BY j.key;
"""
