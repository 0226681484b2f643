import numpy as np
import pytest

from tagraph.errors import InputError
from tagraph.stages.unit_vectors import check_vectors


def test_vectors_are_brought_to_unit_length_and_zero_stays_zero() -> None:
    unit = check_vectors(np.array([[3.0, 4.0], [0.0, -0.0]]), 2, "tag")
    assert unit.tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert not np.signbit(unit).any()


@pytest.mark.parametrize("vectors", [np.ones((3, 2)), np.ones(2)])
def test_vectors_of_the_wrong_shape_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(InputError, match="one row for each tag: 2"):
        check_vectors(vectors, 2, "tag")


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        check_vectors(np.array([[np.nan, 1.0]]), 1, "sample")
