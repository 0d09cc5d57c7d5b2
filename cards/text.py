"""Text of unknown origin before it is drawn anywhere: without what hides or reorders, and cut to a length."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Control characters, surrogates, and the invisible ones that reorder a line (bidi embeddings, overrides, isolates).
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without what no reader should meet: controls, line-reordering characters, broken surrogates."""
    if text.isascii() and text.isprintable():
        return text
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", _SURROGATE.sub("\ufffd", unified))


def units(text: str) -> int:
    """Length as JavaScript clients count it, in UTF-16 units: never less than the number of characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int) -> str:
    """`text`, cut to `limit` UTF-16 units with "…" as the last; not in the middle of a joined letter or emoji."""
    if units(text) <= limit:
        return text
    room, kept = limit - 1, 0
    for letter in text:
        room -= 2 if ord(letter) > 0xFFFF else 1
        if room < 0:
            break
        kept += 1
    while kept and (unicodedata.combining(text[kept]) or text[kept] in "\u200d\ufe0f" or text[kept - 1] == "\u200d"):
        kept -= 1
    return text[:kept].rstrip() + "…"


def one_line(text: str, limit: int = 300) -> str:
    """`text` on one line, for subjects and names."""
    return clip(" ".join(clean(text).split()), limit)
