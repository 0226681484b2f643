"""A language model as tagger, through any server that speaks the Messages API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tagraph.adapters.language_model import LanguageModel, Prompt
from tagraph.adapters.token_counts import MOST_COUNTED, spread_over
from tagraph.data import Sample, Samples
from tagraph.stages.tag_question import (
    BY_WORDS,
    EXAMPLE,
    TagReading,
    frame_samples,
    instruct_tagger,
    read_tags,
    tag_schema,
)
from tagraph.steps.calls import Question, Reply
from tagraph.steps.estimate import Estimate, guess_tokens
from tagraph.steps.tag_answers import FAILED, REFUSED, TAGGED, TRUNCATED, UNPARSED, TagAnswer

VERSION = 1
_CALLS_AT_ONCE, _CALLS_OF_A_BATCH = 50, 20_000
_CALLS_AT_FIRST = 4
_ROUNDS_AT_ONCE = 10  # calls for each that may be under way, so that few wait for the last
_ROOM = 300  # tokens of a reply for each sample
_ID_LENGTH = 12


@dataclass(frozen=True, eq=False)
class ClaudeTagger:
    """Asks a model for 3 to 8 open tags of each sample, several samples at a time.

    Every sample has an id that has to come back. Samples whose answer is missing, doubled or
    unreadable are asked again in groups of half the size, and alone in the end; a refusal of a
    sample that is alone is its answer.
    """

    model: LanguageModel

    @property
    def key(self) -> str:
        """Name, version, model, and a digest of the prompt, every parameter and the server."""
        return self.model.key(VERSION, self.question({}))

    @property
    def at_once(self) -> int:
        """Samples whose answers are kept together: some calls' worth, or those of one batch."""
        options = self.model.options
        live = max(_CALLS_AT_ONCE, _ROUNDS_AT_ONCE * options.concurrency)
        return (_CALLS_OF_A_BATCH if options.batch else live) * options.samples_per_call

    @property
    def at_first(self) -> int:
        """Samples to begin with: a few calls' worth; in a batch all, since each takes its time."""
        options = self.model.options
        return self.at_once if options.batch else _CALLS_AT_FIRST * options.samples_per_call

    def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
        """Return the tags of each sample, in the order of `samples`; none where there is no answer.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        return [[tag for tag, _ in answer.tags] for answer in self.explain(samples)]

    def explain(self, samples: Sequence[Sample]) -> list[TagAnswer]:
        """Return one answer per sample, in the order of `samples`; equal texts are asked once.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        of = {sample.digest: sample for sample in samples}
        answers: dict[str, TagAnswer] = {}
        size = self.model.options.samples_per_call
        while len(answers) < len(of):
            left = [sample for key, sample in of.items() if key not in answers]
            groups = [left[start : start + size] for start in range(0, len(left), size)]
            replies = self.model.ask([self.question(_by_id(group)) for group in groups])
            for group, reply in zip(groups, replies, strict=True):
                answers |= self._read_group(group, reply, is_last=size == 1)
            size = max(1, size // 2)
        return [answers[sample.digest] for sample in samples]

    def question(self, samples: Mapping[str, Sample]) -> Question:
        """Return what is asked about samples by id."""
        prompt = Prompt(
            instruct_tagger(self.model.options.tag_language),
            frame_samples({key: sample.turns for key, sample in samples.items()}),
            tag_schema(),
            BY_WORDS,
            _ROOM * len(samples),
        )
        return self.model.question("tag", prompt)

    def estimate(self, samples: Samples, n_samples: int) -> Estimate:
        """Return what tagging `n_samples` takes, from the questions about a few of the samples."""
        size = self.model.options.samples_per_call
        shown = samples.take(spread_over(len(samples), MOST_COUNTED * size))
        groups = [shown[start : start + size] for start in range(0, len(shown), size)]
        asked = [self.question(_by_id(group)) for group in groups]
        low, expected, _ = (size * tokens for tokens in guess_tokens(EXAMPLE))
        replies = (low, expected, asked[0].max_tokens)
        return self.model.estimate(math.ceil(n_samples / size), asked, replies)

    def _read_group(
        self, group: Sequence[Sample], reply: Reply, *, is_last: bool
    ) -> dict[str, TagAnswer]:
        """Return the answers that a reply gives; who has none yet is asked again, unless last."""
        read = self.read(reply, list(_by_id(group)))
        found = {
            sample.digest: TagAnswer(TAGGED, read.tags[key])
            for key, sample in _by_id(group).items()
            if key in read.tags
        }
        if is_last:
            none = TagAnswer(_why_none(reply))
            found = {sample.digest: none for sample in group} | found
        return found

    def read(self, reply: Reply, ids: Sequence[str]) -> TagReading:
        """Return the tags that a reply gives to each id; total."""
        return read_tags(self.model.read_rows(reply, ("id", "tags")), ids)


def _by_id(group: Sequence[Sample]) -> dict[str, Sample]:
    return {sample.digest[:_ID_LENGTH]: sample for sample in group}


def _why_none(reply: Reply) -> str:
    if reply.error:
        return FAILED
    if reply.stop_reason == "refusal":
        return REFUSED
    return TRUNCATED if reply.is_cut else UNPARSED
