"""A language model that decides whether two tags that look alike are one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tagraph.adapters.caller import Caller
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.adapters.structure import demand, read_structured
from tagraph.data import CandidatePair
from tagraph.errors import OptionsError
from tagraph.protocols import Relation
from tagraph.stages.relation_question import (
    BY_WORDS,
    PROMPT,
    frame_tags,
    read_relations,
    relation_schema,
)
from tagraph.steps.calls import CallLog, Question, Reply
from tagraph.steps.llm_options import LlmOptions

VERSION = 1
PAIRS_PER_CALL = 20
_ROOM = 40  # tokens of a reply for each pair


class ClaudeAdjudicator:
    """Asks a model about borderline pairs of tags, several at a time.

    A pair that a reply leaves out, doubles or answers unreadably is asked once more, alone; without
    a clear answer it is `related`, which merges nothing.

    Raises:
        OptionsError: No model was named.
    """

    def __init__(self, options: LlmOptions, caller: Caller, *, server: str = "") -> None:
        if not options.model:
            raise OptionsError("name the model that adjudicates with --model")
        self.options = options
        self._caller = caller
        self._server = server

    @classmethod
    def connect(cls, options: LlmOptions, log: CallLog) -> ClaudeAdjudicator:
        """Return an adjudicator at the server that the options name.

        Raises:
            OptionsError: No model was named.
            AccessError: There is no way to reach the server.
        """
        transport = MessagesTransport(options.base_url, deadline=options.deadline)
        return cls(options, Caller(transport.send, log, options), server=transport.server)

    @property
    def key(self) -> str:
        """Name, version, model, and a digest of the prompt, every parameter and the server."""
        question = self.question(())
        return f"claude/{VERSION}({question.model},{question.key[:16]})"

    def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
        """Return one relation per pair, in the order of `pairs`.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        found: dict[int, Relation] = {}
        for size in (PAIRS_PER_CALL, 1):
            left = [i for i in range(len(pairs)) if i not in found]
            found |= self._ask(pairs, left, size)
        return [found.get(i, Relation.RELATED) for i in range(len(pairs))]

    def question(self, pairs: Sequence[tuple[str, str]]) -> Question:
        """Return what is asked about pairs of tags."""
        facts, structure = self.options.facts, self.options.structure
        room = max(facts.max_tokens, _ROOM * len(pairs))
        body: dict[str, Any] = {
            "model": self.options.model,
            "max_tokens": self.options.max_tokens or room,
            "system": PROMPT + BY_WORDS if structure == "prompt" else PROMPT,
            "messages": [{"role": "user", "content": frame_tags(pairs)}],
            **facts.parameters,
        }
        body |= demand(structure, relation_schema(), body) | self.options.parameters
        return Question("normalize", body, self._server)

    def _ask(
        self, pairs: Sequence[CandidatePair], index: Sequence[int], size: int
    ) -> dict[int, Relation]:
        """Ask about some of the pairs in groups; return what is clearly answered, by position."""
        groups = [index[start : start + size] for start in range(0, len(index), size)]
        asked = [self.question([(pairs[i].left, pairs[i].right) for i in g]) for g in groups]
        found = {}
        for group, reply in zip(groups, self._caller.ask(asked), strict=True):
            for number, relation in self._read(reply, len(group)).items():
                found[group[number - 1]] = relation
        return found

    def _read(self, reply: Reply, n_pairs: int) -> dict[int, Relation]:
        if reply.error or reply.stop_reason in ("refusal", "max_tokens"):
            return {}
        return read_relations(read_structured(reply, self.options.structure), n_pairs)
