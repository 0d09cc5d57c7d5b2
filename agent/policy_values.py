"""The kinds of value that a policy page may hold, each from its text or refused with what would be right.

Every reader takes the cleaned text of a cell and raises `Wrong`; none raises anything else.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from urllib.parse import urlsplit

from agent.policy import Tier, same

OWNERS = "an e-mail address, or group: and the name of an Okta group"
PATHS = "Okta link, Manual, or an https address"
DURATIONS = "a number and s, min, h or d, such as 90 s, 30 min, 4 h, 3 d"

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
"""Addresses of internal domains (.local and the like) are owners too, which is why no public-domain check is made."""
_DURATION = re.compile(r"([0-9]{1,6})\s*(s|min|h|d)", re.IGNORECASE)
_UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=3650)
_NUMBER = re.compile(r"[0-9]{1,6}")
_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)


class Wrong(Exception):
    """A value that cannot stand where it stands: what is wrong, and what would be right."""

    def __init__(self, wrong: str, allowed: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.allowed = allowed


def quoted(text: str) -> str:
    """`text` for a message: in quotes, cut at 60 characters, unprintable ones shown by their code."""
    shown = text if len(text) <= 60 else text[:59] + "…"
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + '"'


def legible(text: str) -> str:
    """`text` if it reads the way it is stored: no control, direction-changing or broken characters, 300 at most."""
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            raise Wrong(f"{quoted(text)} holds an invisible character (U+{ord(character):04X})", "visible characters only")
    if len(text) > 300:
        raise Wrong(f"{quoted(text)} is longer than 300 characters", "at most 300 characters")
    return text


def tier(text: str) -> Tier:
    for known in Tier:
        if same(text) == same(known):
            return known
    raise Wrong(f"{quoted(text)} is no tier" if text else "the tier is missing", "Standard, Sensitive, Privileged")


def owner(text: str) -> str:
    """An e-mail in lower case, or group:NAME with the name as it is (Okta compares names exactly)."""
    if not text:
        raise Wrong("the owner is missing", OWNERS)
    kind, colon, name = text.partition(":")
    if colon and same(kind) == "group":
        if not name.strip():
            raise Wrong(f"{quoted(text)} names no group", OWNERS)
        return f"group:{name.strip()}"
    if len(text) <= 254 and _EMAIL.fullmatch(text) and ".." not in text and not text.startswith(".") and ".@" not in text:
        return text.lower()
    raise Wrong(f"{quoted(text)} is neither an e-mail address nor a group", OWNERS)


def reset_path(text: str, links: tuple[str, ...] = ()) -> str:
    """"Okta link", "Manual", or the https address as written. A link's address must be the address that is shown."""
    for known in ("Okta link", "Manual"):
        if same(text) == same(known):
            return known
    address = text
    web = [link for link in links if not link.lower().startswith("mailto:")]
    if web and "://" not in text:
        address = web[0]  # a link with words on it: the address behind them is meant
    elif any(_plain(link) != _plain(text) for link in web):
        raise Wrong(f"{quoted(text)} is shown, but the link leads to {quoted(web[0])}", "one and the same address")
    return https(address)


def https(text: str) -> str:
    """`text` if it is an absolute https address without a user name in it. http is refused: the page asks for passwords."""
    if not text:
        raise Wrong("the reset path is missing", PATHS)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Wrong(f"{quoted(text)} is not a valid address", PATHS) from None
    if parts.scheme == "http":
        raise Wrong(f"{quoted(text)} is an http address", "https addresses only")
    if parts.scheme != "https":
        raise Wrong(f"{quoted(text)} is no reset path", PATHS)
    if "@" in parts.netloc:
        raise Wrong(f"{quoted(text)} has a user name in it", "an https address without one")
    if port == 0 or not _URL.fullmatch(text) or not _HOST.fullmatch(host) or ".." in host:
        raise Wrong(f"{quoted(text)} is not a valid address", "an https address in plain ASCII, international hosts as xn--")
    return text


def duration(text: str, *, least: timedelta) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Wrong(f"{quoted(text)} is no duration", DURATIONS)
    value = int(found[1]) * _UNITS[found[2].lower()]
    if not least <= value <= _LONGEST:
        raise Wrong(f"{quoted(text)} is too {'short' if value < least else 'long'}", f"{DURATIONS}; not more than 3650 d")
    return value


def number(text: str, *, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise Wrong(f"{quoted(text)} is no number from {least} to {most}", f"{least} to {most}")
    return int(text)


def groups(text: str) -> tuple[str, ...]:
    """Names between commas, in the page's order, each once."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise Wrong(f"{quoted(text)} has an empty name between its commas", "names of Okta groups, comma-separated")
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(same(name), name)
    return tuple(once.values())


def _plain(address: str) -> str:
    return address.strip().rstrip("/")
