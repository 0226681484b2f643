"""Verdicts, likelihoods and vectors: keyed by content, added as they come, never cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from tagraph.data import FloatArray, Outcome, Verdict
from tagraph.errors import DamagedStoreError
from tagraph.schema import SEALED
from tagraph.stages.likelihood import Likelihood
from tagraph.steps.tag_answers import FAILED, TagAnswer
from tagraph.store.connection import Connection
from tagraph.text import digest

_REPLACE_FAILED = """
ON CONFLICT (key) DO UPDATE SET outcome = excluded.outcome, grade = excluded.grade,
  reply_digest = excluded.reply_digest, usage = excluded.usage,
  input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
  row_digest = excluded.row_digest
"""
_VERDICT, _ANSWER, _JUDGE = (SEALED[name] for name in ("comparisons", "tag_answers", "judges"))
_COLUMNS = ", ".join(_VERDICT.columns)


class EvidenceTables:
    """Tables `judges comparisons comparison_calls likelihoods tag_answers tag_reasons vectors`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_verdicts(self, judge: str, rows: Iterable[tuple[str, str, str, Verdict]]) -> None:
        """Add verdicts in one transaction: key, digests of the samples shown, verdict.

        A key that is there already keeps its first verdict, unless that was a failure.
        """
        new = {row[0]: row for row in reversed(list(rows))}
        with self._connection.transaction():
            judge_id = self._number_judge(judge)
            before = self._stored(list(new))
            made, gone = [], []
            for key, first, second, verdict in (new[key] for key in sorted(new)):
                old = before.get(key)
                if old and old["outcome"] != Outcome.FAILED:
                    continue
                made.append((key, judge_id, first, second, *_verdict_columns(verdict, old or {})))
                gone += [old["row_digest"]] if old else []
            digests = [_VERDICT.digest(row) for row in made]
            sealed = [(*row, one) for row, one in zip(made, digests, strict=True)]
            columns = " ".join((*_VERDICT.columns, "row_digest"))
            self._connection.insert("comparisons", columns, sealed, _REPLACE_FAILED)
            self._connection.tally("comparisons", digests, gone)
            asked = [(key, call) for key, *_, verdict in new.values() for call in verdict.calls]
            self._connection.insert(
                "comparison_calls", "comparison call", asked, "ON CONFLICT DO NOTHING"
            )

    def _number_judge(self, judge: str) -> int:
        """Return the number of a judge, who is added if new."""
        sql = "SELECT id FROM judges WHERE key = ?"
        if not self._connection.rows(sql, [judge]):
            sealed = _JUDGE.digest([judge])
            self._connection.insert("judges", "key row_digest", [(judge, sealed)])
            self._connection.tally("judges", [sealed])
        return int(self._connection.rows(sql, [judge])[0][0])

    def _stored(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the stored rows among `keys`, all columns.

        Raises:
            DamagedStoreError: One of them is not what was written.
        """
        found = self._connection.rows(
            f"SELECT {_COLUMNS}, row_digest FROM comparisons"  # noqa: S608
            " WHERE key IN (SELECT value FROM json_each(?))",
            [orjson.dumps(list(keys)).decode()],
        )
        for key, *values, kept in found:
            if _VERDICT.digest([key, *values]) != kept:
                raise DamagedStoreError(self._connection.path, "verdict", key)
        names = (*_VERDICT.columns, "row_digest")
        return {row[0]: dict(zip(names, row, strict=True)) for row in found}

    def count_verdicts(self, judge: str) -> int:
        """Return how many answers of a judge are stored, failures left out."""
        ((count,),) = self._connection.rows(
            "SELECT count(*) FROM comparisons c JOIN judges j ON j.id = c.judge"
            " WHERE j.key = ? AND c.outcome != 'failed'",
            [judge],
        )
        return int(count)

    def load_verdicts(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """Return the stored verdicts among `keys`.

        Raises:
            DamagedStoreError: One of them is not what was written.
        """
        return {
            key: Verdict(
                Outcome(row["outcome"]),
                row["grade"],
                row["reply_digest"],
                orjson.loads(row["usage"]),
            )
            for key, row in self._stored(keys).items()
        }

    def load_verdicts_on(
        self, pairs: Iterable[tuple[str, str]]
    ) -> list[tuple[str, str, str, Outcome]]:
        """Return what any judge said of pairs of digests, in either order.

        Returns:
            Key of the judge, digests of the samples in the order shown, outcome.
        """
        wanted = orjson.dumps([sorted(pair) for pair in pairs]).decode()
        found = self._connection.rows(
            "WITH wanted AS (SELECT json_extract(value, '$[0]') a, json_extract(value, '$[1]') b"
            " FROM json_each(?)) SELECT j.key, c.first_digest, c.second_digest, c.outcome"
            " FROM comparisons c JOIN judges j ON j.id = c.judge JOIN wanted w"
            " ON w.a = min(c.first_digest, c.second_digest)"
            " AND w.b = max(c.first_digest, c.second_digest) ORDER BY c.key",
            [wanted],
        )
        return [(judge, first, second, Outcome(said)) for judge, first, second, said in found]

    def save_tag_answers(self, tagger: str, answers: Mapping[str, TagAnswer]) -> None:
        """Add the answers of a tagger by digest of the sample, in one transaction; no failures."""
        kept = {key: answer for key, answer in answers.items() if answer.outcome != FAILED}
        rows = [(tagger, key, answer.outcome) for key, answer in kept.items()]
        digests = [
            _ANSWER.digest(row, answer.tags)
            for row, answer in zip(rows, kept.values(), strict=True)
        ]
        sealed = ((*row, one) for row, one in zip(rows, digests, strict=True))
        reasons = (
            (tagger, key, place, *tag)
            for key, answer in kept.items()
            for place, tag in enumerate(answer.tags)
        )
        with self._connection.transaction():
            self._connection.insert("tag_answers", "tagger digest outcome row_digest", sealed)
            self._connection.insert("tag_reasons", "tagger digest place tag reason", reasons)
            self._connection.tally("tag_answers", digests)

    def count_tag_answers(self, tagger: str) -> int:
        """Return of how many samples a tagger's answer is stored."""
        sql = "SELECT count(*) FROM tag_answers WHERE tagger = ?"
        return int(self._connection.rows(sql, [tagger])[0][0])

    def load_tag_answers(self, tagger: str, digests: Sequence[str]) -> dict[str, TagAnswer]:
        """Return the stored answers of a tagger among the samples with these digests.

        Raises:
            DamagedStoreError: One of them is not what was written.
        """
        wanted = [tagger, orjson.dumps(list(digests)).decode()]
        among = "WHERE tagger = ? AND digest IN (SELECT value FROM json_each(?))"
        tags: dict[str, list[tuple[str, str]]] = {}
        for key, tag, reason in self._connection.rows(
            f"SELECT digest, tag, reason FROM tag_reasons {among} ORDER BY digest, place",  # noqa: S608
            wanted,
        ):
            tags.setdefault(key, []).append((tag, reason))
        found = self._connection.rows(
            f"SELECT digest, outcome, row_digest FROM tag_answers {among}",  # noqa: S608
            wanted,
        )
        for key, outcome, kept in found:
            if _ANSWER.digest([tagger, key, outcome], tags.get(key, ())) != kept:
                raise DamagedStoreError(self._connection.path, "answer of the tagger on", key)
        return {key: TagAnswer(outcome, tuple(tags.get(key, ()))) for key, outcome, _ in found}

    def save_likelihoods(self, model: str, found: Mapping[str, Likelihood]) -> None:
        """Keep likelihoods by digest of the sample, in one transaction."""
        rows = (
            (model, key, one.n_tokens, one.given, one.alone, one.n_ends, one.ends)
            for key, one in found.items()
        )
        columns = "model digest n_tokens given_log alone_log n_ends ends_log"
        with self._connection.transaction():
            self._connection.insert("likelihoods", columns, rows, "ON CONFLICT DO NOTHING")

    def load_likelihoods(self, model: str, digests: Sequence[str]) -> dict[str, Likelihood]:
        """Return the stored likelihoods by a model among the samples with these digests."""
        found = self._connection.rows(
            "SELECT digest, n_tokens, given_log, alone_log, n_ends, ends_log FROM likelihoods"
            " WHERE model = ? AND digest IN (SELECT value FROM json_each(?))",
            [model, orjson.dumps(list(digests)).decode()],
        )
        return {row[0]: Likelihood(*row[1:]) for row in found}

    def save_vectors(self, model: str, texts: Sequence[str], vectors: FloatArray) -> None:
        """Add the vectors of texts, stored as little-endian float32."""
        rows = (
            (model, digest(text), vector.astype("<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        )
        with self._connection.transaction():
            self._connection.insert("vectors", "model text vector", rows, "ON CONFLICT DO NOTHING")

    def load_vectors(self, model: str, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Return the stored vectors among `texts`, by text."""
        text_of = {digest(text): text for text in texts}
        found = self._connection.rows(
            "SELECT text, vector FROM vectors"
            " WHERE model = ? AND text IN (SELECT value FROM json_each(?))",
            [model, orjson.dumps(list(text_of)).decode()],
        )
        return {
            text_of[key]: np.frombuffer(vector, dtype="<f4").astype(np.float64)
            for key, vector in found
        }


def _verdict_columns(verdict: Verdict, old: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Return a verdict as columns; the tokens of a failure it replaces were paid for too."""
    tokens = (
        verdict.usage.get(name, 0) + old.get(name, 0) for name in ("input_tokens", "output_tokens")
    )
    usage = orjson.dumps(dict(verdict.usage)).decode()
    return verdict.outcome.value, verdict.grade, verdict.reply_digest, *tokens, usage
