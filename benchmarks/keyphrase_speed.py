"""Samples per CPU second of the keyphrase tagger beside YAKE and KeyBERT on the same texts.

    python -m benchmarks.keyphrase_speed INSTRUCTIONS.jsonl.gz [--rows 500]
        [--rounds 3]

The texts are the queries of the first rows: `instruction` and `input`. Every model is loaded before
the clock starts; each contestant reads a tenth of the texts to be warm. Then they take turns, and
the best of each one's rounds counts: that is the one which other programs disturbed least.
KeyBERT encodes with the bundled MiniLM, phrases of one to three words, as its readme does; YAKE
takes phrases of up to three words. Both give up to five. Peers that are not installed are left out
(`pip install yake==0.7.3 keybert==0.9.0`); one thread each.
"""

import argparse
import gzip
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import orjson

from tagraph.adapters.bundled_models import load_english, load_sentence_model
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger
from tagraph.data import HUMAN, Sample, Turn

TOP = 5


def make_tagraph() -> Callable[[Sequence[str]], object]:
    """Return our tagger."""
    load_english()
    tagger = KeyphraseTagger()
    return lambda texts: tagger.tag(
        [Sample(str(i), (Turn(HUMAN, text),)) for i, text in enumerate(texts)]
    )


def make_yake() -> Callable[[Sequence[str]], object]:
    """Return YAKE at its defaults."""
    extractor = import_module("yake").KeywordExtractor(lan="en", n=3, top=TOP)
    return lambda texts: [extractor.extract_keywords(text) for text in texts]


def make_keybert() -> Callable[[Sequence[str]], object]:
    """Return KeyBERT with the bundled encoder."""
    model = import_module("keybert").KeyBERT(model=load_sentence_model())
    return lambda texts: model.extract_keywords(
        list(texts), keyphrase_ngram_range=(1, 3), stop_words="english", top_n=TOP
    )


CONTESTANTS = {
    "tagraph keyphrase": ("spacy", make_tagraph),
    "YAKE": ("yake", make_yake),
    "KeyBERT": ("keybert", make_keybert),
}


def main() -> None:
    """Print samples per CPU second of each contestant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("instructions", type=Path)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with gzip.open(asked.instructions) as lines:
        rows = [orjson.loads(line) for _, line in zip(range(asked.rows), lines, strict=False)]
    texts = ["\n\n".join(filter(None, (row["instruction"], row["input"]))) for row in rows]
    characters = sum(map(len, texts)) / len(texts)
    print(f"{len(texts)} queries of {characters:.0f} characters in the mean")
    extractors = {}
    for name, (package, make) in CONTESTANTS.items():
        if find_spec(package) is None:
            print(f"{name:20} left out: not installed")
            continue
        extractors[name] = make()
        extractors[name](texts[: len(texts) // 10])
    used: dict[str, list[float]] = {name: [] for name in extractors}
    for _ in range(asked.rounds):
        for name, extract in extractors.items():
            start = time.process_time()
            extract(texts)
            used[name].append(time.process_time() - start)
    for name, seconds in used.items():
        print(f"{name:20} {len(texts) / min(seconds):8.1f} samples per CPU second", flush=True)


if __name__ == "__main__":
    main()
