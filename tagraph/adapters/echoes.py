"""What a server says back of a question, left out: errors and logs repeat no text of a sample."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tagraph.text import clean_text

_WORD = re.compile(r"[^\W_]+")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+[nrtbf]")
_REPEATED = 16  # letters and digits in a row that stand in a question, too


def leave_out_echo(said: str, asked: Mapping[str, Any]) -> str:
    """Return what a server said, an ellipsis for words in a row that stand in the question, too."""
    question, plain = _letters(json.dumps(asked)), _unescape(said)
    words = list(_WORD.finditer(plain))
    kept, done, first = "", 0, 0
    while first < len(words):
        run, last = words[first][0], first + 1
        while run in question and last < len(words) and run + words[last][0] in question:
            run, last = run + words[last][0], last + 1
        if run in question and len(run) >= _REPEATED:
            kept, done = f"{kept}{plain[done : words[first].start()]}…", words[last - 1].end()
            first = last
        else:
            first += 1
    return clean_text(kept + plain[done:]) if done else said


def _letters(text: str) -> str:
    """Return the letters and digits of JSON, however often it was escaped."""
    return "".join(_WORD.findall(_unescape(text)))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
