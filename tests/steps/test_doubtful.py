from tagraph.data import Bags
from tagraph.stages.merge import Groups
from tagraph.steps.doubtful import doubtful_links
from tagraph.steps.tag_vocabulary import TagVocabulary
from tests.fakes import DictLemmatizer, LetterEncoder


def _pairs(tags: list[str], encoder: LetterEncoder | None) -> dict[tuple[str, str], float]:
    vocabulary = TagVocabulary.read(Bags.of([tags]), DictLemmatizer())
    links = doubtful_links(vocabulary, Groups(len(tags)), encoder, word_lists=True)
    names = vocabulary.tags
    return {(names[link.left], names[link.right]): link.similarity for link in links}


def test_close_spellings_are_found_without_an_encoder() -> None:
    assert set(_pairs(["stone", "stona", "paper"], None)) == {("stona", "stone")}
    assert _pairs([], LetterEncoder()) == {}


def test_close_meanings_are_found_and_the_guard_is_asked() -> None:
    found = _pairs(["listen", "silent", "gpt 3", "gpt 4", "机器"], LetterEncoder())
    assert ("listen", "silent") in found
    assert ("gpt 3", "gpt 4") not in found
    assert all("机器" not in pair for pair in found)


def test_a_name_inside_another_is_likelier_and_a_tag_with_more_words_is_less_likely_the_same() -> (
    None
):
    inside = _pairs(["svelte", "sveltexy"], LetterEncoder())[("svelte", "sveltexy")]
    narrower = _pairs(["svelte", "svelte xy"], LetterEncoder())[("svelte", "svelte xy")]
    assert inside > narrower
    assert 0 <= narrower < inside <= 1
