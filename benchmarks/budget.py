"""Draw prices and limits at random and hold what a server charged against the limit.

Each run asks through the real SDK, several questions at a time, until the limit stops it. The
server on this machine counts tokens in its own way, is busy at times, and loses some replies after
it has charged for them; its ledger, not ours, says what a run cost.

    python -m benchmarks.budget [--pairs 100] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from itertools import pairwise

from tagraph.adapters.caller import Caller
from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.language_model import LanguageModel
from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.errors import TagraphError
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.fakes import TestClock
from tests.messages_server import Body, Say, error, longer_wins, serving

N_PAIRS = 12  # questions of a run that no limit stops
TYPICAL = 700, 40  # tokens in and out of one question, for limits that some runs meet


class Till:
    """What the server charged in one run, in dollars, lost replies included."""

    def __init__(self, input_price: float, output_price: float, draw: random.Random) -> None:
        self.prices, self.draw, self.charged = (input_price, output_price), draw, 0.0

    def __call__(self, body: Body, number: int) -> Say:
        """Answer, and charge."""
        fault = self.draw.random()
        if fault < 0.1:
            return error(529, "overloaded_error")
        said = longer_wins(body, number)
        usage = json.loads(said.body)["usage"]
        tokens = usage["input_tokens"], usage["output_tokens"]
        self.charged += sum(n * price for n, price in zip(tokens, self.prices, strict=True)) / 1e6
        return Say(reset=True, name="lost") if fault < 0.2 else said


def run_once(url: str, till: Till, limit: float, concurrency: int) -> bool:
    """Ask about some pairs under a limit; return whether it stopped the run."""
    told, said = till.prices
    options = LlmOptions(
        model="m",
        base_url=url,
        max_cost=limit,
        input_price=told,
        output_price=said,
        concurrency=concurrency,
    )
    samples = [
        Sample(str(i), (Turn(HUMAN, "q"), Turn(ASSISTANT, "x " * till.draw.randint(1, 300))))
        for i in range(N_PAIRS + 1)
    ]
    with Store() as store:
        send = MessagesTransport(url).send
        caller = Caller(send, store.calls, options, clock=TestClock())
        judge = ClaudeJudge(LanguageModel(options, caller.ask))
        try:
            judge.compare(list(pairwise(samples)))
        except TagraphError:
            return True
    return False


def main() -> None:
    """Print how many runs a limit stopped, how much of it they used, and how many passed it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    draw = random.Random(chosen.seed)
    stopped, used, over = 0, [], 0
    with serving() as server:
        for _ in range(chosen.pairs):
            prices = 10 ** draw.uniform(-2, 2), 10 ** draw.uniform(-2, 2)
            usual = sum(n * price for n, price in zip(TYPICAL, prices, strict=True)) / 1e6
            limit = usual * draw.uniform(0, 6 * N_PAIRS)
            server.script = till = Till(*prices, draw)
            is_stopped = run_once(server.url, till, limit, draw.randint(1, 8))
            stopped += is_stopped
            over += till.charged > limit
            used += [till.charged / limit] if is_stopped else []
        print(f"{chosen.pairs} pairs of prices and limit, {server.ledger.n_requests} requests")
    print(f"{stopped} runs were stopped, at {sum(used) / max(1, len(used)):.0%} of the limit")
    print(f"{over} runs were charged more than their limit")
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
