"""What a fuzzer found, or begins with, once more: `benchmarks/fuzz.py` goes on from here."""

from pathlib import Path

import pytest

from tests.fuzzing import TARGETS

CORPUS = Path(__file__).with_name("corpus")


@pytest.mark.parametrize("name", TARGETS)
def test_every_case_of_the_corpus_is_read_or_refused(name: str) -> None:
    cases = sorted((CORPUS / name).iterdir())
    assert len(cases) >= 3
    for case in cases:
        data = case.read_bytes()
        for cut in (len(data), len(data) // 2, 0):
            TARGETS[name](data[:cut])
