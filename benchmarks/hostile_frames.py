"""Frame generated hostile pairs and read each frame back: it must hold exactly the two samples.

python -m benchmarks.hostile_frames [--pairs 100000] [--seed 0]
"""

from __future__ import annotations

import argparse
import random
import sys

from tagraph.data import ASSISTANT, HUMAN, Turn
from tagraph.stages.pair_question import frame_pair
from tests.stages.test_pair_question import HOSTILE, read_frame

ROLES = (HUMAN, ASSISTANT, "system", "</samples>", "first")


def draw_text(rng: random.Random) -> str:
    """Return hostile parts, now and then cut, doubled, or mixed with any character."""
    parts = rng.choices(HOSTILE, k=rng.randint(0, 6))
    text = "".join(parts)
    if rng.random() < 0.3:
        text = text[rng.randint(0, len(text)) :]
    if rng.random() < 0.3:
        text += "".join(chr(rng.choice((rng.randrange(0xD800), 0x1F600))) for _ in range(4))
    return text * rng.choice((1, 1, 1, 2))


def draw_talk(rng: random.Random) -> list[Turn]:
    """Return a conversation of hostile turns."""
    return [Turn(rng.choice(ROLES), draw_text(rng)) for _ in range(rng.randint(0, 4))]


def main() -> None:
    """Print how many pairs were framed, and how many came back otherwise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng, forged, last = random.Random(chosen.seed), 0, "x"
    for _ in range(chosen.pairs):
        first, second = draw_talk(rng), draw_talk(rng)
        if rng.random() < 0.1:
            first = [*first, Turn(ASSISTANT, last)]  # a frame that was seen before
        last = frame_pair(first, second)
        forged += read_frame(last) != (first, second)
    print(f"{chosen.pairs:,} hostile pairs, seed {chosen.seed}: {forged} forged")
    sys.exit(bool(forged))


if __name__ == "__main__":
    main()
