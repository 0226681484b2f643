import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags
from tagraph.report.coverage import measure_coverage

BAGS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), min_size=1, max_size=12)


@given(BAGS)
def test_coverage_counts_shared_tags_seen_so_far(lists: list[list[str]]) -> None:
    bags = Bags.of(lists)
    order = np.random.default_rng(3).permutation(len(lists)).astype(np.int64)
    shared = {t for t in bags.vocabulary if sum(t in bag for bag in lists) >= 2}

    covered = measure_coverage(bags, order, 3, seed=0)

    seen: set[str] = set()
    for place, i in enumerate(order.tolist()):
        seen |= shared & set(lists[i])
        assert np.isclose(covered.chosen[place], len(seen) / max(1, len(shared)))
    assert covered.random.shape == (3, len(order))
    assert (np.diff(covered.random, axis=1) >= 0).all()


def test_the_draws_depend_on_the_seed_alone() -> None:
    bags = Bags.of([[f"t{i % 7}", f"u{i % 5}"] for i in range(40)])
    chosen = np.arange(6)

    one, again, other = (measure_coverage(bags, chosen, 8, seed).random for seed in (1, 1, 2))

    assert (one == again).all()
    assert (one != other).any()
