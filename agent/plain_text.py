"""Text from outside, made fit to be carried: one line or a few, no invisible characters, a limit."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
"""Unicode categories that are not seen: controls, zero-width and direction marks, private use, lone surrogates."""


def visible(text: str) -> str:
    """`text` in composed form, without characters that a reader cannot see; line ends and tabs become spaces."""
    spaced = text.replace("\n", " ").replace("\r", " ").replace("\t", " ").replace("\u2028", " ").replace("\u2029", " ")
    if spaced.isascii() and spaced.isprintable():
        return spaced
    composed = unicodedata.normalize("NFKC", spaced)
    return "".join(c for c in composed if unicodedata.category(c) not in _INVISIBLE)


def line(value: object, limit: int) -> str:
    """Any value as one visible line of at most `limit` characters; "" for None."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    short = _SPACES.sub(" ", visible(text[: limit * 4])).strip()
    return short if len(short) <= limit else short[: limit - 1].rstrip() + "…"
