"""An admin reads what a revision changes before accepting it."""

from __future__ import annotations

from agent.policy_diff import differences
from agent.policy_rules import parse

from .policy_pages import APPS, FALLBACK, RULES, markdown, storage


def test_the_same_rules_differ_in_nothing_whatever_the_source() -> None:
    assert differences(parse(markdown(), FALLBACK), parse(storage(version="99"), FALLBACK)) == ()
    assert differences(parse(markdown(), FALLBACK), parse(markdown(apps=list(reversed(APPS))), FALLBACK)) == ()


def test_changes_are_told_in_the_words_of_the_page() -> None:
    apps = [(*APPS[0][:2], "Sensitive", *APPS[0][3:]), *APPS[2:], ("VPN", "VPN", "Standard", "group:Desk", "Manual")]
    rules = [("Self-service resets", "not allowed"), ("Wait after a new factor", "90 min"), ("Revoke sessions on reset", "yes"), RULES[2]]
    assert differences(parse(markdown(), FALLBACK), parse(markdown(apps, rules), FALLBACK)) == (
        "Self-service resets: allowed -> not allowed",
        "Wait after a new factor: 3 d -> 90 min",
        "Revoke sessions on reset: no -> yes",
        "Payroll, Tier: Standard -> Sensitive",
        "VPN: added (Standard, Manual, owner group:Desk)",
        "Finance ERP: removed (Sensitive, Okta link, owner group:Finance Owners)",
    )


def test_the_first_revision_is_compared_with_the_defaults() -> None:
    lines = differences(None, parse(markdown(), FALLBACK))
    assert lines[:2] == ("No revision was in force; compared with the defaults.", "Self-service resets: not allowed -> allowed")
    assert "Payroll: added (Standard, Okta link, owner priya.nair@example.com)" in lines
    assert not any("owner:" in line for line in lines)
