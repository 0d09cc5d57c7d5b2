"""The part of CQL that the Confluence stand-in understands: conditions joined by AND, quoted values, Lucene's OR in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass


class Unreadable(ValueError):
    """Not CQL, or a field that search does not offer any more (user fields, since 2020)."""


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    value: str


_CONDITION = re.compile(r'\s*([A-Za-z.]+)\s*(!=|!~|=|~)\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_-]+))\s*', re.DOTALL)
LUCENE = re.compile(r'[+\-!(){}\[\]^"~*?:\\/&|]')
"""What Lucene would obey. The real search takes it; here it is a mistake of whoever asks."""
_JOIN = re.compile(r"(?i:and)\s+")
FIELDS = frozenset({"type", "space", "space.key", "id", "text", "title", "siteSearch", "label", "content"})


def parsed(cql: str) -> list[Condition]:
    """Raises Unreadable, with what could not be read."""
    conditions: list[Condition] = []
    at = 0
    while True:
        match = _CONDITION.match(cql, at)
        if match is None:
            raise Unreadable(cql[at:at + 40] or "empty query")
        if match[1] not in FIELDS:
            raise Unreadable(f"field {match[1]}")
        value = match[4] if match[3] is None else re.sub(r"\\(.)", r"\1", match[3])
        if match[2].endswith("~") and re.search(LUCENE, value):
            raise Unreadable("Lucene operators in a text")
        conditions.append(Condition(match[1], match[2], value))
        at = match.end()
        if at == len(cql):
            return conditions
        join = _JOIN.match(cql, at)
        if join is None:
            raise Unreadable(cql[at:at + 40])
        at = join.end()


def matches(conditions: list[Condition], page_id: str, title: str, space: str, text: str) -> bool:
    facts = {"type": "page", "space": space, "space.key": space, "id": page_id, "content": page_id, "label": "", "title": title}
    for condition in conditions:
        negated = condition.operator.startswith("!")
        if condition.operator.endswith("~"):
            hit = _found(condition.value, title if condition.field == "title" else f"{title} {text}")
        else:
            hit = facts.get(condition.field, "").casefold() == condition.value.casefold()
        if hit == negated:
            return False
    return True


def _found(wanted: str, text: str) -> bool:
    """Lucene, as far as we go: words joined by OR, and by AND when nothing is between them."""
    words = set(re.findall(r"\w+", text.casefold()))
    return any(all(word in words for word in part.casefold().split()) for part in wanted.split(" OR "))
