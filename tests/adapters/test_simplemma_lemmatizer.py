import sys

import pytest

from tagraph.adapters.simplemma_lemmatizer import NoLemmatizer, SimplemmaLemmatizer
from tagraph.errors import MissingPackageError, OptionsError


@pytest.mark.parametrize(
    ("language", "tag", "lemma"),
    [
        ("de", "rezepte", "rezept"),
        ("de", "häuser bauen", "haus bauen"),
        ("fr", "recettes", "recette"),
        ("es", "canciones", "canción"),
        ("ru", "рецепты", "рецепт"),
        ("de", "opa", "opa"),
        ("de", "x" * 50, "x" * 50),
        ("de", "", ""),
        ("de", "abc123 🎉", "abc123 🎉"),
    ],
)
def test_words_come_in_their_dictionary_form(language: str, tag: str, lemma: str) -> None:
    assert SimplemmaLemmatizer(language).lemmatize([tag]) == [lemma]


def test_known_words_are_those_of_the_language() -> None:
    assert SimplemmaLemmatizer("de").knows(["rezept", "zzqy"]).tolist() == [True, False]


def test_the_key_names_version_and_language() -> None:
    assert SimplemmaLemmatizer("de").key.startswith("simplemma-")
    assert SimplemmaLemmatizer("de").key != SimplemmaLemmatizer("fr").key


def test_a_language_without_a_dictionary_is_refused_with_those_there_are() -> None:
    with pytest.raises(OptionsError, match=r"no lemmas for language 'zz'.* de .*"):
        SimplemmaLemmatizer("zz")


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simplemma.strategies.dictionaries.dictionary_factory", None)
    with pytest.raises(MissingPackageError, match="languages"):
        SimplemmaLemmatizer("de")


def test_no_lemmatizer_changes_and_knows_nothing() -> None:
    none = NoLemmatizer()
    assert none.lemmatize(["Rezepte", ""]) == ["Rezepte", ""]
    assert none.knows(["a", "b"]).tolist() == [False, False]
