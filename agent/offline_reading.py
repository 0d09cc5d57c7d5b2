"""What a plain sentence asks for, read by rules: the judgement of the offline model.

Deterministic, in English and some German. It reads and never obeys: a text that gives orders is read for
what it asks, like any other. In doubt it says `unclear`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from agent.offline_apps import find, other_words
from agent.offline_intent import Intent, intent, says_other, symptom
from agent.offline_people import About, marked, whose
from agent.plain_text import visible

_SPACES = re.compile(r"\s+")
_FOUR = re.compile(r" 4 (?=my |our )")
_APOSTROPHES = str.maketrans("’‘`", "'''")


@dataclass(frozen=True, slots=True)
class Sense:
    """The reading of one request."""

    intent: Intent
    about: About
    application: str = ""
    """An own label, "account", or ""."""
    application_words: str = ""
    several: tuple[str, ...] = ()
    """More than one own application was named: the requester has to choose."""
    symptom: str = ""


def read(
    summary: str,
    labels: tuple[str, ...],
    *,
    justification: str = "",
    form: bool = False,
    names: Iterable[str] = (),
    addresses: Iterable[str] = (),
) -> Sense:
    """Reads `summary` (and `justification`, for persons, and for applications where the summary names none).

    `labels` are the requester's own applications, `names` and `addresses` their own. A form is a declaration: it is
    taken for a reset unless it clearly says otherwise.
    """
    own_names = frozenset(part.casefold() for name in names for part in name.split() if len(part) > 1)
    own_addresses = frozenset(address.casefold() for address in addresses if address)
    first, second = _plain(summary), _plain(justification)
    found, reasons = find(first, labels), find(second, labels)
    people = [marked(each.text, own_names, own_addresses) for each in (found, reasons)]
    asked = intent(people[0].lower(), form)
    named = found if found.labels or found.account or not form else reasons
    meant = (*named.labels, "account") if named.account else named.labels
    application = meant[0] if len(meant) == 1 else ""
    several = meant if len(meant) > 1 else ()
    words = other_words(people[0]) if not application and not several and asked in ("reset", "unlock") else ""
    views: list[About] = [whose(text) for text in people if text.strip()]
    about: About = "someone_else" if "someone_else" in views else "unclear" if "unclear" in views else "self"
    if asked == "other" and about == "someone_else" and not says_other(people[0].lower()):
        # Nothing but the person was said: it belongs to something said before.
        asked = "unclear"
    return Sense(asked, about, application, words, several, symptom(people[0].lower()))


def _plain(text: str) -> str:
    """One line with plain apostrophes."""
    return _SPACES.sub(" ", _FOUR.sub(" for ", visible(text).translate(_APOSTROPHES))).strip()
