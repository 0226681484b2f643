from pathlib import Path

import pytest

from tagraph.adapters import bundled_models
from tagraph.adapters.bundled_models import ENGLISH, MINILM, checked_folder
from tagraph.errors import MissingPackageError


@pytest.mark.parametrize("model", [MINILM, ENGLISH])
def test_the_bundled_weights_are_the_expected_ones(model: tuple[str, dict[str, str]]) -> None:
    folder = checked_folder(*model)

    assert all((folder / name).is_file() for name in model[1])


def test_changed_weights_are_refused_before_they_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_weights"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "weights").write_bytes(b"evil")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(MissingPackageError, match="reinstall some_weights from a source you trust"):
        checked_folder("some_weights", {"weights": "0" * 64})


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingPackageError, match="no_such_weights is missing"):
        checked_folder("no_such_weights", {})


def test_models_are_loaded_once() -> None:
    assert bundled_models.load_english() is bundled_models.load_english()
