"""Text as Slack wants it: cleaned, clipped, escaped; shared by the parts of the Slack renderer.

Words of unknown origin go into `plain_text` or rich text, where nothing is markup. Only lines of ours
that hold a time or an emphasis are mrkdwn, and even there every string is made literal.
Limits: Slack, Block Kit reference (text object 1 to 3,000 characters).
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any, Final

from cards.card import Line, Strong, Theirs, When
from cards.text import clean, clip, units

Json = dict[str, Any]

TEXT: Final = 3000
EMPTY: Final = "-"
"""Stands where Slack wants at least one character and there is none."""

_DATE: Final = {"time": "{time}", "date_time": "{date_short_pretty}, {time}"}
_SEEN: Final = {"time": "%H:%M UTC", "date_time": "%Y-%m-%d %H:%M UTC"}
_FORMATTING: Final = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})
_EMOJI: Final = re.compile(r":(?=[\w+'-]+:)")
_QUOTE: Final = re.compile(r"^(\s*)&gt;", re.MULTILINE)


def escape(text: str) -> str:
    """The three characters that start Slack's control sequences (Slack, Formatting text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """`text` so that mrkdwn shows it as it is: escaped, and no bold, code, strike, quote or :emoji: in it.

    Slack has no escape for those marks, so look-alike characters stand in.
    """
    shown = escape(clean(text).translate(_FORMATTING))
    return _QUOTE.sub("\\1\u2060&gt;", _EMOJI.sub("\ua789", shown))


def plain_text(text: str, limit: int = TEXT) -> Json:
    """A text object in which nothing is markup and `:names:` stay as typed."""
    return {"type": "plain_text", "text": clip(clean(text).strip(), limit) or EMPTY, "emoji": False}


def when(moment: When) -> str:
    """Slack's own date token: each reader sees their own zone, an old client sees UTC."""
    at = moment.at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{_DATE[moment.style]}|{at.strftime(_SEEN[moment.style])}>"


def text_object(line: Line, limit: int = TEXT) -> Json | None:
    """One line as a text object: plain when it is only strings, mrkdwn when it holds a time or emphasis.

    None when there is nothing to show. A mrkdwn line is clipped part by part, so that no token is cut.
    """
    if all(isinstance(part, str | Theirs) for part in line):
        text = "".join(part.text if isinstance(part, Theirs) else part for part in line if isinstance(part, str | Theirs))
        return plain_text(text, limit) if clean(text).strip() else None
    shown, room = [], limit
    for part in line:
        if isinstance(part, When):
            piece = when(part)
        elif isinstance(part, Strong):
            inner = literal(part.text).strip()
            piece = f"*{inner}*" if inner else ""
        else:
            piece = literal(part.text if isinstance(part, Theirs) else part)
        if units(piece) > room:
            source = part.text if isinstance(part, Strong | Theirs) else part
            # Escaping makes at most five characters of one: a fifth of the room is always enough.
            piece = literal(clip(source, max(room // 5, 1))) if isinstance(source, str) else ""
            room = 0
        shown.append(piece)
        room -= units(piece)
        if room <= 0:
            break
    return {"type": "mrkdwn", "text": "".join(shown) or EMPTY, "verbatim": True}


def rich(text: str, limit: int = TEXT, *, bold: bool = False) -> Json:
    """A rich text element: literal by nature, no markup, mention or link can come of it."""
    element: Json = {"type": "text", "text": clip(clean(text), limit) or EMPTY}
    if bold:
        element["style"] = {"bold": True}
    return element


def rich_line(line: Line, limit: int = TEXT) -> list[Json]:
    """The elements of one line as rich text: moments in the reader's zone, everything else literal by nature."""
    elements: list[Json] = []
    room = limit
    for part in line:
        if isinstance(part, When):
            at = part.at.astimezone(UTC)
            elements.append(
                {"type": "date", "timestamp": int(at.timestamp()), "format": _DATE[part.style], "fallback": at.strftime(_SEEN[part.style])}
            )
            continue
        text = clean(part if isinstance(part, str) else part.text)
        if not text or room <= 0:
            continue
        elements.append(rich(text, room, bold=isinstance(part, Strong)))
        room -= units(text)
    return elements or [rich("")]
