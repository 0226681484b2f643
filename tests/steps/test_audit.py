import numpy as np

from tagraph.data import ASSISTANT, HUMAN, Bags, Communities, Sample, Samples, Selection, Turn
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.audit import SUBSETS, audit_selection, count_repeats
from tagraph.steps.select import Pool, select_pool
from tests.steps.test_select import clustering

N = 30
LONG = "the very same long answer about the moon and the tides of the sea"


def samples() -> Samples:
    return Samples.of(
        Sample(f"s{i:02}", (Turn(HUMAN, f"query {i}"), Turn(ASSISTANT, LONG if i < 3 else "x" * i)))
        for i in range(N)
    )


BAGS = Bags.of([[f"t{i % 7}", f"u{i}"] for i in range(N)])
COMMUNITIES = Communities.of_one_level(
    BAGS.vocabulary, np.arange(len(BAGS.vocabulary)) % 5, "abcde", "none"
)


def select(k: int, likeness: float = 1.0) -> Selection:
    pool = Pool(
        samples().ids, clustering([i % 3 for i in range(N)], "a", "b", "c"), samples=samples()
    )
    return select_pool(pool, k, SelectionOptions(max_likeness=likeness))


def test_a_selection_stands_beside_pool_random_and_longest_of_its_size() -> None:
    held, length = samples(), np.array([len(s.response) for s in samples()])

    audit = audit_selection(select(6), BAGS, COMMUNITIES, held, length, np.arange(N) % 3)

    assert tuple(audit.coverage) == SUBSETS
    assert [audit.coverage[name].rows for name in SUBSETS] == [6, 6, 6, N]
    assert audit.coverage["pool"].tags == 1
    assert audit.coverage["longest"].mean_length >= audit.coverage["selection"].mean_length
    assert audit.coverage["longest"].near_duplicates == 2 / 6
    lines = audit.tell()
    assert lines[0].split() == list(SUBSETS)
    assert len({len(line) for line in lines}) == 1
    assert audit.to_pandas().columns.tolist() == ["measure", *SUBSETS]
    assert "audit of 6" in audit._repr_html_()
    assert repr(audit) == "<audit of 6 selected samples>"


def test_near_duplicates_are_counted_once_each() -> None:
    assert count_repeats(samples(), np.array([0, 1, 2, 9])) == 0.5
    assert count_repeats(samples(), np.empty(0, dtype=np.int64)) == 0
