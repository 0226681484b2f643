"""Waits for a Message Batch and keeps its results; looks for one whose creation is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from tagraph.adapters.attempts import Kind, Meaning, conclude, read_response, wanted_wait
from tagraph.adapters.batch_replies import BatchReport, read_report, read_reports, read_result
from tagraph.adapters.batch_server import BatchServer
from tagraph.adapters.caller import BREAKER, Clock
from tagraph.adapters.messages_transport import Response
from tagraph.errors import AccessError, JudgeError, PendingError
from tagraph.stages.model_facts import Price
from tagraph.steps.batches import Batch, BatchLog, BatchState
from tagraph.steps.calls import Charge, Ending
from tagraph.steps.llm_options import LlmOptions

AT_ONCE = 500  # results in one transaction; the server keeps them all for 29 days
_LOOKS = (5.0, 10.0, 20.0, 30.0)  # seconds between two looks at a batch; the last one stays
_SEARCHES = (0.0, 5.0, 15.0)  # seconds before each search: a new batch may be listed late
_SKEW = 600.0  # seconds that the server's clock may be behind ours
_DAY = 86_400.0


@dataclass
class BatchCollector:
    """Follows the batches in `log` at one server.

    Attributes:
        server: Where they were sent.
        log: Keeps what became of them.
        options: Whether to wait, and whether to give up what is lost.
        listen: Told how far it is.
        clock: Tells the time, and waits.
    """

    server: BatchServer
    log: BatchLog
    options: LlmOptions
    listen: Callable[[str], object]
    clock: Clock

    def fetch(self, batch: Batch) -> dict[str, Meaning]:
        """Wait for a batch and keep its results; return the meaning of those that are no answers.

        Raises:
            PendingError: It has not ended and the user does not wait, or its fate is in doubt.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        if batch.address != self.server.address:
            raise PendingError(
                f"some of these questions are in a batch at {batch.address}; collect it there with"
                f" --base-url {batch.address}"
            )
        found = batch if batch.name else self.find(batch)
        if found is None:
            return {}
        if self._has_ended(found):
            shelf = self._read_results(found)
            if shelf is not None:
                return self._close(found, shelf)
        self._give_up(found, f"the server no longer has the results of batch {found.name}")
        return {}

    def find(self, batch: Batch) -> Batch | None:
        """Return a batch whose creation is in doubt with its name; None if it was given up.

        It is the only one that the server lists, that is as large, was created since, and is not
        known otherwise; its results will tell whether it is.

        Raises:
            PendingError: There is none, or more than one, and it may not be given up.
        """
        names: list[str] = []
        for pause in _SEARCHES:
            self.clock.sleep(pause)
            names = self._search(batch)
            if len(names) == 1:
                self.log.move(batch.number, BatchState.OPEN, names[0])
                self.listen(f"batch {names[0]} is the one whose creation was in doubt")
                return replace(batch, name=names[0], state=BatchState.OPEN)
        seen = f"the server lists {', '.join(names)}" if names else "the server lists none like it"
        self._give_up(
            batch, f"whether a batch of {batch.n_requests:,} was created is unknown: {seen}"
        )
        return None

    def _search(self, batch: Batch) -> list[str]:
        """Return the names of the batches that may be the one."""
        response = self._patiently(self.server.list_batches)
        reports = read_reports(response.body) if response else []
        since = _unix(batch.sent_at) - _SKEW
        known = self.log.names()
        return [
            report.name
            for report in reports or []
            if report.n_requests == batch.n_requests
            and report.created_at >= since
            and report.name not in known
        ]

    def _has_ended(self, batch: Batch) -> bool:
        """Wait for the end of a batch; False if the server has it no more."""
        for number in count():
            report = self._look(batch)
            if report is None or report.is_archived:
                return False
            if report.is_ended:
                return True
            hours = (self.clock.time() - _unix(batch.sent_at)) / 3600
            told = f"batch {batch.name} of {batch.n_requests:,} is under way since {hours:.1f} h"
            if hours * 3600 > _DAY:
                told += ", longer than the 24 h it should take"
            if self.options.detach:
                raise PendingError(f"{told}; run the same command again to collect it")
            self.listen(told)
            self.clock.sleep(_LOOKS[min(number, len(_LOOKS) - 1)])
        return False

    def _look(self, batch: Batch) -> BatchReport | None:
        """Return what the server says of a batch, None if it knows none."""
        found: list[BatchReport | None] = []

        def look() -> Response:
            response = self.server.look_up(batch.name)
            found.append(read_report(response.body))
            if response.status == 200 and found[-1] is None:
                return replace(response, problem="the reply does not describe a batch")
            return response

        return found[-1] if self._patiently(look) else None

    def _read_results(self, batch: Batch) -> _Shelf | None:
        """Keep the results of a batch that has ended; None if the server has them no more."""
        shelves: list[_Shelf] = []

        def read() -> Response:
            shelves.append(_Shelf(self.log, batch, self.options.facts.price))
            response = self.server.read_results(batch.name, shelves[-1].take)
            shelves[-1].keep()
            return response

        return shelves[-1] if self._patiently(read) else None

    def _close(self, batch: Batch, shelf: _Shelf) -> dict[str, Meaning]:
        """Book what has no result, and tell what was odd."""
        if shelf.n_unknown and len(shelf.missing) == batch.n_requests:
            self.log.move(batch.number, BatchState.UNCLEAR, error="its results are of others")
            self._give_up(batch, f"batch {batch.name} holds other questions than those sent")
            return shelf.meanings
        for told, number in (
            ("ids that nobody asked for", shelf.n_unknown),
            ("doubled ids", shelf.n_doubled),
            ("requests without result", len(shelf.missing)),
        ):
            if number:
                self.listen(f"batch {batch.name}: {number:,} {told}")
        shelf.give_up_missing()
        self.log.move(batch.number, BatchState.COLLECTED)
        return shelf.meanings

    def _give_up(self, batch: Batch, why: str) -> None:
        """Book a batch as lost, if the user says so.

        Raises:
            PendingError: The user did not.
        """
        if not self.options.resubmit:
            raise PendingError(
                f"{why}; look at the server's own list of batches, wait and run the same command"
                " again, or add --resubmit to ask again and perhaps pay twice"
            )
        _Shelf(self.log, batch, None).give_up_missing()
        self.log.move(batch.number, BatchState.LOST, error=why)

    def _patiently(self, ask: Callable[[], Response]) -> Response | None:
        """Ask for something that costs nothing until it comes; None if it is not there.

        Raises:
            AccessError: The server answers nobody.
            JudgeError: The server is down, or asks for too long a wait.
        """
        for number in range(BREAKER):
            response = ask()
            if response.status == 200 and not response.problem:
                return response
            if response.status == 404:
                return None
            meaning = read_response(response)
            if meaning.kind is Kind.FATAL:
                raise AccessError(meaning.reason)
            wait = max(wanted_wait(response.headers, self.clock.time()), _LOOKS[min(number, 3)])
            if wait > self.options.max_wait:
                break
            self.listen(f"waiting {wait:.0f} s before asking for the batch again: {meaning.reason}")
            self.clock.sleep(wait)
        raise JudgeError(
            f"the server does not say what became of a batch ({meaning.reason}); nothing is lost,"
            " run the same command again later"
        )


class _Shelf:
    """The results of a batch as they come in, kept some hundreds at a time."""

    def __init__(self, log: BatchLog, batch: Batch, price: Price | None) -> None:
        self._log, self._number = log, batch.number
        self._price = None if price is None else price.batched
        self._keys = log.requests(batch.number)
        self._seen: set[str] = set()
        self._new: dict[str, Ending] = {}
        self.meanings: dict[str, Meaning] = {}
        self.n_unknown = self.n_doubled = 0

    @property
    def missing(self) -> list[str]:
        """Ids in the batch that had no result."""
        return sorted(self._keys.keys() - self._seen)

    def take(self, line: bytes) -> None:
        """Take in one line; the first result of each request counts."""
        result = read_result(line)
        if result is None or result.custom_id not in self._keys:
            self.n_unknown += 1
        elif result.custom_id in self._seen:
            self.n_doubled += 1
        else:
            self._seen.add(result.custom_id)
            self._new[result.custom_id] = conclude(result.meaning, result.response, self._price)
            if result.meaning.kind is not Kind.ANSWER:
                self.meanings[self._keys[result.custom_id]] = result.meaning
            if len(self._new) >= AT_ONCE:
                self.keep()

    def keep(self) -> None:
        """Keep what came in since."""
        self._log.settle(self._number, self._new)
        self._new = {}

    def give_up_missing(self) -> None:
        """Book what has no result as perhaps charged."""
        told = Meaning(Kind.UNCLEAR, "the batch gave no result")
        ending = Ending(is_answer=False, error=f"{told.kind}: {told.reason}", charge=Charge.UNKNOWN)
        self._log.settle(self._number, dict.fromkeys(self.missing, ending))
        self.meanings |= {self._keys[name]: told for name in self.missing}


def _unix(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
