from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from tagraph.config import Config, fingerprint, plain
from tagraph.errors import OptionsError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tagraph.toml"
    path.write_text(text)
    return path


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    config = Config.from_toml(write(tmp_path, '[selection]\npolicy = "global"\n'))

    assert config.selection.policy == "global"
    assert config.changed({"selection": {"policy": "equal"}}, "x") == Config()


def test_a_seed_at_the_top_holds_for_every_step(tmp_path: Path) -> None:
    config = Config.from_toml(write(tmp_path, "seed = 7\n"))

    assert (config.seed, config.communities.seed) == (7, 7)
    assert (config.tournament.seed, config.selection.seed) == (7, 7)


def test_a_whole_number_may_stand_for_a_fraction(tmp_path: Path) -> None:
    config = Config.from_toml(write(tmp_path, "[tournament]\ncalls_per_item = 4\n"))

    assert config.tournament.calls_per_item == 4.0
    assert isinstance(config.tournament.calls_per_item, float)


def test_every_option_can_be_set_to_its_own_default() -> None:
    config = Config()
    for part in fields(config):
        section = getattr(config, part.name)
        if is_dataclass(section):
            for option in fields(section):
                value = {option.name: getattr(section, option.name)}
                assert config.changed({part.name: value}, "here") == config


def test_options_that_are_words_take_every_word_they_know() -> None:
    values = {
        "graph": {"association": "cosine"},
        "clusters": {"method": "tags"},
        "communities": {"objective": "cpm"},
        "tournament": {"goal": "ranking"},
    }

    config = Config().changed(values, "here")

    assert (config.graph.association, config.clusters.method) == ("cosine", "tags")
    assert (config.communities.objective, config.tournament.goal) == ("cpm", "ranking")


def test_a_seed_given_to_the_configuration_holds_for_every_step() -> None:
    assert Config(seed=7).tournament.seed == Config(seed=7).communities.seed == 7
    assert Config(seed=7).changed({}, "x") == Config(seed=7)
    assert Config().changed({"tournament": {"seed": 3}}, "x").tournament.seed == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed = 3", "unknown option 'speed' in .*tagraph.toml; known are"),
        ("[graph]\nspeed = 3", r"unknown option 'speed' in \[graph\] of .*tagraph.toml"),
        ("[selection]\npolicy = 3", r"'policy' in \[selection\] of .* is 3; it must be a text"),
        ("seed = 99999999999999999999", "must be a whole number of at most"),
        ("[tournament]\ncalls_per_item = inf", "calls_per_item must be 0 or more"),
        ("[graph]\nassociation = 'magic'", "association"),
        ("seed = true", "'seed' in .* is True; it must be a whole number"),
        ("[tournament]\ncalls_per_item = 'x'", "must be a number"),
        ("graph = 3", r"'graph' in .* must be a section, \[graph\]"),
        ("[selection]\npolicy = 'best'", "policy is 'best'; choose one of"),
        ("seed = ", "is not TOML"),
        ("seed = 9" + "9" * 5000, "is not TOML"),
        ("seed = " + "[" * 5000, "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(OptionsError, match=said) as caught:
        Config.from_toml(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="No such file"):
        Config.from_toml(tmp_path / "missing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(OptionsError, match="is not TOML"):
        Config.from_toml(tmp_path / "bytes.toml")


def test_a_fingerprint_depends_on_step_parent_and_every_option() -> None:
    options = {"graph": Config().graph}
    changed = {"graph": Config().changed({"graph": {"min_count": 7}}, "x").graph}
    prints = {
        fingerprint("graph", "p", options),
        fingerprint("rank", "p", options),
        fingerprint("graph", "q", options),
        fingerprint("graph", "p", changed),
    }

    assert len(prints) == 4
    assert fingerprint("graph", "p", dict(options)) in prints


def test_options_become_plain_values_for_json() -> None:
    assert plain({1: (float("inf"), None, [True])}) == {"1": ["inf", None, [True]]}
