"""Questions for people, in the forms of Label Studio and Argilla, and their answers read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tagraph.errors import InputError
from tagraph.text import digest, escape_html

PAIRS, MERGES = KINDS = ("pairs", "merges")
LABEL_STUDIO, ARGILLA = TOOLS = ("label-studio", "argilla")
QUESTION = "verdict"
ASKED = {PAIRS: "Which sample is better to learn from?", MERGES: "Do the two tags mean the same?"}
CHOICES = {PAIRS: ("first", "second", "tie", "cannot_judge"), MERGES: ("same", "apart")}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One question for people.

    Attributes:
        kind: Which of `KINDS`.
        left: Id of the sample shown first, or the raw tag.
        right: Id of the sample shown second, or the other tag.
        texts: What is shown: name of a field -> text.
    """

    kind: str
    left: str
    right: str
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        """Name of the task, the same for the same question."""
        return digest("review 1", self.kind, self.left, self.right)[:20]


class Answer(NamedTuple):
    """What people said to one question; `said` is empty where nobody answered."""

    kind: str
    left: str
    right: str
    said: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What most of them said; empty if nobody answered, or no answer is ahead."""
        ranked = Counter(self.said).most_common(2)
        is_open = not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1])
        return "" if is_open else ranked[0][0]


def make_rows(tasks: Sequence[Task], tool: str) -> list[dict[str, Any]]:
    """Return tasks as JSON-ready rows: Label Studio's tasks, or Argilla's records."""
    rows: list[dict[str, Any]] = []
    for task in tasks:
        facts = {"kind": task.kind, "left": task.left, "right": task.right}
        if tool == LABEL_STUDIO:
            rows.append({"data": {"key": task.key, **facts, **task.texts}})
        else:
            rows.append({"id": task.key, "fields": dict(task.texts), "metadata": facts})
    return rows


def describe_interface(kind: str, fields: Sequence[str]) -> str:
    """Return the labelling configuration of Label Studio for one kind of task."""
    shown = "\n".join(
        f'  <Header value="{name}" size="5"/>\n  <Text name="{name}" value="${name}"/>'
        for name in map(escape_html, fields)
    )
    choices = "\n".join(f'    <Choice value="{escape_html(choice)}"/>' for choice in CHOICES[kind])
    return (
        f'<View>\n  <Header value="{escape_html(ASKED[kind])}"/>\n{shown}\n'
        f'  <Choices name="{escape_html(QUESTION)}" toName="{escape_html(fields[0])}"'
        ' choice="single" required="true">\n'
        f"{choices}\n  </Choices>\n</View>\n"
    )


def describe_settings(kind: str, fields: Sequence[str]) -> str:
    """Return the lines of Python that make Argilla's data set for one kind of task."""
    shown = ", ".join(f'rg.TextField(name="{name}")' for name in fields)
    facts = ", ".join(f'rg.TermsMetadataProperty(name="{n}")' for n in ("kind", "left", "right"))
    return (
        f"rg.Settings(fields=[{shown}], metadata=[{facts}], questions=[rg.LabelQuestion("
        f'name="{QUESTION}", title="{ASKED[kind]}", labels={list(CHOICES[kind])})])'
    )


def read_answers(rows: Sequence[object]) -> list[Answer]:
    """Read what people said: Label Studio's JSON or JSON-MIN, or Argilla's records.

    Annotations that were skipped, and drafts, do not count.

    Raises:
        InputError: A row is none of these, or holds an answer that was not offered.
    """
    answers = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise InputError(f"row {number} is no task: {type(row).__name__}")
        facts = row.get("data", row.get("metadata", row))
        named = [facts.get(n) for n in ("kind", "left", "right")] if _is_row(facts) else []
        if len(named) != 3 or named[0] not in KINDS or not all(isinstance(n, str) for n in named):
            raise InputError(f"row {number} is no task that `tagraph review` wrote")
        kind, left, right = map(str, named)
        said = tuple(_list_said(row))
        wrong = [one for one in said if one not in CHOICES[kind]]
        if wrong:
            choices = ", ".join(CHOICES[kind])
            raise InputError(f"row {number} says {wrong[0]!r}; the answers are {choices}")
        answers.append(Answer(kind, left, right, said))
    return answers


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping)


def _list_said(row: Row) -> Iterator[str]:
    """Yield the answers of one row, one per person."""
    for annotation in _rows_of(row.get("annotations")):
        if not annotation.get("was_cancelled"):
            for result in _rows_of(annotation.get("result")):
                value = result.get("value")
                if result.get("from_name") == QUESTION and isinstance(value, Mapping):
                    yield from map(str, list(value.get("choices") or ())[:1])
    responses = row.get("responses")
    told = responses.get(QUESTION) if isinstance(responses, Mapping) else None
    for response in _rows_of(told):
        if response.get("status", "submitted") == "submitted":
            yield str(response.get("value"))
    if isinstance(row.get(QUESTION), str):
        yield str(row[QUESTION])


def _rows_of(value: object) -> list[Row]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
