"""What the ServiceNow stand-in keeps: tables of rows whose values are all text, and how queries read them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sandbox.world import PEOPLE

Row = dict[str, str]
Tables = dict[str, dict[str, Row]]

GROUPS = ("IT Service Desk", "Finance Owners", "Network")
LENGTHS = {"short_description": 160, "description": 4000, "close_notes": 4000, "correlation_id": 100, "correlation_display": 100}
JOURNALS = ("work_notes", "comments")
REFERENCES = dict.fromkeys(("caller_id", "opened_by", "resolved_by", "assigned_to"), "sys_user") | {"assignment_group": "sys_user_group"}
NEW_INCIDENT = {
    "state": "1", "incident_state": "1", "urgency": "3", "impact": "3", "severity": "3", "active": "true", "category": "inquiry",
    "sys_mod_count": "-1", "sys_class_name": "incident", "escalation": "0", "knowledge": "false", "notify": "1", "upon_reject": "cancel",
}
INCIDENT_COLUMNS = (
    "sys_id", "number", "state", "incident_state", "short_description", "description", "correlation_id", "correlation_display",
    "urgency", "impact", "priority", "severity", "caller_id", "opened_by", "opened_at", "assignment_group", "assigned_to",
    "category", "subcategory", "contact_type", "hold_reason", "close_code", "close_notes", "resolved_at", "resolved_by",
    "closed_at", "active", "work_notes", "comments", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by",
    "sys_mod_count", "sys_class_name", "cmdb_ci", "business_service", "escalation", "knowledge", "notify", "upon_reject",
)
COLUMNS = {
    "incident": INCIDENT_COLUMNS,
    "sys_user": ("sys_id", "user_name", "name", "email", "active", "locked_out"),
    "sys_user_group": ("sys_id", "name", "active"),
    "sys_journal_field": ("sys_id", "element_id", "element", "name", "value", "sys_created_on"),
}


def sys_id(seed: str) -> str:
    """32 hexadecimal digits, the same for the same seed."""
    return hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()


def stamp() -> str:
    """Now, in UTC and without a zone, as ServiceNow writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def person(email: str, name: str, *, active: bool = True, seed: str = "") -> Row:
    """A row of sys_user."""
    return {"sys_id": sys_id(email + seed), "user_name": email.split("@")[0], "name": name, "email": email,
            "active": "true" if active else "false", "locked_out": "false"}


def small_company() -> Tables:
    """No incidents, the people of the demo, three groups."""
    users = {}
    for somebody in PEOPLE.values():
        row = person(somebody.email, somebody.name, active=somebody.status != "DEPROVISIONED")
        users[row["sys_id"]] = row
    groups = {sys_id(name): {"sys_id": sys_id(name), "name": name, "active": "true"} for name in GROUPS}
    return {"incident": {}, "sys_user": users, "sys_user_group": groups, "sys_journal_field": {}}


# ---------------------------------------------------------------- queries

_OPERATOR = re.compile(r"^([a-z_.0-9]+?)(NOT IN|!=|>=|<=|=|>|<|ISNOTEMPTY|ISEMPTY|NOTLIKE|LIKE|STARTSWITH|ENDSWITH|IN)(.*)$", re.DOTALL)


def selected(tables: Tables, table: str, query: str) -> list[Row]:
    """The rows of an encoded query, in its order. A part that means nothing is dropped without a word, so that all
    the other rows come back: that is what the real one does (glide.invalid_query.returns_no_rows is off)."""
    rows = list(tables[table].values())
    order: list[tuple[str, bool]] = []
    alternatives: list[list[list[str]]] = [[]]
    for part in query.split("^"):
        if part.startswith("ORDERBY"):
            descending = part.startswith("ORDERBYDESC")
            order.append((part.removeprefix("ORDERBYDESC").removeprefix("ORDERBY"), descending))
        elif part.startswith("NQ"):
            alternatives.append([[part[2:]]])
        elif part.startswith("OR") and alternatives[-1]:
            alternatives[-1][-1].append(part[2:])
        elif part:
            alternatives[-1].append([part])
    found = [row for row in rows if any(_all(tables, table, row, parts) for parts in alternatives)]
    for column, descending in reversed(order):
        if column in COLUMNS[table]:
            found.sort(key=lambda row: row.get(column, ""), reverse=descending)
    return found


def _all(tables: Tables, table: str, row: Row, parts: Iterable[Iterable[str]]) -> bool:
    for part in parts:
        judged = [judgement for one in part if (judgement := _one(tables, table, row, one)) is not None]
        if judged and not any(judged):
            return False
    return True


def _one(tables: Tables, table: str, row: Row, part: str) -> bool | None:
    """None: this part is invalid."""
    match = _OPERATOR.match(part)
    if match is None:
        return None
    value = _walked(tables, table, row, match[1])
    if value is None:
        return None
    ours, wanted = value.casefold(), match[3].casefold()
    match match[2]:
        case "=":
            return ours == wanted
        case "!=":
            return ours != wanted
        case "IN":
            return ours in wanted.split(",")
        case "NOT IN":
            return ours not in wanted.split(",")
        case "LIKE":
            return wanted in ours
        case "NOTLIKE":
            return wanted not in ours
        case "STARTSWITH":
            return ours.startswith(wanted)
        case "ENDSWITH":
            return ours.endswith(wanted)
        case "ISEMPTY":
            return not ours
        case "ISNOTEMPTY":
            return bool(ours)
        case ">":
            return ours > wanted
        case "<":
            return ours < wanted
        case ">=":
            return ours >= wanted
        case _:
            return ours <= wanted


def _walked(tables: Tables, table: str, row: Mapping[str, str], path: str) -> str | None:
    """The value at a dotted path (caller_id.email); None for a column that does not exist."""
    column, _, rest = path.partition(".")
    if column not in COLUMNS[table]:
        return None
    value = row.get(column, "")
    if not rest:
        return value
    other = REFERENCES.get(column)
    return None if other is None else _walked(tables, other, tables[other].get(value, {}), rest)


def value_at(tables: Tables, table: str, row: Mapping[str, str], path: str) -> str | None:
    """For sysparm_fields, which dots through references too."""
    return _walked(tables, table, row, path)
