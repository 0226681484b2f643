"""Open tags without a model server: spaCy finds phrases, the stage chooses among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from tagraph.adapters.bundled_models import ENGLISH, load_english
from tagraph.adapters.collecting import collecting_later
from tagraph.adapters.english_parts import Parts, parse_parts
from tagraph.adapters.english_phrases import find_phrases, find_words, read_units
from tagraph.adapters.executors import InProcess
from tagraph.data import Sample
from tagraph.protocols import Executor
from tagraph.stages.keyphrases import Kind, Mention, TagOptions, choose_keyphrases
from tagraph.text import clean_text, digest

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

VERSION = 2
BATCH = 256
_PLURALS = {"NNS": "NOUN", "NNPS": "PROPN"}
UNUSED = ["parser", "attribute_ruler", "lemmatizer", "ner"]  # while all of a text is read
READING = Mention("reading comprehension", ("reading comprehension",), 0, Kind.FORM)

_CODE = re.compile(r"```([A-Za-z+#]{0,20}).*?(?:```|\Z)", re.DOTALL)
_MARKUP = re.compile(r"</?[A-Za-z!][^<>]{0,500}>|&[a-z]{2,8};|&#\d{1,7};")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+")
_LONG = re.compile(r"[!-~]{50,}")
_REPEATED = re.compile(r"(.)\1{4,}", re.DOTALL)
_SYMBOLS = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class KeyphraseTagger:
    """Gives every sample a few open tags of what the human asks, in English, offline.

    Tags are noun phrases, request verbs with their object and forms of the request, in lower case
    except acronyms. Only the first `options.max_characters` characters of the query are read,
    without fenced code, markup and addresses. Other languages are not understood: words of other
    scripts stand one by one (text without blanks is cut at its marks), words in Latin script
    are grouped as English would read them.
    """

    options: TagOptions = field(default_factory=TagOptions)
    executor: Executor = field(default_factory=InProcess)

    @property
    def key(self) -> str:
        """Name, version, options and model."""
        options = ",".join(f"{name}={value}" for name, value in asdict(self.options).items())
        return f"keyphrase/{VERSION}/{options}/{ENGLISH[0]}/{digest(*ENGLISH[1].values())[:12]}"

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        """Return the tags of each sample, the most telling first; none for a query without words.

        Each distinct text is read once, in sorted order and fixed batches, so that neither the
        order of `samples` nor how they are split over files changes an answer.
        """
        texts = [readable(sample.query, self.options.max_characters) for sample in samples]
        distinct = sorted(set(texts))
        mentions = dict(zip(distinct, self._read(distinct), strict=True))
        return choose_keyphrases([mentions[text] for text in texts], self.options)

    def _read(self, texts: Sequence[str]) -> Iterator[list[Mention]]:
        """Yield the mentions of each text."""
        chunks = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        read = partial(read_mentions, options=self.options)
        yield from chain.from_iterable(self.executor.map(read, chunks))


def read_mentions(texts: Sequence[str], options: TagOptions) -> list[list[Mention]]:
    """Return the mentions of each text; what `KeyphraseTagger` sends to an executor."""
    english = load_english()
    with collecting_later():
        docs = list(english.pipe(texts, batch_size=BATCH, disable=UNUSED))
        for doc in docs:
            _set_plural_lemmas(doc, english)
        parser = english.get_pipe("parser")
        return [_find_mentions(part, options) for part in parse_parts(docs, parser)]


def _find_mentions(parts: Parts, options: TagOptions) -> list[Mention]:
    """Return the requests, noun phrases and single words of a text."""
    units = read_units(parts.tokens)
    requests = parts.requests
    if parts.is_long and any("?" in sentence.text for sentence in parts.opening.sents):
        requests = [*requests, READING]
    found = [*requests, *find_phrases(units, options)]
    if len({mention.words for mention in found}) < options.min_tags:
        found += find_words(units, options)
    return found


def readable(query: str, max_characters: int) -> str:
    """Return the prose of a query: without markup, addresses and endless strings.

    A fenced block of code is read as the words "python code". A query of nothing but what is
    taken out is read without its symbols.
    """
    whole = text = clean_text(query[: 4 * max_characters])
    text = _CODE.sub(r"\n\n\1 code\n\n", text)
    for pattern in (_MARKUP, _ADDRESS, _LONG):
        text = pattern.sub(" ", text)
    if not any(letter.isalpha() for letter in text):
        text = _SYMBOLS.sub(" ", whole)
    return _cut(_REPEATED.sub(r"\1\1\1", text).strip(), max_characters)


def _cut(text: str, length: int) -> str:
    """Return at most `length` characters, without the word that the cut would go through."""
    if len(text) <= length or text[length].isspace():
        return text[:length]
    return text[:length].rsplit(None, 1)[0]


def _set_plural_lemmas(doc: Doc, english: Language) -> None:
    """Set class and lemma of plural nouns only: all that is needed, at a fraction of the time."""
    lemmatizer: Any = english.get_pipe("lemmatizer")
    plurals = {english.vocab.strings[tag]: name for tag, name in _PLURALS.items()}
    for token in doc:
        if token.tag in plurals:
            token.pos_ = plurals[token.tag]
            token.lemma_ = lemmatizer.rule_lemmatize(token)[0]
