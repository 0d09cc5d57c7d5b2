"""Text as Adaptive Cards want it: cleaned, clipped, inert; shared by the parts of the Teams renderer.

Words of unknown origin go into a RichTextBlock, where nothing is Markdown. Teams draws a moment in the reader's
zone in a TextBlock only (microsoft/AdaptiveCards issue 6194), so a line that holds one is a TextBlock, and every
string beside it is made literal. Source: Adaptive Cards, Text features.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any, Final

from cards.card import Line, Strong, When
from cards.text import clean, clip, units

Json = dict[str, Any]

EMPTY: Final = "-"
"""Stands where a card wants at least one character and there is none."""

_BESIDE: Final = 300
"""UTF-16 units of one piece in a line that holds a moment."""
_JOIN: Final = "\u2060"
"""A word joiner: no width, and it keeps two characters from meaning something together."""
_MACRO: Final = re.compile(r"[{$](?=\{)")
_FORMATTING: Final = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb", "\\": "\u2216"})
_LINK: Final = re.compile(r"\](?=[(\[:])")
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_BLOCK: Final = re.compile(r"^([ \t]*)(?=[-+#>=|]|\d{1,9}[.)])", re.MULTILINE)
_DATE: Final = {"time": "{{{{TIME({at})}}}}", "date_time": "{{{{DATE({at}, SHORT)}}}} {{{{TIME({at})}}}}"}


def still(text: str) -> str:
    """`text` without what no reader should meet, and with no macro in it: `{{DATE(…)}}` and `${…}` stay letters."""
    return _MACRO.sub(lambda found: found[0] + _JOIN, clean(text))


def literal(text: str) -> str:
    """`text` so that the Markdown of a TextBlock shows it as it is: no emphasis, link, list, heading, tag or entity.

    Not every client knows an escape, so look-alike characters and word joiners stand in.
    """
    shown = still(text).translate(_FORMATTING)
    shown = _TAG.sub("<" + _JOIN, _ENTITY.sub("&" + _JOIN, _LINK.sub("]" + _JOIN, shown)))
    return _BLOCK.sub("\\1" + _JOIN, shown)


def plain(text: str, limit: int) -> str:
    """For titles of buttons, options and labels, which are no Markdown; never empty."""
    return clip(" ".join(still(text).split()), limit) or EMPTY


def when(moment: When) -> str:
    """The macros that each client fills in for its own reader; seconds, and a Z without which they stay letters."""
    at = moment.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _DATE[moment.style].format(at=at)


def run(text: str, *, bold: bool = False, subtle: bool = False) -> Json:
    """A piece of a RichTextBlock: literal by nature."""
    made: Json = {"type": "TextRun", "text": text}
    if bold:
        made["weight"] = "Bolder"
    if subtle:
        made["isSubtle"] = True
    return made


def block(line: Line, limit: int, *, bold: bool = False, subtle: bool = False) -> Json | None:
    """One line as an element: rich text, or a TextBlock when it holds a moment. None when there is nothing to show."""
    if any(isinstance(part, When) for part in line):
        return _text_block(line, limit, bold=bold, subtle=subtle)
    runs: list[Json] = []
    room = limit
    for part in line:
        source = still(part if isinstance(part, str) else getattr(part, "text", ""))
        if not source or room <= 0:
            continue
        runs.append(run(clip(source, room), bold=bold or isinstance(part, Strong), subtle=subtle))
        room -= units(source)
    if not any(one["text"].strip() for one in runs):
        return None
    return {"type": "RichTextBlock", "inlines": runs}


def _text_block(line: Line, limit: int, *, bold: bool, subtle: bool) -> Json:
    shown, room = [], limit
    for part in line:
        if isinstance(part, When):
            shown.append(when(part))
            continue
        # Whatever somebody called themselves, the moment beside it stays.
        text = clip(part if isinstance(part, str) else part.text, max(min(room, _BESIDE), 1))
        room -= units(text)
        piece = literal(text)
        if isinstance(part, Strong) and piece.strip():
            piece = f"**{piece.strip()}**"
        shown.append(piece)
        if room <= 0:
            break
    made: Json = {"type": "TextBlock", "text": "".join(shown), "wrap": True}
    if bold:
        made["weight"] = "Bolder"
    if subtle:
        made["isSubtle"] = True
    return made


def heading(text: str, limit: int = 150) -> Json | None:
    """The title. A heading for screen readers where it holds no sign that Markdown could take for its own, else rich text."""
    shown = clip(" ".join(still(text).split()), limit)
    if not shown:
        return None
    if literal(shown) == shown and "[" not in shown:
        return {"type": "TextBlock", "text": shown, "wrap": True, "style": "heading", "size": "Large", "weight": "Bolder"}
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": shown, "size": "Large", "weight": "Bolder"}]}
