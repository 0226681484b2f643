"""Shared generators of the frozen types."""

from hypothesis import strategies as st

from tagraph.data import ASSISTANT, HUMAN, Sample, Turn, digest_turns

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(str.strip)
bags = st.lists(st.lists(words, max_size=5), min_size=1, max_size=12)


@st.composite
def pools(draw: st.DrawFn, min_size: int = 1, max_size: int = 12) -> list[Sample]:
    """Samples with distinct texts and ids that are digests of them."""
    queries = draw(st.lists(words, min_size=min_size, max_size=max_size, unique=True))
    samples = []
    for row, query in enumerate(queries):
        turns = (Turn(HUMAN, query), Turn(ASSISTANT, draw(words)))
        tags = tuple(draw(st.lists(words, max_size=3)))
        samples.append(Sample(digest_turns(turns)[:20], turns, tags, row, "made up"))
    return samples
