"""Slack's mrkdwn as a person reads it: marks taken away, escapes undone, mentions by name, dates in the reader's zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

Names = Mapping[str, str]

_ANGLE = re.compile(r"<([^<>\n]+)>")
_MARKS = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)([^\n]*?\S)\1(?![\w*_~`])")
_TOKEN = re.compile(r"\{(date_num|date_short_pretty|date_long_pretty|date_pretty|date_short|date_long|date|time_secs|time|ago)\}")
_EMOJI = {
    "white_check_mark": "✅", "heavy_check_mark": "✔", "x": "❌", "warning": "⚠", "lock": "🔒", "key": "🔑", "hourglass_flowing_sand": "⏳",
    "rotating_light": "🚨", "information_source": "(i)", "mag": "🔍", "wave": "👋", "ticket": "🎫", "bell": "🔔", "no_entry": "⛔",
    "large_blue_circle": "🔵", "white_circle": "⚪", "arrow_right": "➡", "email": "✉",
}
_EMOJI_NAME = re.compile(r":([a-z0-9_+-]+):")


def unescape(text: str) -> str:
    """The three escapes of Slack's text formatting (docs, formatting message text)."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str, *, zone: tzinfo = UTC, names: Names | None = None) -> str:
    """Markup -> what is seen. `names` gives users and channels their names by id."""
    known = names or {}
    out: list[str] = []
    end = 0
    for match in _ANGLE.finditer(text):
        out.append(_plain_part(text[end:match.start()]))
        out.append(_angle(match.group(1), zone, known))
        end = match.end()
    out.append(_plain_part(text[end:]))
    return _unmark("".join(out))


def _plain_part(text: str) -> str:
    # Escapes become private characters until the marks are gone: what a person typed is not markup.
    return emoji(text).replace("&lt;", "\ue000").replace("&gt;", "\ue001").replace("&amp;", "\ue002")


def _unmark(text: str) -> str:
    for _ in range(3):
        text = _MARKS.sub(r"\2", text)
    return text.replace("\ue000", "<").replace("\ue001", ">").replace("\ue002", "&")


def emoji(text: str) -> str:
    return _EMOJI_NAME.sub(lambda m: _EMOJI.get(m.group(1), m.group(0)), text)


def _angle(inside: str, zone: tzinfo, names: Names) -> str:
    target, _, label = inside.partition("|")
    label = unescape(label)
    if target.startswith("!date^"):
        return _date(target, label, zone)
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label or target[1:])
    if target.startswith("#"):
        return "#" + (label or names.get(target[1:]) or target[1:])
    if target.startswith("!"):
        return "@" + (label or target[1:].split("^")[0])
    url = unescape(target)
    return f"{label} ({url})" if label and label != url else url


def _date(target: str, fallback: str, zone: tzinfo) -> str:
    parts = target.split("^")
    try:
        at = datetime.fromtimestamp(int(parts[1]), zone)
        form = parts[2]
    except (IndexError, ValueError, OverflowError):
        return fallback
    shown = {
        "date_num": f"{at:%Y-%m-%d}", "date": f"{at:%B} {at.day}, {at.year}", "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A}, {at:%B} {at.day}, {at.year}", "time": f"{at:%H:%M}", "time_secs": f"{at:%H:%M:%S}",
        "ago": f"{at:%b} {at.day}",
    }
    return _TOKEN.sub(lambda m: shown[m.group(1).removesuffix("_pretty")], form)
