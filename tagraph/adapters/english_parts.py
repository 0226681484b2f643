"""The paragraphs of a query that may hold its request, parsed; the rest is only tagged.

Parsing takes longer than everything else, and only requests need it. They stand in the first
paragraph or, if there is none in it, in the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagraph.adapters.english_phrases import is_break
from tagraph.adapters.english_requests import find_requests
from tagraph.stages.keyphrases import Mention

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

PASSAGE = 30  # tokens after a question that make it one about a text


@dataclass(frozen=True, slots=True)
class Parts:
    """A query as far as it is parsed.

    Attributes:
        opening: Its first paragraph, parsed.
        tokens: Of the whole query, in order; those of `opening` are parsed.
        requests: Of the first sentence that holds one: of the opening, else of the last paragraph.
    """

    opening: Doc
    tokens: Sequence[Token]
    requests: list[Mention]

    @property
    def is_long(self) -> bool:
        """Whether so much follows the opening that it is a text to read."""
        return len(self.tokens) - len(self.opening) >= PASSAGE


def parse_parts(docs: Sequence[Doc], parser: Any) -> list[Parts]:
    """Parse what may hold a request of each tagged text.

    Args:
        docs: With vectors and tags.
        parser: spaCy's.
    """
    tokens = [list(doc) for doc in docs]
    breaks = [[token.i for token in found if is_break(token)] for found in tokens]
    openings = [
        _cut(doc, 0, at[0] + 1 if at else len(doc)) for doc, at in zip(docs, breaks, strict=True)
    ]
    requests = _find(openings, parser)
    again = [i for i, found in enumerate(requests) if breaks[i] and not found]
    closings = [_cut(docs[i], breaks[i][-1], len(docs[i])) for i in again]
    for i, found in zip(again, _find(closings, parser), strict=True):
        requests[i] = found
    return [
        Parts(opening, [*opening, *own[len(opening) :]], found)
        for opening, own, found in zip(openings, tokens, requests, strict=True)
    ]


def _cut(doc: Doc, start: int, end: int) -> Doc:
    """Return some tokens of a text as a text of its own, with what is known of them."""
    return doc if end - start == len(doc) else doc[start:end].as_doc()


def _find(parts: Sequence[Doc], parser: Any) -> list[list[Mention]]:
    """Parse texts; return the requests of the first sentence of each that holds one."""
    parsed = parser.pipe(parts, batch_size=max(1, len(parts)))
    return [
        next((found for sentence in part.sents if (found := find_requests(sentence))), [])
        for part in parsed
    ]
