"""Text at the border: cleaned once on the way in, escaped once on each way out."""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ASCII_TO_CLEAN = bytes({*range(32), 127} - set(b"\t\n"))
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)  # what a terminal acts on or does not show; joiners stay, for emoji and scripts need them
_BLANKS = re.compile(r"\s+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return `text` as valid Unicode: NFC, Unix line ends, no controls, no lone surrogates.

    Idempotent. Tabs and line ends stay; a lone surrogate becomes U+FFFD.
    """
    if is_plain(text):
        return text
    text = _SURROGATES.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text))


def is_plain(text: str) -> bool:
    """Return whether a text is ASCII and plainly clean; most texts are, and it is fast to see."""
    return text.isascii() and len(text.encode().translate(None, _ASCII_TO_CLEAN)) == len(text)


def clean_texts(texts: Sequence[str]) -> list[str]:
    """Return every text as `clean_text` does; the ASCII ones are looked at together."""
    if is_plain("".join([text for text in texts if text.isascii()])):
        return [text if text.isascii() else clean_text(text) for text in texts]
    return list(map(clean_text, texts))


def clean_tag(tag: str) -> str:
    """Return `tag` on one line: cleaned, without bidi marks, blanks collapsed and trimmed."""
    if tag.isascii() and tag.isprintable():
        return " ".join(tag.split())
    return _BLANKS.sub(" ", _BIDI.sub("", clean_text(tag))).strip()


def are_clean_tags(tags: Sequence[str]) -> bool:
    """Return whether tags, none of them empty, are ASCII and plainly clean, all at one look."""
    line = f"|{'|'.join(tags)}|"
    if not (line.isascii() and line.isprintable()):
        return False
    return not ("  " in line or " |" in line or "| " in line)


# Cyrillic, Greek and Armenian small letters that look like Latin ones; after Unicode's UTS 39.
_ALIKE = dict(
    zip(
        map(ord, "асԁеһіјӏոорԛгѕѵԝхуαεικνορτυχγω"),
        "acdehijlnopqrsvwxyaeikvoptuxyw",
        strict=True,
    )
)


def skeleton(text: str) -> str:
    """Return what a case-folded text looks like, in Latin letters: to compare, never to keep."""
    return text if text.isascii() else text.translate(_ALIKE)


def shorten(text: str, width: int) -> str:
    """Return `text` on one line of at most `width` characters, cut with an ellipsis."""
    line = _BLANKS.sub(" ", text[: 4 * width + 64]).strip()
    return line if len(line) <= width else line[: max(0, width - 1)].rstrip() + "…"


_LONGEST_NAME, _MOST_BLANKS = 40, 3


def as_name(text: str) -> str:
    """Return a name that data gave, for a message; of what is longer than names are, its length.

    In the place of a name, such as that of a field or a role, may stand anybody's text.
    """
    name = clean_tag(text)
    is_name = len(name) <= _LONGEST_NAME and name.count(" ") <= _MOST_BLANKS
    return name if is_name else f"({len(text):,} characters)"


def digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of length-prefixed `parts` as 64 hex digits."""
    return hashlib.sha256(b"".join(map(prefix_length, parts))).hexdigest()


def digest_each(first: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `digest(first, part)` of each part as 32 bytes, reading the first only once.

    The parts come as `prefix_length` returns them, since they may be digested with many firsts.
    """
    begun = hashlib.sha256(prefix_length(first))
    for part in parts:
        both = begun.copy()
        both.update(part)
        yield both.digest()


def prefix_length(part: str | bytes) -> bytes:
    """Return a part as bytes behind their number, so that joined parts keep their borders."""
    data = part.encode() if isinstance(part, str) else part
    return len(data).to_bytes(8, "big") + data


def digest_row(name: str, values: Iterable[str | bytes | int | float | None]) -> str:
    """Return the digest of a row's values, which no other row of values has.

    Args:
        name: What is digested, and in which version.
        values: As SQLite holds them; a number and its text differ, nothing and no text too.
    """
    return digest(name, *(_spell(value) for value in values))


def _spell(value: str | bytes | int | float | None) -> bytes:
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, str):
        return b"s" + value.encode()
    return b"n" if value is None else f"{type(value).__name__} {value!r}".encode()


_LINE_ENDS = ("\x7f", "\x85", "\u2028", "\u2029")  # what some readers take for the end of a line


def frame_json(name: str, data: str) -> str:
    """Return JSON for a language model, in a frame of four lines that no text in it can forge.

    JSON keeps every line break of a text inside a string, so no text can end the line that holds
    the data; the markers around it hold a digest of the data, so no text can know them.
    """
    for char in _LINE_ENDS:
        data = data.replace(char, f"\\u{ord(char):04x}")
    marker = f"samples-{digest('frame 1', data)[:16]}"
    told = f"The {name} are the JSON between <{marker}> and </{marker}>."
    return f"{told}\n<{marker}>\n{data}\n</{marker}>"


def escape_terminal(text: str) -> str:
    """Return `text` on one line for a terminal: what acts or does not show, as an escape."""
    return _HIDDEN.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    """Return a character as Python spells it."""
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escape_json(json: str) -> str:
    """Return JSON that says the same and that no terminal acts on: controls and bidi as escapes.

    Line ends between values stay; those of texts are escaped in JSON anyway.
    """
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def escape_html(text: str) -> str:
    """Return `text` for HTML content and quoted attributes."""
    return html.escape(_BIDI.sub("", text), quote=True)


def escape_markdown(text: str) -> str:
    """Return `text` on one line of Markdown, or in a cell of its tables, as it is."""
    line = _BLANKS.sub(" ", clean_text(text)).strip()
    return _LINKING.sub("<!-- -->", escape_html(_MARKS.sub(r"\\\1", line)))


_MARKS = re.compile(r"([\\`*_\[\]|#~!])")
_LINKING = re.compile(r"(?=://|@)|(?<=www)(?=\.)", re.IGNORECASE)  # what makes a bare link


def escape_toml(text: str) -> str:
    """Return `text` as a string of TOML, quotes included."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def escape_cell(text: str) -> str:
    """Return `text` for a cell of a spreadsheet: what would be a formula, behind an apostrophe.

    A text with apostrophes before such a sign gets one more, too: dropping the first apostrophe of
    apostrophes and a sign gives every text back.
    """
    return "'" + text if text.lstrip("'").startswith(_FORMULA_SIGNS) else text


_SCRIPT_MARKS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def escape_script(json: str) -> str:
    """Return JSON for a script element of an HTML page: no text in it can end the element."""
    return _BIDI.sub("", json).translate(_SCRIPT_MARKS)
