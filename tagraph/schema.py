"""The tables of a store, and the views that are the promise to SQL users; named migrations.

Every step owns its tables: they hold the result of its latest run and are rebuilt with it. Judges,
comparisons and vectors are keyed by content and only ever added to. `position` counts rows in the
order of the keys (sample id, tag), so it is the index used in every array of the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagraph.text import digest, digest_row

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x74616772  # "tagr"

# The steps in the order they run, and the tables each one owns, children before parents.
STEP_TABLES = {
    "ingest": ("set_aside", "turns", "samples", "sources"),
    "tag": ("sample_raw_tags", "raw_tags"),
    "normalize": (
        "borderline_pairs",
        "narrower_tags",
        "sample_tags",
        "merges",
        "rare_tags",
        "tags",
    ),
    "graph": ("tag_edges",),
    "cluster": (
        "cluster_moves",
        "sample_clusters",
        "clusters",
        "community_stability",
        "tag_communities",
        "communities",
        "upper_communities",
    ),
    "compare": ("pair_scores", "kept_samples", "pairings"),
    "rank": ("scores", "judge_measures"),
    "select": ("audits", "withheld", "selections"),
}

# Full-text indexes, each with the table whose text it holds: rebuilt and emptied with it.
SEARCHED = {"turns": "turns_fts", "tags": "tags_fts"}

_TABLES = """
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

_SEARCH = """
CREATE VIRTUAL TABLE turns_fts USING fts5 (content, content = 'turns');
CREATE VIRTUAL TABLE tags_fts USING fts5 (tag, content = 'tags', content_rowid = 'position');
"""

_VIEWS = """
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

_CALLS = """
CREATE TABLE calls (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  step TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open','done','failed','orphaned')),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  worst_nanousd INTEGER,
  cost_nanousd INTEGER,
  charge TEXT NOT NULL DEFAULT 'unknown' CHECK (charge IN ('known','none','unknown')),
  http_status INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  stop_reason TEXT NOT NULL DEFAULT '',
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0,
  reply BLOB NOT NULL DEFAULT x'',
  reply_size INTEGER NOT NULL DEFAULT 0,
  row_digest TEXT NOT NULL DEFAULT '',
  UNIQUE (key, attempt)
) STRICT;
CREATE TABLE tag_answers (
  tagger TEXT NOT NULL,
  digest TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('tagged','refused','truncated','unparsed')),
  PRIMARY KEY (tagger, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE tag_reasons (
  tagger TEXT NOT NULL,
  digest TEXT NOT NULL,
  place INTEGER NOT NULL,
  tag TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tagger, digest, place)
) STRICT, WITHOUT ROWID;
CREATE VIEW v_tag_reasons AS
SELECT s.id AS sample_id, a.outcome, r.tag AS raw_tag, r.reason, a.tagger
FROM samples s JOIN tag_answers a ON a.digest = s.digest
LEFT JOIN tag_reasons r ON r.tagger = a.tagger AND r.digest = a.digest
ORDER BY s.position, r.place;
CREATE INDEX calls_open ON calls (state) WHERE state = 'open';
DROP VIEW v_costs;
CREATE VIEW v_costs AS
SELECT step, model AS judge, substr(started_at, 1, 10) AS day,
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

_BATCHES = """
CREATE TABLE batches (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  name TEXT,
  state TEXT NOT NULL CHECK (state IN
    ('sending','unclear','open','collected','refused','lost')),
  sent_at TEXT NOT NULL,
  closed_at TEXT,
  error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE batch_requests (
  batch INTEGER NOT NULL REFERENCES batches (id),
  custom_id TEXT NOT NULL,
  key TEXT NOT NULL,
  step TEXT NOT NULL,
  model TEXT NOT NULL,
  worst_nanousd INTEGER,
  call INTEGER,
  PRIMARY KEY (batch, custom_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_requests_open ON batch_requests (key) WHERE call IS NULL;
CREATE TABLE servers (
  address TEXT NOT NULL,
  model TEXT NOT NULL,
  probed_at TEXT,
  counts_tokens INTEGER,
  obeys_schema INTEGER,
  obeys_tool INTEGER,
  has_batches INTEGER,
  limits TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (address, model)
) STRICT, WITHOUT ROWID;
CREATE VIEW v_batches AS
SELECT b.id AS batch, b.name, b.address, b.state, r.step, r.model, count(*) AS requests,
  count(r.call) AS settled, sum(c.state = 'done') AS answers,
  sum(c.cost_nanousd) / 1e9 AS cost_usd,
  sum(CASE WHEN r.call IS NULL AND b.state IN ('sending','unclear','open')
    THEN r.worst_nanousd END) / 1e9 AS reserved_usd,
  b.sent_at, b.closed_at, b.error
FROM batches b JOIN batch_requests r ON r.batch = b.id LEFT JOIN calls c ON c.id = r.call
GROUP BY b.id, r.step, r.model;
"""

_LEVELS = """
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

_WRITE_ONCE = """
CREATE TRIGGER calls_write_once BEFORE UPDATE ON calls WHEN OLD.state != 'open'
BEGIN SELECT RAISE(ABORT, 'a finished call is never changed'); END
"""


_JUDGING = """
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


_SELECTIONS = """
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


_INDEXES = """
CREATE INDEX sample_raw_tags_raw_tag ON sample_raw_tags (raw_tag);
CREATE INDEX tag_edges_right_tag ON tag_edges (right_tag);
CREATE INDEX tag_communities_community ON tag_communities (community);
CREATE INDEX pairings_first ON pairings (first);
CREATE INDEX pairings_second ON pairings (second);
CREATE INDEX selections_cluster ON selections (cluster, strength);
CREATE INDEX comparisons_judge ON comparisons (judge, outcome, input_tokens, output_tokens);
CREATE INDEX comparisons_replied ON comparisons (judge) WHERE reply_digest != ''
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """What the digest of a paid row is made of.

    Attributes:
        name: Table and version, which go into the digest.
        columns: Columns that the digest covers, besides the tags of an answer.
        key: Columns that name a row.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def digest(self, values: Iterable[Any], tags: Iterable[Sequence[str]] = ()) -> str:
        """Return the digest of a row's columns, in their order, and of the tags that hang on it."""
        return digest_row(self.name, [*values, *(part for tag in tags for part in tag)])


SEALED = {
    "calls": Seal(
        "call 2",
        (
            *("key", "attempt", "step", "model", "state", "started_at", "finished_at"),
            *("worst_nanousd", "cost_nanousd", "charge", "http_status", "error", "stop_reason"),
            *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
            *("reply", "reply_size"),
        ),
        ("key", "attempt"),
    ),
    "judges": Seal("judge 1", ("key",), ("key",)),
    "comparisons": Seal(
        "comparison row 1",
        (
            *("key", "judge", "first_digest", "second_digest", "outcome", "grade"),
            *("reply_digest", "input_tokens", "output_tokens", "usage"),
        ),
        ("key",),
    ),
    "tag_answers": Seal("tag answer 1", ("tagger", "digest", "outcome"), ("tagger", "digest")),
}

_SEALS = """
ALTER TABLE judges ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE comparisons ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE tag_answers ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';
DROP TRIGGER calls_write_once;
CREATE TABLE tallies (
  name TEXT PRIMARY KEY,
  n_rows INTEGER NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE damaged_rows (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  found_at TEXT NOT NULL
) STRICT;
"""

SEALED_TRIGGERS = (
    "CREATE TRIGGER calls_write_once BEFORE UPDATE ON calls WHEN OLD.state != 'open'"
    " BEGIN SELECT RAISE(ABORT, 'a finished call is never changed'); END",
    "CREATE TRIGGER calls_stay BEFORE DELETE ON calls"
    " BEGIN SELECT RAISE(ABORT, 'a call is never deleted'); END",
    "CREATE TRIGGER comparisons_write_once BEFORE UPDATE ON comparisons"
    " WHEN OLD.outcome != 'failed'"
    " BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END",
    "CREATE TRIGGER comparisons_stay BEFORE DELETE ON comparisons"
    " BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END",
    "CREATE TRIGGER tag_answers_write_once BEFORE UPDATE ON tag_answers"
    " BEGIN SELECT RAISE(ABORT, 'an answer is never changed'); END",
    "CREATE TRIGGER tag_answers_stay BEFORE DELETE ON tag_answers"
    " BEGIN SELECT RAISE(ABORT, 'an answer is never deleted'); END",
    "CREATE TRIGGER scores_finite BEFORE INSERT ON scores"
    " WHEN abs(NEW.strength) > 1e300 OR abs(NEW.standard_error) > 1e300"
    " BEGIN SELECT RAISE(ABORT, 'a strength is finite'); END",
)


def migrations() -> Migrations:
    """Return the named migrations of a store, in the order they apply."""
    from sqlite_utils import Migrations

    steps = Migrations("tagraph")
    for name, migrate in MIGRATIONS.items():
        steps(name=name)(migrate)
    return steps


def _execute_all(db: Database, script: str) -> None:
    """Run each statement by itself: executescript would commit the migration's transaction."""
    for statement in filter(str.strip, script.split(";")):
        db.execute(statement)


def add_digests(total: str, come: Iterable[str], gone: Iterable[str] = ()) -> str:
    """Return a sum of digests with some more and some less: the same in any order."""
    change = sum(int(one, 16) for one in come) - sum(int(one, 16) for one in gone)
    return f"{(int(total, 16) + change) % 2**256:064x}"


def seal_stored_rows(db: Database) -> None:
    """Give every paid row of an older store its digest, and every table its count."""
    for table, seal in SEALED.items():
        columns = ", ".join((*seal.columns, "row_digest"))
        found = " AND ".join(f"{column} = ?" for column in seal.key)
        digests = []
        for *values, old in db.execute(f"SELECT {columns} FROM {table}").fetchall():  # noqa: S608
            row = dict(zip(seal.columns, values, strict=True))
            digests.append(_seal_row(db, table, row, old))
            place = [digests[-1], *(row[column] for column in seal.key)]
            db.execute(f"UPDATE {table} SET row_digest = ? WHERE {found}", place)  # noqa: S608
        total = add_digests("0", digests)
        db.execute("INSERT INTO tallies VALUES (?, ?, ?)", [table, len(digests), total])


def _seal_row(db: Database, table: str, row: dict[str, Any], old: str) -> str:
    """Return the digest of a stored row; of a call that is damaged already, none that fits."""
    if table == "calls" and row["state"] in ("done", "failed"):
        written = digest("ending 1", row["state"], str(row["cost_nanousd"]), row["reply"])
        if old != written:
            return digest("damaged before it was sealed")
    sql = "SELECT tag, reason FROM tag_reasons WHERE tagger = ? AND digest = ? ORDER BY place"
    tags = db.execute(sql, [row["tagger"], row["digest"]]) if table == "tag_answers" else ()
    return SEALED[table].digest(row.values(), tags)


def _run(script: str) -> Callable[[Database], None]:
    return lambda db: _execute_all(db, script)


def _add_calls(db: Database) -> None:
    _execute_all(db, _CALLS)
    db.execute(_WRITE_ONCE)


def _add_seals(db: Database) -> None:
    _execute_all(db, _SEALS)
    seal_stored_rows(db)
    for trigger in SEALED_TRIGGERS:
        db.execute(trigger)


MIGRATIONS: dict[str, Callable[[Database], None]] = {
    "m001_tables": _run(_TABLES),
    "m002_views": _run(_VIEWS),
    "m003_search": _run(_SEARCH),
    "m004_calls": _add_calls,
    "m005_batches": _run(_BATCHES),
    "m006_community_levels": _run(_LEVELS),
    "m008_judging": _run(_JUDGING),
    "m009_seals": _add_seals,
    "m010_selections": _run(_SELECTIONS),
    "m011_indexes": _run(_INDEXES),
}
SCHEMA_VERSION = len(MIGRATIONS)  # PRAGMA user_version of an up-to-date store
