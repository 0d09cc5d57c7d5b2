"""Every sentence people see, in their language: gettext with English as the source.

The catalogues are `locale/<language>/LC_MESSAGES/keyturn.po`; `make messages` collects the sentences of
this package, updates the catalogues and compiles them. A sentence without a translation stays English.
"""

from __future__ import annotations

import gettext
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Final
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
