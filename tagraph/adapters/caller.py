"""Asks many questions at once, each until it is answered or given up, and never pays twice.

The calling thread alone talks to the log: it keeps the intent, hands the request to a thread of its
own, and keeps the raw reply before anybody reads it. Threads do nothing but HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from queue import Empty, Queue
from typing import Any, Protocol

from tagraph.adapters.attempts import Kind, Meaning, conclude, read_response, wanted_wait
from tagraph.adapters.budget import Budget, worst_of
from tagraph.adapters.interrupts import Interrupt, interrupts_wait
from tagraph.adapters.messages_transport import Response
from tagraph.adapters.rate_limits import RateLimits, needs_of
from tagraph.errors import AccessError, JudgeError, StoreError, TagraphError
from tagraph.steps.calls import CallLog, Question, Reply
from tagraph.steps.llm_options import LlmOptions

BREAKER = 20  # failures in a row, over all questions, that stop a run
MOST_UNCLEAR = 2  # attempts of one question that may each have been charged for nothing
_GRACE = 1.05  # of the deadline, after which a thread is left to itself
_BACKOFF = (1.0, 60.0)  # seconds: first wait, longest wait
_BYTES_PER_TOKEN = 3  # of a body: rather too few bytes, so that limits are kept
_WORTH_SAYING = 5.0  # seconds of waiting


class Clock(Protocol):
    """The part of the module `time` that waiting needs."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...

    def time(self) -> float:
        """Return Unix time."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


@dataclass(order=True)
class _Task:
    """A question on its way; ordered by when it may be asked, then by place."""

    ready_at: float
    place: int
    question: Question = field(compare=False)
    attempts: int = field(default=0, compare=False)
    unclear: int = field(default=0, compare=False)


@dataclass(frozen=True)
class _Flight:
    """An attempt under way."""

    task: _Task
    number: int
    worst: int | None
    started_at: float


@dataclass
class Caller:
    """Asks questions within the limits of `options`, and keeps every attempt in `log`.

    Attributes:
        send: Sends one body and returns what came back; called from several threads.
        log: Keeps attempts; called from the asking thread only.
        options: Limits.
        listen: Told how far it is and why nothing happens for a while, one line.
        clock: Tells the time, and waits.
        quiet: Longest silence towards `listen`, in seconds.
        on_limits: Told what the server takes a minute, whenever that changes.
        limits: What is known of the server's rate limits.
    """

    send: Callable[[Mapping[str, Any]], Response]
    log: CallLog
    options: LlmOptions
    listen: Callable[[str], object] = lambda line: None
    clock: Clock = time
    quiet: float = 30.0
    on_limits: Callable[[dict[str, int]], object] = lambda wholes: None
    limits: RateLimits = field(default_factory=RateLimits)
    _pause_until: float = 0.0
    _failures: int = 0
    _landed: Queue[tuple[int, Response]] = field(default_factory=Queue)

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """Return one reply per question, in their order; equal questions are asked once.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: No question will be answered: no key, no such model, no money.
            JudgeError: The server is down, or asks for too long a wait.
            StoreError: The log takes nothing more; replies that were on their way are spilled.
            OptionsError: There is a limit in dollars, but the price is unknown.
        """
        keys = [question.key for question in questions]
        replies = {key: Reply.of(raw) for key, raw in self.log.find(keys).items()}
        new = {
            key: _Task(0.0, place, question)
            for place, (key, question) in enumerate(zip(keys, questions, strict=True))
            if key not in replies
        }
        if new:
            replies |= _Round(self, new).run()
        return [replies[key] for key in keys]

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in what a reply says of the server's rate limits."""
        before = self.limits.wholes
        self.limits.learn(headers, self.clock.monotonic(), self.clock.time())
        if self.limits.wholes != before:
            self.on_limits(self.limits.wholes)


class _Round:
    """The questions of one call, from the first request to the last reply."""

    def __init__(self, caller: Caller, tasks: Mapping[str, _Task]) -> None:
        self._caller = caller
        self._options = caller.options
        self._clock = caller.clock
        self._waiting = list(tasks.values())  # a heap: who may be asked first stands first
        self._n_questions = len(tasks)
        self._why = ""
        self._flights: dict[int, _Flight] = {}
        self._replies: dict[str, Reply] = {}
        self._stop: TagraphError | None = None
        self._is_blocked = False
        self._is_idle = False  # only while nothing is on its way and nothing is written
        self._interrupt = Interrupt()
        self._budget = Budget(caller.options, caller.log.spent())
        self._spoken_at = self._clock.monotonic()

    def run(self) -> dict[str, Reply]:
        """Ask until every question has its reply; an interrupt first waits for what is sent."""
        try:
            with interrupts_wait(lambda: not self._is_idle) as self._interrupt:
                while self._flights or (self._waiting and not self._is_ending):
                    self._start_ready()
                    self._wait()
        except KeyboardInterrupt:
            self._stop = self._stop or JudgeError("stopped")
            self._drain()
            raise
        if self._stop is not None:
            raise self._stop
        return self._replies

    @property
    def _is_ending(self) -> bool:
        """Whether nothing more is sent, and only what is on its way is waited for."""
        return self._stop is not None or self._interrupt.number != 0

    def _start_ready(self) -> None:
        """Send what may be sent now."""
        now = self._clock.monotonic()
        if self._is_blocked or now < self._caller._pause_until:
            return
        while self._waiting and self._waiting[0].ready_at <= now:
            is_full = len(self._flights) >= self._options.concurrency
            if is_full or not self._may_start(self._waiting[0], now):
                return
            self._start(heappop(self._waiting), now)

    def _may_start(self, task: _Task, now: float) -> bool:
        """Return whether a limit allows one more request; if none ever will, end the run."""
        if self._is_ending:
            return False
        worst = worst_of(task.question, self._options.facts.price)
        self._is_blocked = self._budget.lacks_money(worst)
        is_over = self._is_blocked and not self._flights  # else a reply may free what it reserved
        if is_over or self._budget.lacks_calls():
            self._stop = self._budget.error()
            return False
        wait = self._caller.limits.wait(_needs(task.question), now)
        if wait > 0:
            self._pause(min(wait, self._options.max_wait), "the server's rate limit has no room")
        return not self._is_blocked and wait <= 0

    def _start(self, task: _Task, now: float) -> None:
        """Reserve the worst case, keep the intent, send."""
        worst = worst_of(task.question, self._options.facts.price)
        try:
            number = self._caller.log.begin(task.question, worst)
        except StoreError as error:  # without a log nothing more is asked
            self._stop = error
            return
        task.attempts += 1
        self._budget.reserve(worst)
        self._caller.limits.start(_needs(task.question))
        self._flights[number] = _Flight(task, number, worst, now)
        arguments = (self._caller.send, self._caller._landed, number, task.question.body)
        threading.Thread(target=_fly, args=arguments, daemon=True).start()

    def _wait(self) -> None:
        """Wait for a reply, or until something may be sent; say so while it takes long."""
        now = self._clock.monotonic()
        if self._flights:
            self._land(min(self._next_event(), self._caller.quiet))
            self._tell_if_silent(f"{len(self._flights):,} requests under way")
        elif self._waiting and not self._is_ending:
            pause = max(self._waiting[0].ready_at, self._caller._pause_until) - now
            if pause > 0:
                at = datetime.fromtimestamp(self._clock.time() + pause).strftime("%H:%M:%S")
                told = f"waiting {pause:.0f} s, until {at}, before the next request: {self._why}"
                self._tell_if_silent(told, is_due=pause >= _WORTH_SAYING)
                self._is_idle = True
                self._clock.sleep(min(pause, self._caller.quiet))
                self._is_idle = False

    def _tell_if_silent(self, what: str, *, is_due: bool = False) -> None:
        """Say how far the questions are, if nothing was said for a while or there is news."""
        now = self._clock.monotonic()
        if is_due or now - self._spoken_at >= self._caller.quiet:
            self._spoken_at = now
            done, total = len(self._replies), self._n_questions
            self._caller.listen(f"{done:,} of {total:,} questions answered; {what}")

    def _next_event(self) -> float:
        """Return how many seconds to wait for a reply at most."""
        now = self._clock.monotonic()
        deadline = self._options.deadline * _GRACE
        ends = [flight.started_at + deadline for flight in self._flights.values()]
        is_full = self._is_blocked or len(ends) >= self._options.concurrency
        if self._waiting and not is_full and not self._is_ending:
            ends.append(max(self._waiting[0].ready_at, self._caller._pause_until))
        return max(0.001, min(ends) - now)

    def _land(self, patience: float) -> None:
        """Settle the next reply; without one, give up attempts that are past their deadline."""
        try:
            number, response = self._caller._landed.get(timeout=patience)
        except Empty:
            self._give_up_late()
            return
        flight = self._flights.pop(number, None)
        if flight is not None:  # else it came after it was given up
            self._settle(flight, response)

    def _give_up_late(self) -> None:
        oldest = self._clock.monotonic() - self._options.deadline * _GRACE
        for flight in [f for f in self._flights.values() if f.started_at <= oldest]:
            del self._flights[flight.number]
            told = f"no whole reply within {self._options.deadline:g} seconds"
            self._settle(flight, Response(problem=told))

    def _drain(self) -> None:
        """Keep what is on its way; what comes later than the deadline is given up."""
        while self._flights:
            self._land(self._next_event())

    def _settle(self, flight: _Flight, response: Response) -> None:
        """Keep how an attempt ended, then see what it means."""
        self._is_blocked = False
        meaning = read_response(response).without(flight.task.question.body)
        ending = conclude(meaning, response, self._options.facts.price)
        try:
            self._caller.log.finish(flight.number, ending)
        except StoreError as error:  # the log has put the reply elsewhere; the rest still lands
            self._stop = error
            return
        self._budget.settle(flight.worst, ending)
        self._caller.learn(response.headers)
        if meaning.kind is Kind.ANSWER:
            self._caller._failures = 0
            self._replies[flight.task.question.key] = Reply.of(ending.reply)
        else:
            self._handle_failure(flight.task, meaning, response)

    def _handle_failure(self, task: _Task, meaning: Meaning, response: Response) -> None:
        """Ask again later, give the question up, or end the run."""
        task.unclear += meaning.kind is Kind.UNCLEAR
        if meaning.kind is Kind.FATAL:
            self._stop = AccessError(meaning.reason)
            return
        if meaning.kind is Kind.REJECTED:
            self._replies[task.question.key] = Reply(error=meaning.reason, is_rejected=True)
            return
        self._caller._failures += 1
        if self._caller._failures >= BREAKER:
            self._stop = self._stop or JudgeError(
                f"{BREAKER} requests in a row failed, the last with: {meaning.reason}; every"
                " answer so far is stored, run the same command again later"
            )
        self._try_again(task, meaning, response)

    def _try_again(self, task: _Task, meaning: Meaning, response: Response) -> None:
        """Put a question back in the queue, unless it was tried often enough."""
        if task.attempts >= self._options.max_attempts or task.unclear >= MOST_UNCLEAR:
            self._replies[task.question.key] = Reply(error=meaning.reason)
            return
        wanted = wanted_wait(response.headers, self._clock.time())
        if wanted > self._options.max_wait:
            self._stop = JudgeError(
                f"the server asks to wait {wanted:,.0f} seconds, more than the"
                f" {self._options.max_wait:,.0f} allowed; run the same command again then"
            )
        first, longest = _BACKOFF
        backoff = min(longest, first * 2 ** (task.attempts - 1))
        jitter = 1 + int(task.question.key[:4], 16) / 65_536 / 4
        task.ready_at = self._clock.monotonic() + max(wanted, backoff) * jitter
        self._why = self._why or meaning.reason
        heappush(self._waiting, task)
        if response.status in (429, 529):
            self._pause(max(wanted, first), meaning.reason)

    def _pause(self, seconds: float, why: str) -> None:
        """Send nothing for a while: the server said that it is too much."""
        until = self._clock.monotonic() + seconds
        if until > self._caller._pause_until:
            self._caller._pause_until, self._why = until, why


def _fly(
    send: Callable[[Mapping[str, Any]], Response],
    landed: Queue[tuple[int, Response]],
    number: int,
    body: Mapping[str, Any],
) -> None:
    """Send in a thread of its own; the reply goes to whoever keeps the log."""
    landed.put((number, send(body)))


def _needs(question: Question) -> dict[str, float]:
    """Return what a question takes of the server's rate limits, at a guess."""
    return needs_of(len(question.encoded) // _BYTES_PER_TOKEN, question.max_tokens)
