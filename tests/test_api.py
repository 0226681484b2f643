from collections.abc import Sequence
from pathlib import Path

import pytest

import tagraph
from tagraph import Config, Sample, open_store
from tagraph.errors import InputError, OptionsError

ROW = '{"instruction": "Name a %s", "output": "%s it is, no doubt.", "tags": ["%s", "naming"]}\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "pool.jsonl"
    path.write_text("".join(ROW % (w, w, w) for w in ("cat", "dog", "fox", "hen", "pig", "rat")))
    return path


def test_select_without_a_store_gives_the_same_as_with_one(source: Path, tmp_path: Path) -> None:
    bare = tagraph.select(source, 3, tagger="field")
    kept = tagraph.select(source, 3, tagger="field", store=tmp_path / "run.db")

    assert (bare.ids, bare.reasons) == (kept.ids, kept.reasons)
    assert len(bare) == 3
    with open_store(tmp_path / "run.db") as store:
        assert store.results.load_selection().ids == bare.ids


def test_arguments_take_precedence_over_the_configuration(source: Path) -> None:
    config = Config().changed({"selection": {"policy": "longest"}, "tagger": "field"}, "test")

    assert tagraph.select(source, 2, config=config).policy == "longest"
    assert tagraph.select(source, 2, config=config, policy="random", seed=4).policy == "random"


def test_a_seed_draws_other_random_rows(source: Path) -> None:
    drawn = {
        tagraph.select(source, 3, tagger="field", policy="random", seed=seed).ids
        for seed in range(4)
    }

    assert len(drawn) > 1


def test_a_tagger_of_ones_own_may_be_given(source: Path) -> None:
    class FirstWord:
        key = "first-word"

        def tag(self, samples: Sequence[Sample]) -> list[list[str]]:
            return [[sample.query.split()[-1]] for sample in samples]

    bags = tagraph.tag_samples(tagraph.read_samples(source), FirstWord())

    assert sorted(tag for bag in bags for tag in bag) == ["cat", "dog", "fox", "hen", "pig", "rat"]


def test_taggers_are_chosen_by_name(source: Path) -> None:
    samples = tagraph.read_samples(source)

    assert all("naming" in bag for bag in tagraph.tag_samples(samples, "field"))
    assert all(len(bag) >= 1 for bag in tagraph.tag_samples(samples))
    with pytest.raises(OptionsError, match="choose one of keyphrase, field"):
        tagraph.tag_samples(samples, "magic")


def test_tags_are_normalized_with_and_without_the_model() -> None:
    bags = [["Web Sites", "web-site"], ["web site"]]
    no_model = tagraph.NormalizeOptions(embedding=False)

    assert len(set(tagraph.normalize_tags(bags).canonical_of.values())) == 1
    assert len(set(tagraph.normalize_tags(bags, no_model).canonical_of.values())) == 1


def test_a_pool_smaller_than_k_is_refused_before_any_work(source: Path) -> None:
    with pytest.raises(InputError, match="the pool holds 6 samples"):
        tagraph.select(source, 7)
