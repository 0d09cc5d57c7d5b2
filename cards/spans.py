"""Lengths of time and numbers in words, for places that are drawn anew when they change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cards.words import Words

CAP: Final = 1000
"""Counters are exact up to here; above it they say so and no more."""


def span(length: timedelta, words: Words) -> str:
    """"6 min", "2 h", "2 h 5 min", "3 d 4 h"; whole minutes, at least one; the sign does not matter."""
    minutes = max(int(abs(length).total_seconds() // 60), 1)
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        parts = (words.gettext("{n} d", n=days), words.gettext("{n} h", n=hours) if hours else "")
    elif hours:
        parts = (words.gettext("{n} h", n=hours), words.gettext("{n} min", n=left) if left else "")
    else:
        parts = (words.gettext("{n} min", n=left), "")
    return " ".join(part for part in parts if part)


def short(length: timedelta, words: Words) -> str:
    """The same for lengths that are often seconds: "3 s", "74 s", then minutes from two on."""
    seconds = int(abs(length).total_seconds())
    return words.gettext("{n} s", n=seconds) if seconds < 120 else span(length, words)


def took(milliseconds: int, words: Words) -> str:
    """How long a system took: "190 ms", "4.1 s"."""
    if milliseconds < 1000:
        return words.gettext("{n} ms", n=milliseconds)
    whole, tenth = divmod(milliseconds // 100, 10)
    return words.gettext("{whole}.{tenth} s", whole=whole, tenth=tenth)


def due(at: datetime, now: datetime, words: Words) -> str:
    """"due in 42 min", or "OVERDUE by 6 min": said in words, never by colour alone."""
    if now >= at:
        return words.gettext("OVERDUE by {time}", time=span(now - at, words))
    return words.gettext("due in {time}", time=span(at - now, words))


def counted(n: int, words: Words) -> str:
    """A counter that the storage stopped counting above `CAP`."""
    return words.gettext("1,000+") if n > CAP else str(max(n, 0))
