"""Asks many questions at once, each until it is answered or given up, and never pays twice.

The calling thread alone talks to the log: it keeps the intent, hands the request to a thread of its
own, and keeps the raw reply before anybody reads it. Threads do nothing but HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any, Protocol

from tagraph.adapters.attempts import Kind, Meaning, limit_wait, read_response, wanted_wait
from tagraph.adapters.interrupts import Interrupt, interrupts_wait
from tagraph.adapters.messages_transport import Response
from tagraph.errors import (
    AccessError,
    BudgetReachedError,
    JudgeError,
    OptionsError,
    StoreError,
    TagraphError,
)
from tagraph.stages.model_facts import cost_of, worst_cost
from tagraph.steps.calls import CallLog, Charge, Ending, Question, Reply, Spent, Tokens
from tagraph.steps.llm_options import LlmOptions
from tagraph.text import shorten

BREAKER = 20  # failures in a row, over all questions, that stop a run
MOST_UNCLEAR = 2  # attempts of one question that may each have been charged for nothing
_KEPT = 65_536  # bytes kept of a reply that is no answer
_GRACE = 1.05  # of the deadline, after which a thread is left to itself
_BACKOFF = (1.0, 60.0)  # seconds: first wait, longest wait


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


@dataclass
class _Task:
    """A question on its way."""

    question: Question
    attempts: int = 0
    unclear: int = 0
    ready_at: float = 0.0


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
        listen: Told why nothing happens for a while, one line.
        clock: Tells the time, and waits.
    """

    send: Callable[[Mapping[str, Any]], Response]
    log: CallLog
    options: LlmOptions
    listen: Callable[[str], object] = lambda line: None
    clock: Clock = time
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
            key: _Task(question)
            for key, question in zip(keys, questions, strict=True)
            if key not in replies
        }
        if new:
            replies |= _Round(self, new).run()
        return [replies[key] for key in keys]

    def worst(self, question: Question) -> int | None:
        """Return the most that a question can cost in billionths of a dollar, None if unknown."""
        price = self.options.facts.price
        if price is None:
            return None
        return worst_cost(price, len(question.encoded), question.max_tokens)

    def conclude(self, meaning: Meaning, response: Response) -> Ending:
        """Return how an attempt ended, as the log keeps it."""
        size = len(response.body)
        if meaning.message is None:
            unclear = meaning.kind is Kind.UNCLEAR
            return Ending(
                is_answer=False,
                reply=response.body[:_KEPT],
                reply_size=size,
                status=response.status,
                error=f"{meaning.kind}: {meaning.reason}",
                charge=Charge.UNKNOWN if unclear else Charge.NONE,
            )
        tokens = Tokens.of(meaning.message["usage"])
        price = self.options.facts.price
        counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write)
        return Ending(
            is_answer=True,
            reply=response.body,
            reply_size=size,
            status=response.status,
            charge=Charge.KNOWN,
            cost=None if price is None else cost_of(price, *counts),
            tokens=tokens,
            stop_reason=shorten(meaning.message["stop_reason"], 40),
        )


class _Round:
    """The questions of one call, from the first request to the last reply."""

    def __init__(self, caller: Caller, tasks: Mapping[str, _Task]) -> None:
        self._caller = caller
        self._options = caller.options
        self._clock = caller.clock
        self._waiting = list(tasks.values())
        self._flights: dict[int, _Flight] = {}
        self._replies: dict[str, Reply] = {}
        self._stop: TagraphError | None = None
        self._is_blocked = False
        self._is_idle = False  # only while nothing is on its way and nothing is written
        self._interrupt = Interrupt()
        spent = caller.log.spent()
        self._attempts, self._booked = spent.attempts, spent.cost
        if caller.options.max_cost is not None:
            _check_prices(caller.options, spent)

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
        for task in [task for task in self._waiting if task.ready_at <= now]:
            if len(self._flights) >= self._options.concurrency or not self._may_start(task):
                return
            self._waiting.remove(task)
            self._start(task, now)

    def _may_start(self, task: _Task) -> bool:
        """Return whether a limit allows one more request; if none ever will, end the run."""
        if self._is_ending:
            return False
        limit, most = self._options.max_cost, self._options.max_calls
        if most is not None and self._attempts >= most:
            self._stop = BudgetReachedError(self._tell_limit(f"{most:,} requests"))
            return False
        worst = self._caller.worst(task.question) or 0
        self._is_blocked = limit is not None and self._booked + worst > limit * 1e9
        if self._is_blocked and not self._flights:  # else a reply may free what it reserved
            self._stop = BudgetReachedError(self._tell_limit(f"${limit:g}"))
        return not self._is_blocked

    def _start(self, task: _Task, now: float) -> None:
        """Reserve the worst case, keep the intent, send."""
        worst = self._caller.worst(task.question)
        try:
            number = self._caller.log.begin(task.question, worst)
        except StoreError as error:  # without a log nothing more is asked
            self._stop = error
            return
        task.attempts += 1
        self._attempts += 1
        self._booked += worst or 0
        self._flights[number] = _Flight(task, number, worst, now)
        arguments = (self._caller.send, self._caller._landed, number, task.question.body)
        threading.Thread(target=_fly, args=arguments, daemon=True).start()

    def _tell_limit(self, limit: str) -> str:
        return (
            f"the limit of {limit} is reached: {self._attempts:,} requests,"
            f" ${self._booked / 1e9:.4f} so far; every answer is stored, raise the limit to go on"
        )

    def _wait(self) -> None:
        """Wait for a reply, or until something may be sent."""
        if self._flights:
            self._land(self._next_event())
        elif self._waiting and not self._is_ending:
            ready = min(task.ready_at for task in self._waiting)
            pause = max(ready, self._caller._pause_until) - self._clock.monotonic()
            if pause > 0:
                self._caller.listen(f"waiting {pause:.0f} s before the next request")
                self._is_idle = True
                self._clock.sleep(min(pause, 30.0))
                self._is_idle = False

    def _next_event(self) -> float:
        """Return how many seconds to wait for a reply at most."""
        now = self._clock.monotonic()
        deadline = self._options.deadline * _GRACE
        ends = [flight.started_at + deadline for flight in self._flights.values()]
        is_full = self._is_blocked or len(ends) >= self._options.concurrency
        if not is_full and not self._is_ending:
            ends += [max(task.ready_at, self._caller._pause_until) for task in self._waiting]
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
        meaning = read_response(response)
        ending = self._caller.conclude(meaning, response)
        try:
            self._caller.log.finish(flight.number, ending)
        except StoreError as error:  # the log has put the reply elsewhere; the rest still lands
            self._stop = error
            return
        if ending.charge is not Charge.UNKNOWN:
            self._booked += (ending.cost or 0) - (flight.worst or 0)
        pause = limit_wait(response.headers, self._clock.time())
        self._pause(min(pause, self._options.max_wait))
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
            self._replies[task.question.key] = Reply(error=meaning.reason)
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
        self._waiting.append(task)
        if response.status in (429, 529):
            self._pause(max(wanted, first))

    def _pause(self, seconds: float) -> None:
        """Send nothing for a while: the server said that it is too much."""
        until = self._clock.monotonic() + seconds
        self._caller._pause_until = max(self._caller._pause_until, until)


def _check_prices(options: LlmOptions, spent: Spent) -> None:
    """Refuse a limit in dollars where nobody knows what was, or will be, spent.

    Raises:
        OptionsError: A price is missing.
    """
    if options.facts.price is None:
        raise OptionsError(
            f"--max-cost needs a price, and none is known for '{options.model}';"
            " give input_price and output_price in section [llm], or use --max-calls"
        )
    if spent.unpriced:
        raise OptionsError(
            f"--max-cost cannot be kept: {spent.unpriced:,} requests in this store have no known"
            " price; use --max-calls or another store"
        )


def _fly(
    send: Callable[[Mapping[str, Any]], Response],
    landed: Queue[tuple[int, Response]],
    number: int,
    body: Mapping[str, Any],
) -> None:
    """Send in a thread of its own; the reply goes to whoever keeps the log."""
    landed.put((number, send(body)))
