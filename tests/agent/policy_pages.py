"""The same policy tables as Markdown and as Confluence's editor saves them, for the tests of the parser."""

from __future__ import annotations

import html
from collections.abc import Sequence

from integrations.base import Page

Rows = Sequence[Sequence[str]]

APP_HEADER = ("Application", "Okta label", "Tier", "Owner", "Reset path")
RULE_HEADER = ("Rule", "Setting")
APPS: Rows = (
    ("Payroll", "Payroll", "Standard", "priya.nair@example.com", "Okta link"),
    ("Finance ERP", "FIN-ERP", "Sensitive", "group:Finance Owners", "Okta link"),
    ("Admin Console", "Admin Console", "Privileged", "group:IT Service Desk", "Manual"),
    ("Travel Desk", "Travel Desk", "Standard", "priya.nair@example.com", "https://travel.example.com/reset"),
)
RULES: Rows = (
    ("Self-service resets", "allowed"),
    ("Wait after a new factor", "3 d"),
    ("Privileged groups", "Domain Admins, Payment Approvers"),
)
FALLBACK = "lena.vogt@example.com"


def markdown(apps: Rows = APPS, rules: Rows = RULES, *, app_header: Sequence[str] = APP_HEADER, version: str = "12") -> Page:
    body = "\n\n".join(["# Password resets", "Prose that grants nothing.", _pipes(app_header, apps), "## Rules", _pipes(RULE_HEADER, rules)])
    return Page("1", "Password resets", version, body, "markdown")


def storage(apps: Rows = APPS, rules: Rows = RULES, *, app_header: Sequence[str] = APP_HEADER, version: str = "12") -> Page:
    body = "<h1>Password resets</h1><p>Prose that <strong>grants</strong> nothing.</p>"
    body += _cells(app_header, apps) + "<h2>Rules</h2>" + _cells(RULE_HEADER, rules)
    return Page("1", "Password resets", version, body, "storage")


def _pipes(header: Sequence[str], rows: Rows) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines)


def _escaped(cell: str) -> str:
    """Cell text that Markdown shows as it is: every ASCII punctuation may be escaped (CommonMark, Backslash escapes)."""
    return cell if set(cell) == {"-"} else "".join("\\" + c if c in "\\`*_{}[]<>()#+!|~&" else c for c in cell)


def _cells(header: Sequence[str], rows: Rows) -> str:
    top = "".join(f"<th><p><strong>{html.escape(cell)}</strong></p></th>" for cell in header)
    rest = "".join("<tr>" + "".join(f"<td><p>{html.escape(cell)}</p></td>" for cell in row) + "</tr>" for row in rows)
    return f'<table data-layout="default" ac:local-id="1"><colgroup><col /></colgroup><tbody><tr>{top}</tr>{rest}</tbody></table>'
