"""Read the recorded-style replies of taggers, and print what was read and what was caught.

    python -m benchmarks.tagger_replies

Each file of `tests/adapters/tagger_replies` answers a question about the same four samples, in a
shape that models write where nothing but words asks them for JSON.
"""

from __future__ import annotations

from pathlib import Path

from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.stages.tag_question import TagReading
from tagraph.steps.calls import Reply
from tagraph.steps.llm_options import LlmOptions

REPLIES = Path(__file__).resolve().parents[1] / "tests" / "adapters" / "tagger_replies"
IDS = ["3f9a1c20b7de", "0b77d1e4a9c2", "918273645546", "c4e81f6a2d03"]
TAGGER = ClaudeTagger(LanguageModel(LlmOptions(model="m", structure="prompt")))


def read(path: Path) -> TagReading:
    """Return what the tagger reads of one reply."""
    content = [{"type": "text", "text": path.read_text()}]
    return TAGGER.read(Reply({"content": content, "stop_reason": "end_turn"}), IDS)


def main() -> None:
    """Print one line per reply, and the totals."""
    n_tags: list[int] = []
    paths = sorted(REPLIES.glob("*.txt"))
    for path in paths:
        found = read(path)
        n_tags += [len(tags) for tags in found.tags.values()]
        print(f"{path.stem:26} {len(found.tags)} of {len(IDS)}  {'; '.join(found.problems)}")
    share = len(n_tags) / (len(paths) * len(IDS))
    print(f"{len(paths)} replies: {share:.1%} of their samples are read", end=", ")
    print(f"{sum(n_tags) / len(n_tags):.2f} tags each")


if __name__ == "__main__":
    main()
