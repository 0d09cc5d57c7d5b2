"""What a new policy revision changes, in plain words, for the admin who accepts it."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from agent.policy import AppRule, Policy, same
from agent.policy_rules import RULE_NAMES

_COLUMNS = {"application": "Application", "okta_label": "Okta label", "tier": "Tier", "owner": "Owner", "reset_path": "Reset path"}
_WORDS: dict[str, tuple[str, str]] = {
    "self_service": ("not allowed", "allowed"),
    "identity_check": ("none", "Okta Verify push"),
    "on_behalf_escalates": ("reject", "escalate"),
    "unlock_locked_out": ("escalate", "unlock"),
    "unlisted_standard": ("escalate", "standard"),
}
"""Field -> what the page calls False and True, where that is not no and yes."""


def differences(old: Policy | None, new: Policy) -> tuple[str, ...]:
    """One line a change that matters to decisions, rules first, then applications; () when there is none.

    `old` None is the state before any revision was accepted. An application is the same one as long as its Okta label
    stays; moving rows about changes nothing.
    """
    before = old if old is not None else Policy("", "", (), privileged_owner="", backup_owner="")
    lines = [] if old is not None else ["No revision was in force; compared with the defaults."]
    for name, rule in RULE_NAMES.items():
        was, now = getattr(before, name), getattr(new, name)
        if was != now and not (old is None and rule not in new.stated):
            lines.append(f"{rule}: {said(name, was)} -> {said(name, now)}")
    earlier = {same(row.okta_label): row for row in before.applications}
    later = {same(row.okta_label): row for row in new.applications}
    for label, row in later.items():
        lines.extend(_changed(earlier[label], row) if label in earlier else [f"{row.application}: added ({_described(row)})"])
    lines.extend(f"{row.application}: removed ({_described(row)})" for label, row in earlier.items() if label not in later)
    return tuple(lines)


def said(field: str, value: Any) -> str:
    """A setting as the page writes it, by its field of Policy."""
    if isinstance(value, bool):
        return _WORDS.get(field, ("no", "yes"))[value]
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
            if seconds and seconds % size == 0:
                return f"{seconds // size} {unit}"
        return f"{seconds} s"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) or "the fallback owner"


def _changed(was: AppRule, now: AppRule) -> list[str]:
    pairs = ((_COLUMNS[f.name], getattr(was, f.name), getattr(now, f.name)) for f in fields(AppRule) if f.name in _COLUMNS)
    return [f"{now.application}, {column}: {a} -> {b}" for column, a, b in pairs if a != b]


def _described(row: AppRule) -> str:
    return f"{row.tier}, {row.reset_path}, owner {row.owner}"
