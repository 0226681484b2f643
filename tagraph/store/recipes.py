"""Twenty questions to a store in SQL: a page of the docs, and the canned queries of Datasette."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """One question.

    Attributes:
        name: One word or a few, joined by underscores.
        title: The question, in words.
        sql: Its answer; a name after a colon is a parameter.
    """

    name: str
    title: str
    sql: str


RECIPES = (
    Recipe(
        "selected",
        "What was selected, in which order, and why?",
        """
SELECT position + 1 AS place, sample_id, query, cluster, rank, round(strength, 2) AS strength,
  reason
FROM v_selection ORDER BY position LIMIT 100
""",
    ),
    Recipe(
        "why_in",
        "Why is this sample in?",
        """
SELECT e.position + 1 AS place, e.rule, e.reason, v.query, v.response, o.id AS rival_id,
  (SELECT query FROM v_samples WHERE id = o.id) AS rival_query,
  (SELECT response FROM v_samples WHERE id = o.id) AS rival_response
FROM samples s
JOIN selections e ON e.sample = s.position
JOIN v_samples v ON v.id = s.id
LEFT JOIN samples o ON o.position = e.rival
WHERE s.id = :id
""",
    ),
    Recipe(
        "why_out",
        "Why is this sample not in? It, and those of its cluster that stand above it.",
        """
SELECT a.id AS sample_id, round(r.strength, 2) AS strength,
  round(r.standard_error, 2) AS standard_error, r.n_comparisons,
  e.position IS NOT NULL AS is_selected
FROM samples s
JOIN sample_clusters mine ON mine.sample = s.position AND mine.is_primary
JOIN scores own ON own.sample = s.position
JOIN sample_clusters other ON other.cluster = mine.cluster AND other.is_primary
JOIN scores r ON r.sample = other.sample AND r.strength >= own.strength
JOIN samples a ON a.position = r.sample
LEFT JOIN selections e ON e.sample = r.sample
WHERE s.id = :id ORDER BY r.strength DESC, a.id
""",
    ),
    Recipe(
        "closest_calls",
        "Which selected samples are least ahead of their nearest rival?",
        """
SELECT s.id AS sample_id, o.id AS rival_id, round(a.strength - b.strength, 2) AS lead,
  round(sqrt(a.standard_error * a.standard_error + b.standard_error * b.standard_error), 2)
    AS lead_error
FROM selections e
JOIN samples s ON s.position = e.sample JOIN scores a ON a.sample = e.sample
JOIN samples o ON o.position = e.rival JOIN scores b ON b.sample = e.rival
ORDER BY lead, s.id LIMIT 20
""",
    ),
    Recipe(
        "search_texts",
        "Which samples speak of these words?",
        """
SELECT s.id AS sample_id, t.role, snippet(turns_fts, 0, '[', ']', ' … ', 16) AS excerpt
FROM turns_fts f JOIN turns t ON t.rowid = f.rowid JOIN samples s ON s.position = t.sample
WHERE turns_fts MATCH :words ORDER BY f.rank, s.id LIMIT 20
""",
    ),
    Recipe(
        "search_tags",
        "Which tags hold these words?",
        """
SELECT t.tag, t.count, c.name AS community
FROM tags_fts f JOIN tags t ON t.position = f.rowid
LEFT JOIN tag_communities tc ON tc.tag = t.position
LEFT JOIN communities c ON c.position = tc.community
WHERE tags_fts MATCH :words ORDER BY t.count DESC, t.tag LIMIT 50
""",
    ),
    Recipe(
        "samples_of_tag",
        "Which samples carry this tag, the strongest first?",
        """
SELECT s.id AS sample_id, round(r.strength, 2) AS strength, e.position IS NOT NULL AS is_selected,
  (SELECT content FROM turns u WHERE u.sample = s.position AND u.role = 'human'
   ORDER BY u.place LIMIT 1) AS query
FROM tags t JOIN sample_tags st ON st.tag = t.position JOIN samples s ON s.position = st.sample
LEFT JOIN scores r ON r.sample = s.position
LEFT JOIN selections e ON e.sample = s.position
WHERE t.tag = :tag ORDER BY r.strength DESC, s.id LIMIT 50
""",
    ),
    Recipe(
        "neighbours_of_tag",
        "Which tags stand nearest to this one, and by what?",
        """
SELECT n.tag, n.count, round(e.weight, 3) AS weight, round(e.cooccurrence, 3) AS cooccurrence,
  round(e.similarity, 3) AS similarity
FROM tags t
JOIN tag_edges e ON e.left_tag = t.position OR e.right_tag = t.position
JOIN tags n ON n.position = e.left_tag + e.right_tag - t.position
WHERE t.tag = :tag ORDER BY e.weight DESC, n.tag LIMIT 30
""",
    ),
    Recipe(
        "merges_by_reason",
        "What merged raw tags, and how often?",
        """
SELECT reason, count(*) AS merges, round(min(similarity), 3) AS least_similar
FROM v_merges GROUP BY reason ORDER BY merges DESC, reason
""",
    ),
    Recipe(
        "merges_to_review",
        "Which merges are most worth a look: much used, and least alike?",
        """
SELECT raw, canonical, reason, round(similarity, 3) AS similarity, raw_count, canonical_count
FROM v_merges ORDER BY raw_count * (1.05 - similarity) DESC, raw LIMIT 50
""",
    ),
    Recipe(
        "topics",
        "What is the pool about? Communities with their most used tags.",
        """
SELECT c.name, c.n_tags, round(c.stability, 2) AS stability,
  (SELECT group_concat(tag, ', ') FROM (SELECT t.tag FROM tag_communities tc
   JOIN tags t ON t.position = tc.tag WHERE tc.community = c.community
   ORDER BY t.count DESC, t.tag LIMIT 8)) AS most_used
FROM v_communities c ORDER BY c.n_tags DESC, c.community
""",
    ),
    Recipe(
        "sizes",
        "How large is each cluster, how many were selected, how strong is the weakest of these?",
        """
SELECT v.cluster, v.name, v.n_samples, v.n_selected, round(v.stability, 2) AS stability,
  (SELECT round(min(e.strength), 2) FROM selections e WHERE e.cluster = v.cluster)
    AS weakest_selected
FROM v_clusters v ORDER BY v.n_samples DESC, v.cluster
""",
    ),
    Recipe(
        "coverage",
        "What does the selection have more or less of than the pool?",
        """
WITH held AS (
  SELECT DISTINCT tc.community, st.sample
  FROM sample_tags st JOIN tag_communities tc ON tc.tag = st.tag)
SELECT c.name AS community, count(*) AS samples, count(e.sample) AS selected,
  round(1.0 * count(*) / (SELECT count(*) FROM samples), 4) AS share_of_pool,
  round(1.0 * count(e.sample) / (SELECT count(*) FROM selections), 4) AS share_of_selection
FROM held h
JOIN communities c ON c.position = h.community
LEFT JOIN selections e ON e.sample = h.sample
GROUP BY c.position ORDER BY share_of_selection - share_of_pool DESC, c.position
""",
    ),
    Recipe(
        "ranking",
        "Who stands where in this cluster?",
        """
SELECT rank, sample_id, round(strength, 2) AS strength, round(standard_error, 2) AS standard_error,
  n_comparisons, is_selected
FROM v_ranking WHERE cluster = :cluster ORDER BY rank LIMIT 100
""",
    ),
    Recipe(
        "comparisons_of",
        "Whom did this sample meet, and who won?",
        """
SELECT p.round, o.id AS other_id, iif(p.first = s.position, 'first', 'second') AS shown,
  CASE k.outcome WHEN iif(p.first = s.position, 'first', 'second') THEN 'won'
    WHEN 'tie' THEN 'tied' WHEN 'first' THEN 'lost' WHEN 'second' THEN 'lost'
    ELSE k.outcome END AS result, k.grade
FROM samples s
JOIN pairings p ON p.first = s.position OR p.second = s.position
JOIN samples o ON o.position = p.first + p.second - s.position
JOIN comparisons k ON k.key = p.comparison
WHERE s.id = :id ORDER BY p.round, o.id
""",
    ),
    Recipe(
        "verdicts",
        "What did each judge say, and does it favour what is shown first?",
        """
SELECT j.key AS judge, count(*) AS answers, sum(k.outcome = 'tie') AS ties,
  sum(k.outcome NOT IN ('first', 'second', 'tie')) AS without_verdict,
  round(1.0 * sum(k.outcome = 'first') / nullif(sum(k.outcome IN ('first', 'second')), 0), 3)
    AS first_wins
FROM comparisons k JOIN judges j ON j.id = k.judge GROUP BY j.id ORDER BY answers DESC, j.key
""",
    ),
    Recipe(
        "unsure",
        "Which samples left out might belong in: one standard error would take them over the cut?",
        """
SELECT s.id AS sample_id, c.name AS cluster, round(r.strength, 2) AS strength,
  round(r.standard_error, 2) AS standard_error, round(cut.strength, 2) AS cut
FROM (SELECT cluster, min(strength) AS strength FROM selections
      WHERE cluster IS NOT NULL GROUP BY cluster) cut
JOIN clusters c ON c.position = cut.cluster
JOIN sample_clusters sc ON sc.cluster = cut.cluster AND sc.is_primary
JOIN scores r ON r.sample = sc.sample AND r.strength + r.standard_error > cut.strength
JOIN samples s ON s.position = r.sample
WHERE NOT EXISTS (SELECT 1 FROM selections e WHERE e.sample = r.sample)
ORDER BY cut.strength - r.strength, s.id LIMIT 50
""",
    ),
    Recipe(
        "left_out_at_reading",
        "What was set aside when the source was read, and why?",
        """
SELECT field, reason, CASE is_kept WHEN 1 THEN 'field only' ELSE 'whole record' END AS what,
  count(*) AS times, min(source || ', line ' || line) AS first_seen
FROM set_aside GROUP BY field, reason, is_kept ORDER BY times DESC, field, reason
""",
    ),
    Recipe(
        "spending",
        "What was asked and paid?",
        """
SELECT step, model, day, answers, input_tokens, output_tokens, cost_usd
FROM v_costs ORDER BY cost_usd DESC, answers DESC, step, model, day
""",
    ),
    Recipe(
        "history",
        "When did each step run, for how long, and with what options?",
        """
SELECT step, finished_at, round(seconds, 1) AS seconds, version, options
FROM runs ORDER BY id
""",
    ),
)
