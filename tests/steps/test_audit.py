import numpy as np

from tagraph.data import ASSISTANT, HUMAN, Bags, Communities, Sample, Samples, Selection, Turn
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.audit import SUBSETS, audit_selection, count_repeats, lay_terrain
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

    audit = audit_selection(
        select(6), held, lay_terrain(BAGS, COMMUNITIES, length, np.arange(N) % 3)
    )

    subsets = [name for name in SUBSETS if name != "covering"]
    assert list(audit.coverage) == subsets
    assert [audit.coverage[name].rows for name in subsets] == [6, 6, 6, 6, 6, N]
    assert audit.coverage["pool"].tags == 1
    assert audit.coverage["longest"].mean_length >= audit.coverage["selection"].mean_length
    assert audit.coverage["longest"].near_duplicates == 2 / 6
    lines = audit.tell()
    assert lines[0].split() == ["selection", "random", "20", "draws", "longest", "pool"]
    assert len({len(line) for line in lines}) == 1
    assert max(map(len, lines)) < 80
    assert audit.to_pandas().columns.tolist() == ["measure", *subsets]
    assert "audit of 6" in audit._repr_html_()
    assert repr(audit) == "<audit of 6 selected samples>"


def test_random_draws_lie_between_the_lowest_and_the_highest() -> None:
    held, length = samples(), np.array([len(s.response) for s in samples()])

    found = audit_selection(
        select(6), held, lay_terrain(BAGS, COMMUNITIES, length, np.arange(N) % 3)
    ).coverage

    for name in ("tags", "communities", "mean_length"):
        low, mean, high = (
            getattr(found[subset], name) for subset in ("random_low", "random", "random_high")
        )
        assert low <= mean <= high
    assert found["random_low"].tags < found["random_high"].tags


def test_a_policy_that_covers_more_is_named_with_its_price() -> None:
    held, length = samples(), np.array([len(s.response) for s in samples()])
    strength, cluster = -np.arange(N).astype(float), np.arange(N) % 3
    same_tags = Bags.of([["t"] if i < 6 else ["t", f"u{i}"] for i in range(N)])
    communities = Communities.of_one_level(
        same_tags.vocabulary, np.zeros(len(same_tags.vocabulary), dtype=np.int64), "a", "none"
    )

    terrain = lay_terrain(same_tags, communities, length, cluster, strength)

    def tell(covering: list[int] | None) -> list[str]:
        rows = None if covering is None else np.array(covering)
        chosen = select_pool(Pool(held.ids, clustering(cluster.tolist(), *"abc"), strength), 6)
        audit = audit_selection(chosen, held, terrain, rows)
        return audit.tell()

    *_, line = tell([6, 7, 8, 9, 10, 11])
    assert line == (
        "`--policy covering` covers more tags (28.0% for 4.0%) with rows that stand lower in their"
        " clusters (72.2% for 94.4%). Random rows cover as much as this selection."
    )
    assert tell([0, 1, 2, 3, 4, 5])[-1].split()[-2:] == ["94.4%", "50.0%"]  # it covers no more
    assert "covering" not in tell(None)[0]


def test_near_duplicates_are_counted_once_each() -> None:
    assert count_repeats(samples(), np.array([0, 1, 2, 9])) == 0.5
    assert count_repeats(samples(), np.empty(0, dtype=np.int64)) == 0
