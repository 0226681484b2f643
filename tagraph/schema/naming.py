"""The ids that the records of a source give themselves."""

RECORD_IDS = """
ALTER TABLE samples ADD COLUMN record_id TEXT NOT NULL DEFAULT '';
CREATE INDEX samples_record_id ON samples (record_id) WHERE record_id != '';
DROP VIEW v_samples;
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
  c.name AS cluster, s.row, so.name AS source, s.record_id
FROM samples s
JOIN sources so ON so.position = s.source
LEFT JOIN sample_clusters sc ON sc.sample = s.position AND sc.is_primary
LEFT JOIN clusters c ON c.position = sc.cluster;
"""
