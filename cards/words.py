"""Every sentence people see, in their language: gettext with English as the source.

The catalogues are `locale/<language>/LC_MESSAGES/keyturn.po`; `make messages` collects the sentences of
cards, dialogs and bot, updates the catalogues and compiles them. A sentence without a translation stays English.

Where the reader is known, a sentence is made with `Words.gettext`. Where it is not (a request's life answers whoever
pressed, and the record and the command line read the same answer in English), it is made with `say`, and whoever
shows it turns it into the reader's language with `Words.said`.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cards.card import Inline, Line

DOMAIN: Final = "keyturn"
LOCALE: Final = Path(__file__).parent / "locale"


@lru_cache(maxsize=64)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, languages=[language], fallback=True)


@lru_cache(maxsize=256)
def language_of(locale: str) -> str:
    """"de" for "de-AT", "de_DE.UTF-8" or "DE"; "en" when there is no such catalogue, or for anything odd."""
    language = locale.replace("_", "-").partition("-")[0].partition(".")[0].lower()
    known = language.isascii() and language.isalpha() and (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file()
    return language if known else "en"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A platform may name a zone that this machine does not know: UTC is named as such, so never wrong.
        return UTC


class Said(str):
    """A sentence whose reader is not known yet: in English as a `str`, with what it is translated from.

    `msgid` is the sentence of the catalogue, `values` fill its placeholders: text (which may be `Said` itself), numbers,
    and moments, which are read as hour and minute in the reader's zone. Whatever is done to it as text (joined, cut,
    stored) gives plain English text, so it is translated first.
    """

    __slots__ = ("msgid", "values")
    msgid: str
    values: Mapping[str, object]

    def __new__(cls, msgid: str, values: Mapping[str, object]) -> Said:
        made = super().__new__(cls, Words().filled(msgid, values))
        made.msgid, made.values = msgid, dict(values)
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, object]]:  # type: ignore[override]  # str's own are its text alone
        return self.msgid, self.values


def say(msgid: str, /, **values: object) -> Said:
    """A sentence for whoever will read it: `say("{reference} is cancelled.", reference="IT-1048")`."""
    return Said(msgid, values)


def joined(parts: Iterable[str], between: str) -> str:
    """Several in a row, each translated by itself; `between` holds no braces."""
    there = {f"part{place}": part for place, part in enumerate(parts)}
    if len(there) < 2:
        return next(iter(there.values()), "")
    return Said(between.join(f"{{{name}}}" for name in there), there)


def sentences(*parts: str) -> str:
    """Sentences one after the other; empty ones are left out."""
    return joined((part for part in parts if part.strip()), " ")


def kept(text: str) -> Any:
    """A sentence as JSON, from which `restored` gives it back, still without a reader."""
    if not isinstance(text, Said):
        return str(text)
    return {"msgid": text.msgid, "values": {name: _kept(value) for name, value in text.values.items()}}


def restored(stored: object) -> str:
    """What `kept` wrote down; "" for anything else."""
    if isinstance(stored, dict):
        values: dict[str, object] = stored.get("values") or {}
        return Said(str(stored.get("msgid", "")), {name: _restored(value) for name, value in values.items()})
    return stored if isinstance(stored, str) else ""


def _kept(value: object) -> object:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value if isinstance(value, int | float) else kept(value if isinstance(value, str) else str(value))


def _restored(value: object) -> object:
    if isinstance(value, dict):
        return datetime.fromisoformat(str(value["at"])) if "at" in value else restored(value)
    return value


class Words:
    """The sentences of one reader. `locale` as a platform names it, `tz` an IANA name; odd ones give English, UTC.

    Placeholders are named: `words.gettext("Your reference is {reference}.", reference="IT-1048")`.
    """

    def __init__(self, locale: str = "en", tz: str = "UTC") -> None:
        self.language = language_of(locale)
        self._zone = _zone(tz)
        self._catalogue = _catalogue(self.language)

    def gettext(self, msgid: str, /, **values: object) -> str:
        return self._catalogue.gettext(msgid).format(**values)

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The form that fits the number `n`, which the sentence may show as {n}."""
        return self._catalogue.ngettext(one, many, n).format(n=n, **values)

    def said(self, text: str) -> str:
        """A sentence made with `say` in the reader's language; any other text as it is."""
        return self.filled(text.msgid, text.values) if isinstance(text, Said) else text

    def filled(self, msgid: str, values: Mapping[str, object]) -> str:
        """A sentence of the catalogue whose placeholders stand for what `Said.values` may hold."""
        if not msgid:
            return ""  # the catalogue's own heading, to gettext
        return self.gettext(msgid, **{name: self._value(value) for name, value in values.items()})

    def _value(self, value: object) -> object:
        if isinstance(value, datetime):
            return self.clock(value)
        return self.said(value) if isinstance(value, str) else value

    def line(self, msgid: str, /, **parts: Inline) -> Line:
        """A sentence in which some placeholders are moments or emphasis: "Tap {number}."."""
        made: list[Inline] = []
        for text, name, _, _ in Formatter().parse(self._catalogue.gettext(msgid)):
            if text:
                made.append(text)
            if name is not None:
                made.append(parts[name])
        return tuple(made)

    def clock(self, at: datetime) -> str:
        """Hour and minute in the reader's zone, which is named; for places that cannot show a When."""
        local = at.astimezone(self._zone)
        return f"{local:%H:%M} {local.tzname()}"

    def moment(self, at: datetime) -> str:
        """Day, hour and minute in the reader's zone, which is named."""
        local = at.astimezone(self._zone)
        return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
