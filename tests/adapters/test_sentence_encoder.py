from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.data import FloatArray

ENCODER = SentenceEncoder()
TEXTS = [
    "machine learning",
    "deep learning",
    "write a poem about the sea",
    "c++",
    "poem",
    "a long tag " * 20,
    "",
    "机器学习",
    "python programming language",
    "naïve bayes",
]


@cache
def alone(text: str) -> FloatArray:
    """Return the vector of a text that is encoded by itself."""
    found: FloatArray = ENCODER.encode([text])[0]
    return found


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12))
@settings(max_examples=5)
def test_the_bits_of_a_vector_never_depend_on_order_or_company(texts: list[str]) -> None:
    assert np.array_equal(ENCODER.encode(texts), np.array([alone(text) for text in texts]))


def test_more_texts_than_a_batch_change_nothing() -> None:
    many = [f"topic {i}" for i in range(40)] + TEXTS
    assert np.array_equal(ENCODER.encode(many)[40:], np.array([alone(text) for text in TEXTS]))


def test_vectors_are_unit_and_rounded() -> None:
    vectors = ENCODER.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float64
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(np.round(vectors, 6), vectors)


def test_close_meanings_are_closer_than_others() -> None:
    film, movie, soup = ENCODER.encode(["film review", "movie review", "tomato soup"])
    assert film @ movie > 0.8 > 0.4 > film @ soup


def test_texts_of_unknown_tokens_are_told_apart_from_known_ones() -> None:
    texts = ["machine learning", "🎉", "🎉 party", "naïve", "c++", "", "\u0d85\u0d86"]
    assert ENCODER.knows(texts).tolist() == [True, False, False, True, True, False, False]


def test_a_text_beyond_the_model_is_cut_not_refused() -> None:
    assert np.linalg.norm(ENCODER.encode(["word " * 2000])) > 0.99


def test_no_texts_give_no_vectors() -> None:
    assert ENCODER.encode([]).shape == (0, 384)
    assert ENCODER.knows([]).shape == (0,)


def test_the_bits_of_a_vector_do_not_depend_on_the_number_of_threads() -> None:
    import torch

    texts = ["how does a telescope gather light, and why so slowly? " * n for n in range(1, 16)]
    before = torch.get_num_threads()
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        found.append(ENCODER.encode(texts).tobytes())
        assert torch.get_num_threads() == count
    torch.set_num_threads(before)

    assert found[0] == found[1]
