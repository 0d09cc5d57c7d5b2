"""Reading what a chat client sends: every part may be missing, of another type, or huge.

A payload is signed by its platform but written by whoever uses the client. What is not as documented raises
`Malformed`, whose message names the part and never its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cards.text import clean

LONGEST: Final = 10_000
"""Characters of a text; the platforms' own limits are below it."""


class Malformed(ValueError):
    """The payload is not what the platform documents, or not what we drew."""


def mapping(value: object, name: str) -> Mapping[str, Any]:
    """An object. Malformed for anything else."""
    if not isinstance(value, Mapping):
        raise Malformed(f"{name} is not an object")
    return value


def text_in(holder: Mapping[str, Any], name: str, *, needed: bool = False, longest: int = LONGEST) -> str:
    """A text field; "" when it is absent or null and not needed."""
    value = holder.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is not a text")
    if len(value) > longest:
        raise Malformed(f"{name} is too long")
    if needed and not value:
        raise Malformed(f"{name} is empty")
    return clean(value)


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object field; empty when it is absent or null."""
    value = holder.get(name)
    return {} if value is None else mapping(value, name)
