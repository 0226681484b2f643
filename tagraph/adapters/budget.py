"""What may still be sent: a worst case is reserved before a request, its cost takes its place."""

from __future__ import annotations

from tagraph.errors import BudgetReachedError, OptionsError
from tagraph.stages.model_facts import Price, worst_cost
from tagraph.steps.calls import Charge, Ending, Question, Spent
from tagraph.steps.llm_options import LlmOptions


class Budget:
    """The limits of `options`, and what is booked against them: everything in the store.

    Raises:
        OptionsError: There is a limit in dollars, but a price is unknown.
    """

    def __init__(self, options: LlmOptions, spent: Spent) -> None:
        self._max_calls, self._max_cost = options.max_calls, options.max_cost
        self._attempts, self._booked = spent.attempts, spent.cost
        if self._max_cost is not None:
            _check_prices(options, spent)

    def lacks_calls(self) -> bool:
        """Return whether the limit of requests is reached."""
        return self._max_calls is not None and self._attempts >= self._max_calls

    def lacks_money(self, worst: int | None) -> bool:
        """Return whether a request might pass the limit in dollars; a reply may free some."""
        limit = self._max_cost
        return limit is not None and self._booked + (worst or 0) > limit * 1e9

    def reserve(self, worst: int | None) -> None:
        """Book a request that is about to be sent."""
        self._attempts += 1
        self._booked += worst or 0

    def settle(self, worst: int | None, ending: Ending) -> None:
        """Book what a request did cost; an unclear charge stays at its worst case."""
        if ending.charge is not Charge.UNKNOWN:
            self._booked += (ending.cost or 0) - (worst or 0)

    def error(self) -> BudgetReachedError:
        """Return what to tell where no further request is possible."""
        limit = f"{self._max_calls:,} requests" if self.lacks_calls() else f"${self._max_cost:g}"
        return BudgetReachedError(
            f"the limit of {limit} is reached: {self._attempts:,} requests,"
            f" ${self._booked / 1e9:.4f} so far; every answer is stored, raise the limit to go on"
        )


def worst_of(question: Question, price: Price | None) -> int | None:
    """Return the most a question can cost in billionths of a dollar, None without a price."""
    if price is None:
        return None
    return worst_cost(price, len(question.encoded), question.max_tokens)


def _check_prices(options: LlmOptions, spent: Spent) -> None:
    """Refuse a limit in dollars where nobody knows what was, or will be, spent."""
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
