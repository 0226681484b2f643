"""What is paid for: requests, batches, servers, and the views that count them."""

CALLS = """
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

BATCHES = """
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

WRITE_ONCE = """
CREATE TRIGGER calls_write_once BEFORE UPDATE ON calls WHEN OLD.state != 'open'
BEGIN SELECT RAISE(ABORT, 'a finished call is never changed'); END
"""
