import numpy as np
from sklearn.cluster import KMeans

from tagraph.stages.kmeans import group_by_means


def test_separate_clouds_are_found_and_numbered_by_weight() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    points = np.concatenate(
        [c + 0.3 * rng.normal(size=(n, 2)) for c, n in zip(centres, (5, 9, 7), strict=True)]
    )

    found = group_by_means(points, np.ones(21), 3, seed=0)

    assert found.tolist() == [2] * 5 + [0] * 9 + [1] * 7


def test_the_spread_inside_groups_is_near_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    points, weight = rng.normal(size=(300, 4)), rng.uniform(0.5, 3, 300)

    def spread(group: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        total = 0.0
        for number in np.unique(group):
            inside = group == number
            centre = np.average(points[inside], axis=0, weights=weight[inside])
            total += float((weight[inside, None] * (points[inside] - centre) ** 2).sum())
        return total

    ours = min(spread(group_by_means(points, weight, 8, seed)) for seed in range(5))
    theirs = KMeans(8, n_init=5, random_state=0).fit(points, sample_weight=weight).inertia_
    assert ours < 1.05 * theirs


def test_fewer_distinct_points_than_groups_make_fewer_groups() -> None:
    points = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])

    assert group_by_means(points, np.array([1.0, 1, 5]), 9, seed=0).tolist() == [1, 1, 0]
    assert group_by_means(np.empty((0, 2)), np.empty(0), 3, seed=0).tolist() == []
