"""What a fuzzer feeds with bytes: the reader, the readers of replies, the normalizer of tags.

Each target takes any bytes and fails by an uncaught exception only: `InputError` is how the reader
says no, everything else is a bug. `benchmarks/fuzz.py` drives them by coverage.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import zstandard

from tagraph.adapters.attempts import conclude, read_response
from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.adapters.messages_transport import Response
from tagraph.adapters.sample_files import read_source
from tagraph.adapters.selection_files import write_selection
from tagraph.data import Outcome
from tagraph.errors import InputError, OptionsError
from tagraph.stages.answers import read_prose
from tagraph.stages.conversations import parse_tags
from tagraph.stages.pair_question import VERDICTS
from tagraph.stages.relation_question import read_relations
from tagraph.steps.calls import Reply
from tagraph.steps.ingest import IngestOptions
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.normalize import NormalizeOptions, normalize_tags
from tagraph.steps.records import Chosen
from tagraph.text import clean_tag, clean_text, digest_row, escape_html, escape_terminal
from tests.fakes import DictLemmatizer, LetterEncoder

NAMES = ("a.jsonl", "a.json", "a.csv", "a.tsv", "a", "a.parquet")
PACKINGS: tuple[Callable[[bytes], bytes], ...] = (
    bytes,
    bytes,
    gzip.compress,
    zstandard.ZstdCompressor().compress,
)
_ANY = IngestOptions(max_bad=1.0)
WORDS = (
    *("messages", "conversations", "instruction", "input", "output", "history", "prompt", "tags"),
    *("completion", "role", "content", "from", "value", "text", "type", "user", "assistant", "gpt"),
    *("system", "tool_calls", "data", "[[1]]", "", "a;b", "\ud800", "\u202e", "\x00", "\ufdfa"),
    *("usage", "stop_reason", "end_turn", "tool_use", "verdict", "tie", "samples", "id", "a"),
    *("tag", "explanation", "pairs", "number", "relation", "same", "input_tokens", "error"),
    *VERDICTS,
)


def grow_json(data: bytes) -> object:
    """Return a value that bytes spell: short programs for JSON that byte flips rarely reach."""
    stack: list[Any] = [[]]
    steps = iter(data)
    for step in steps:
        kind, top = step % 8, stack[-1]
        value: Any = WORDS[next(steps, 0) % len(WORDS)]
        if kind == 0 and len(stack) > 1:
            stack.pop()
            continue
        if kind in (1, 2):
            made: Any = [] if kind == 1 else {}
        else:
            made = (value, None, step / 7, step % 3 == 0, value * (step % 5))[kind - 3]
        if isinstance(top, list):
            top.append(made)
        else:
            top[value] = made
        if kind in (1, 2):
            stack.append(made)
    return stack[0][0] if len(stack[0]) == 1 else stack[0]


def _spell(data: bytes) -> bytes:
    """Return bytes as they are, or the JSON they spell."""
    if not data or data[0] < 128:
        return data[1:]
    grown = grow_json(data[1:])
    rows = grown if isinstance(grown, list) and data[0] % 2 else [grown]
    return "\n".join(map(json.dumps, rows)).encode()


@cache
def _folder() -> Path:
    shelf = Path("/dev/shm")  # noqa: S108 - names in it are drawn by tempfile
    return Path(tempfile.mkdtemp(dir=shelf if shelf.is_dir() else None))


def read_file(data: bytes) -> None:
    """Read bytes as a file of samples, and write what was read again.

    The first byte chooses the name and how the rest is packed.
    """
    kind = data[0] if data else 0
    path = _folder() / NAMES[kind % len(NAMES)]
    path.write_bytes(PACKINGS[kind // len(NAMES) % len(PACKINGS)](_spell(data[1:])))
    try:
        found = read_source(str(path), _ANY)
    except InputError as error:
        escape_terminal(str(error)).encode()
        return
    finally:
        if path.suffix != ".parquet":
            path.unlink()
    assert found.n_records == found.sources[0].n_records
    for sample in found.samples:
        for text in (
            sample.id,
            *(part for turn in sample.turns for part in (turn.role, turn.content)),
            *sample.tags,
        ):
            assert clean_text(text) == text
            digest_row("sample", [text])
            escape_html(text)
    for told in (*found.set_aside, *found.notices):
        str(told).encode()
        told.excerpt.encode()
    rows = [Chosen(b, 0, s.row) for b, s in zip(found.originals, found.samples, strict=True)]
    try:
        write_selection(io.BytesIO(), rows, found.sources)
    except (InputError, OptionsError):
        assert found.sources[0].container == "parquet"


@cache
def _askers() -> tuple[Mapping[str, ClaudeJudge], ClaudeTagger, LanguageModel]:
    forms = ("schema", "tool", "prompt", "word")
    models = {form: LanguageModel(LlmOptions("any", structure=form)) for form in forms}
    judges = {form: ClaudeJudge(model) for form, model in models.items()}
    return judges, ClaudeTagger(models["prompt"]), models["schema"]


def read_reply(data: bytes) -> None:
    """Read bytes as the body of a server's response, and as the text of a reply."""
    judges, tagger, model = _askers()
    body = _spell(data[1:])
    response = Response(status=200 if not data or data[0] % 4 else 429, body=body)
    meaning = read_response(response)
    conclude(meaning, response, None)
    replies = [Reply(meaning.message, body)] if meaning.message is not None else []
    text = body.decode("utf-8", "replace")
    for stop in ("end_turn", "max_tokens"):
        block = {"type": "text", "text": text}
        replies.append(Reply({"content": [block], "stop_reason": stop, "usage": {}}, body))
    for reply in replies:
        for judge in judges.values():
            verdict = judge.read(reply)
            assert isinstance(verdict.outcome, Outcome)
        for tags in tagger.read(reply, ["a", "b"]).tags.values():
            assert all(clean_tag(tag) == tag for tag, _ in tags)
        read_relations(model.read(reply), 3)
    assert read_prose(f'"{text}"'.replace("\n", " "), VERDICTS, ()) is None


def normalize(data: bytes) -> None:
    """Take bytes for the tags of samples, one sample a line, and normalize them."""
    text = data.decode("utf-8", "surrogateescape")
    bags = [parse_tags(line) for line in text.split("\n")[:20]]
    for bag in bags:
        assert all(clean_tag(tag) == tag for tag in bag)
    encoder = LetterEncoder() if len(data) % 2 else None
    options = NormalizeOptions(language="none" if len(data) % 5 == 0 else "en")
    tag_map = normalize_tags(bags, options, lemmatizer=DictLemmatizer(), encoder=encoder)
    canonical = tag_map.canonical_of
    assert set(canonical) == {tag for bag in bags for tag in bag}
    assert all(canonical[tag] == tag for tag in canonical.values())


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "reader": read_file,
    "verdicts": read_reply,
    "tags": normalize,
}
