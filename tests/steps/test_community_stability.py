from dataclasses import replace

import numpy as np
import pytest

from tagraph.errors import InputError, OptionsError
from tagraph.steps.community_stability import CHANGES, StabilityOptions, assess_communities
from tagraph.steps.graph import build_tag_graph
from tagraph.steps.tag_communities import CommunityOptions, detect_communities
from tests.steps.test_cluster import draw_bags

PLAIN = CommunityOptions(n_communities=6, runs=5)


def test_planted_topics_stand_every_change_and_a_wrong_map_does_not() -> None:
    bags = draw_bags()
    graph = build_tag_graph(bags)
    found = assess_communities(
        bags, detect_communities(graph, PLAIN), StabilityOptions(repeats=2), leiden=PLAIN
    )
    assert min(found.whole) > 0.9
    assert found.each.shape == (len(CHANGES), len(found.names))
    assert found.each.min() > 0.7
    right = detect_communities(graph, PLAIN)
    mixed = np.random.default_rng(0).permutation(right.membership)
    wrong = assess_communities(bags, replace(right, membership=mixed), leiden=PLAIN)
    assert max(wrong.whole) < 0.2
    assert found.to_pandas().columns.tolist() == ["community", "name", *CHANGES]
    assert "over other seeds" in found._repr_html_()
    assert "subsets" in repr(found)


def test_vectors_are_cut_to_the_tags_of_a_subset() -> None:
    bags = [*draw_bags(), ["once"]]
    vocabulary = sorted({tag for bag in bags for tag in bag})
    vectors = np.random.default_rng(0).normal(size=(len(vocabulary), 8))
    found = detect_communities(build_tag_graph(bags, vectors=vectors), PLAIN)
    assessed = assess_communities(
        bags, found, StabilityOptions(repeats=1, share=0.5), leiden=PLAIN, vectors=vectors
    )
    assert np.isfinite(assessed.each).all()


def test_communities_of_other_tags_and_wrong_options_are_refused() -> None:
    found = detect_communities(build_tag_graph([["a", "b"]]))
    with pytest.raises(InputError, match="not of these bags' tags"):
        assess_communities([["a", "c"]], found)
    with pytest.raises(OptionsError, match="repeats must be at least 1"):
        StabilityOptions(repeats=0)
    with pytest.raises(OptionsError, match="share must lie between 0 and 1"):
        StabilityOptions(share=1.0)
