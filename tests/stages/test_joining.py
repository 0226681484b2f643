import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Bags
from tagraph.stages.joining import join_bags


@given(st.integers(0, 300))
def test_rows_of_both_pools_keep_their_tags_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pools = [
        [rng.choice(list("abcdefgh"[part:]), rng.integers(0, 4), replace=False).tolist()]
        * int(rng.integers(0, 5))
        for part in (0, 3)
    ]
    both = [*pools[0], *pools[1]]
    order = rng.permutation(len(both))

    joined = join_bags(Bags.of(pools[0]), Bags.of(pools[1]), order)

    assert list(joined) == [both[row] for row in order.tolist()]
    assert joined.vocabulary == tuple(sorted({tag for bag in both for tag in bag}))
