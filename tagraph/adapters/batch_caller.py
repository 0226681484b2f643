"""Asks questions in Message Batches at half price: send, wait, collect, each a step of its own.

The intent is kept before a batch is sent. One whose creation is in doubt is looked for before
anything else happens, and is never sent again unless the user says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tagraph.adapters.attempts import Kind, Meaning, read_response, wanted_wait
from tagraph.adapters.batch_collector import BatchCollector
from tagraph.adapters.batch_replies import read_report
from tagraph.adapters.batch_server import BatchServer
from tagraph.adapters.budget import Budget, worst_of
from tagraph.adapters.caller import MOST_UNCLEAR, Caller
from tagraph.adapters.messages_transport import Response
from tagraph.errors import AccessError, JudgeError
from tagraph.steps.batches import Batch, BatchLog, BatchState, custom_id
from tagraph.steps.calls import Question, Reply

MOST_SENT = 3  # batches that one question is put into in one run
_PROOFS = 3  # questions asked one by one to find out whether a model takes them
_BUSY = (429, 529)
_FIRST_WAIT = 5.0  # seconds before a batch that was not taken is sent again


@dataclass
class BatchCaller:
    """Asks in batches if the options say so, and collects what is under way in any case.

    Attributes:
        live: Asks one by one: the first question to a model, and all of them without `batch`.
        server: Takes batches.
        log: Keeps them.
        most_requests: Questions in one batch; Anthropic's limit unless given.
        most_bytes: Bytes of one batch, likewise, with room for the frame.
    """

    live: Caller
    server: BatchServer
    log: BatchLog
    most_requests: int = 100_000
    most_bytes: int = 240_000_000
    _meanings: dict[str, Meaning] = field(default_factory=dict)

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """Return one reply per question, in their order; equal questions are asked once.

        Raises:
            PendingError: A batch is under way and is not waited for, or its fate is in doubt.
            BudgetReachedError: No further question fits into the limit.
            AccessError: No question will be answered: no key, no such model, no batches.
            JudgeError: The server is down.
            OptionsError: There is a limit in dollars, but the price is unknown.
        """
        self._meanings = {}
        keys = [question.key for question in questions]
        self._collect(keys)
        if not self.live.options.batch:
            return self.live.ask(questions)
        of = dict(zip(keys, questions, strict=True))
        sent: Counter[str] = Counter()
        self._prove(self._left(of, sent))
        while left := self._left(of, sent):
            if not any([self._send(part, sent) for part in self._parts(left)]):
                raise Budget(self.live.options, self.live.log.spent()).error()
            self._collect(keys)
        answers = self.live.log.find(keys)
        return [Reply.of(answers[key]) if key in answers else self._failed(of[key]) for key in keys]

    def _left(self, of: Mapping[str, Question], sent: Counter[str]) -> list[Question]:
        """Return the questions that have no answer and may be sent once more."""
        answered = self.live.log.find(list(of))
        return [
            question
            for key, question in of.items()
            if key not in answered and self._may_be_sent(key, sent[key])
        ]

    def _may_be_sent(self, key: str, times: int) -> bool:
        meaning = self._meanings.get(key)
        if meaning is None:
            return times < MOST_SENT
        most = MOST_UNCLEAR if meaning.kind is Kind.UNCLEAR else MOST_SENT
        return meaning.kind is not Kind.REJECTED and times < most

    def _failed(self, question: Question) -> Reply:
        meaning = self._meanings.get(question.key, Meaning(Kind.UNCLEAR, "no batch gave an answer"))
        return Reply(error=meaning.without(question.body).reason)

    def _prove(self, left: Sequence[Question]) -> None:
        """Ask one question at once: whether a model takes them shows in a batch only at its end.

        Raises:
            AccessError: It takes none of the first few.
        """
        errors = []
        for question in left[:_PROOFS]:
            if self.log.is_proven(question.model):
                return
            (reply,) = self.live.ask([question])
            if reply.is_rejected:
                errors.append(reply.error)
                self._meanings[question.key] = Meaning(Kind.REJECTED, reply.error)
        if errors and not self.log.is_proven(left[0].model):
            raise AccessError(f"the model does not take these questions: {errors[-1]}")

    def _parts(self, left: Sequence[Question]) -> Iterator[list[Question]]:
        """Cut the questions into batches that the server takes."""
        part: list[Question] = []
        size = 0
        for question in left:
            length = len(question.encoded) + 100
            if part and (len(part) >= self.most_requests or size + length > self.most_bytes):
                yield part
                part, size = [], 0
            part.append(question)
            size += length
        yield part

    def _send(self, left: Sequence[Question], sent: Counter[str]) -> bool:
        """Send as many questions as the limits allow, in one batch; False if that is none.

        Raises:
            AccessError: The server takes no batches, or not this one.
            PendingError: Nobody knows whether it took it.
        """
        part = self._affordable(left)
        if not part:
            return False
        sent.update(question.key for question, _ in part)
        requests = [{"custom_id": custom_id(q.key), "params": q.body} for q, _ in part]
        for attempt in range(self.live.options.max_attempts):
            batch = self.log.begin(self.server.address, part)
            response = self.server.send_batch(requests)
            if self._is_settled(batch, response):
                return True
            wanted = wanted_wait(response.headers, self.live.clock.time())
            wait = max(wanted, _FIRST_WAIT * 2**attempt)
            if wait > self.live.options.max_wait:
                break
            self.live.listen(f"waiting {wait:.0f} s before the batch is sent again")
            self.live.clock.sleep(wait)
        raise JudgeError("the server takes no batch now; run the same command again later")

    def _affordable(self, left: Sequence[Question]) -> list[tuple[Question, int | None]]:
        """Return the first questions, with their worst cost, that fit into the limits."""
        budget = Budget(self.live.options, self.live.log.spent())
        price = self.live.options.facts.price
        part: list[tuple[Question, int | None]] = []
        for question in left:
            worst = worst_of(question, price and price.batched)
            if budget.lacks_calls() or budget.lacks_money(worst):
                break
            budget.reserve(worst)
            part.append((question, worst))
        return part

    def _is_settled(self, batch: Batch, response: Response) -> bool:
        """Keep what the server said to a new batch; False if it has to be sent again."""
        report = read_report(response.body) if response.status == 200 else None
        if report is not None and not response.problem:
            self.log.move(batch.number, BatchState.OPEN, report.name)
            self.live.listen(f"batch {report.name} of {batch.n_requests:,} questions was sent")
            return True
        meaning = read_response(response)
        if response.status == 404:
            told = "this server has no Message Batches; leave out --batch and --detach"
            return self._refused(batch, told)
        if response.status in _BUSY or not response.may_have_arrived:
            self.log.move(batch.number, BatchState.REFUSED, error=meaning.reason)
            if meaning.kind is Kind.FATAL:
                raise AccessError(meaning.reason)
            return False
        if 300 <= response.status < 500:
            return self._refused(batch, f"the server refuses the batch: {meaning.reason}")
        self.log.move(batch.number, BatchState.UNCLEAR, error=meaning.reason)
        self.live.listen(f"whether a batch was created is unknown: {meaning.reason}")
        self._collector().find(batch)
        return True

    def _refused(self, batch: Batch, told: str) -> bool:
        self.log.move(batch.number, BatchState.REFUSED, error=told)
        raise AccessError(told)

    def _collect(self, keys: Sequence[str]) -> None:
        """Collect the batches that hold one of the questions, the fatal results last."""
        for batch in self.log.holding(keys):
            self._meanings |= self._collector().fetch(batch)
        for meaning in self._meanings.values():
            if meaning.kind is Kind.FATAL:
                raise AccessError(meaning.reason)

    def _collector(self) -> BatchCollector:
        live = self.live
        return BatchCollector(self.server, self.log, live.options, live.listen, live.clock)
