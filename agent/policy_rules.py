"""A policy page as typed rules, or everything that is wrong with it (contract, section 5).

Tables are found by their header row; order of columns, case and spacing are free, other tables and all prose are
ignored. One problem anywhere makes the whole revision invalid: half a policy is nobody's decision.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any

from agent import policy_values as values
from agent.policy import AppRule, Policy, PolicyInvalid, PolicyProblem, same
from agent.policy_page import Cell, Document, Table, read
from agent.policy_values import Wrong, quoted
from integrations.base import Page

__all__ = ["RULES", "RULE_NAMES", "PolicyInvalid", "digest_of", "parse"]

_APPLICATIONS = "Application table"
_RULES = "Rules table"
_APP_COLUMNS = ("Application", "Okta label", "Tier", "Owner", "Reset path")
_RULE_COLUMNS = ("Rule", "Setting")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule by its name on the page, the field of Policy that keeps it, and the reader of its setting."""

    name: str
    field: str
    read: Callable[[str], Any]


def _choice(**settings: Any) -> Callable[[str], Any]:
    """A reader of one of a few words. Underscores of the keys stand for spaces; messages show them as capitalised here."""
    named = {key.replace("_", " "): value for key, value in settings.items()}

    def read_choice(text: str) -> Any:
        for name, value in named.items():
            if same(text) == same(name):
                return value
        raise Wrong(f"{quoted(text)} is no setting of this rule", ", ".join(named))

    return read_choice


def _least(least: timedelta) -> Callable[[str], timedelta]:
    return lambda text: values.duration(text, least=least)


RULES = (
    _Rule("Self-service resets", "self_service", _choice(allowed=True, not_allowed=False)),
    _Rule("Identity check", "identity_check", _choice(Okta_Verify_push=True, none=False)),
    _Rule("On behalf of someone else", "on_behalf_escalates", _choice(reject=False, escalate=True)),
    _Rule("Locked-out accounts", "unlock_locked_out", _choice(escalate=False, unlock=True)),
    _Rule("Sensitive application blocks account-wide resets", "sensitive_blocks_account", _choice(yes=True, no=False)),
    _Rule("Privileged groups", "privileged_groups", values.groups),
    _Rule("Privileged account owner", "privileged_owner", values.owner),
    _Rule("Unlisted application", "unlisted_standard", _choice(escalate=False, standard=True)),
    _Rule("Resets per person per day", "resets_per_day", lambda text: values.number(text, least=0, most=1000)),
    _Rule("Wait after a new factor", "wait_after_factor", _least(timedelta(0))),
    _Rule("Review window High", "window_high", _least(_SECOND)),
    _Rule("Review window Medium", "window_medium", _least(_SECOND)),
    _Rule("Review window Low", "window_low", _least(_SECOND)),
    _Rule("Reminders before backup", "reminders", lambda text: values.number(text, least=0, most=100)),
    _Rule("Backup owner", "backup_owner", values.owner),
    _Rule("Approvals needed for Privileged", "approvals_privileged", lambda text: values.number(text, least=1, most=2)),
    _Rule("Approver step-up", "step_up", _choice(none="none", Sensitive="Sensitive", Privileged="Privileged")),
    _Rule("Waiting for requester", "waiting", _least(_SECOND)),
    _Rule("Policy maximum age", "maximum_age", _least(_SECOND)),
    _Rule("Revoke sessions on reset", "revoke_sessions", _choice(yes=True, no=False)),
)
_BY_NAME = {same(rule.name): rule for rule in RULES}
RULE_NAMES: dict[str, str] = {rule.field: rule.name for rule in RULES}
"""Field of Policy -> the rule's name on the page, for citing it."""


def parse(page: Page, fallback_owner: str) -> Policy:
    """The rules of `page`. `fallback_owner` (KEYTURN_FALLBACK_OWNER) stands in where the page names no privileged or
    backup owner. Raises PolicyInvalid with every problem found, and nothing else.

    The revision is the page's version and a digest of the rules alone: the same rules have the same digest whatever
    the source, the order of columns or the prose around them, such as "v12-3fa94c01".
    """
    document = read(page)
    problems: list[PolicyProblem] = []
    applications = _applications(document, problems)
    stated = _rules(document, problems)
    if problems:
        raise PolicyInvalid(tuple(problems))
    settings: dict[str, Any] = {"privileged_owner": fallback_owner, "backup_owner": fallback_owner} | stated
    names = frozenset(RULE_NAMES[field] for field in stated)
    return Policy(_revision(page.version, applications, stated), page.title, applications, stated=names, **settings)


def digest_of(revision: str) -> str:
    """The part of a revision that stands for the rules: equal digests are equal rules, whatever the page's version."""
    return revision.rpartition("-")[2]


def _revision(version: str, applications: tuple[AppRule, ...], stated: dict[str, Any]) -> str:
    rows = [[getattr(row, column.name) for column in fields(AppRule)] for row in applications]
    rules = sorted((name, value.total_seconds() if isinstance(value, timedelta) else value) for name, value in stated.items())
    text = json.dumps([rows, rules], ensure_ascii=True)
    label = re.sub(r"[^A-Za-z0-9._]+", ".", version).strip(".").removeprefix("v")[:40] or "0"
    return f"v{label}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


# ---------------------------------------------------------------- the two tables


@dataclass(slots=True)
class _Row:
    """One row, read by column names. Problems are noted in `problems`, with the row named."""

    table: str
    number: int
    cells: dict[str, Cell]
    named: str
    problems: list[PolicyProblem]

    def problem(self, column: str, wrong: str, allowed: str = "") -> None:
        self.problems.append(PolicyProblem(self.table, self.number, self.named, column, wrong, allowed))

    def value(self, column: str, reader: Callable[[str], Any]) -> Any:
        """What `reader` makes of the cell, or None after noting what is wrong with it."""
        try:
            return reader(values.legible(self.cells[column].text))
        except Wrong as wrong:
            self.problem(column, wrong.wrong, wrong.allowed)
            return None


def _applications(document: Document, problems: list[PolicyProblem]) -> tuple[AppRule, ...]:
    found: list[AppRule] = []
    names: dict[str, int] = {}
    for row in _rows(document, _APPLICATIONS, _APP_COLUMNS, problems):
        before = len(problems)
        name = row.value("Application", _required("the application's name is missing"))
        label = row.value("Okta label", _required("the Okta label is missing"))
        tier = row.value("Tier", values.tier)
        owner = row.value("Owner", values.owner)
        links = row.cells["Reset path"].links
        path = row.value("Reset path", partial(values.reset_path, links=links))
        for column, text in (("Application", name), ("Okta label", label)):
            earlier = names.get(same(text)) if text else None
            if earlier is not None and earlier != row.number:
                row.problem(column, f"{quoted(text)} stands in row {earlier} already", "each application and each Okta label once")
        if len(problems) == before:
            names |= {same(name): row.number, same(label): row.number}
            found.append(AppRule(name, label, tier, owner, path, row.number))
    return tuple(found)


def _rules(document: Document, problems: list[PolicyProblem]) -> dict[str, Any]:
    """Field of Policy -> setting, for the rules that the page states."""
    stated: dict[str, Any] = {}
    first: dict[str, int] = {}
    for row in _rows(document, _RULES, _RULE_COLUMNS, problems):
        name = row.value("Rule", _required("the rule's name is missing"))
        rule = _BY_NAME.get(same(name)) if name else None
        if name and rule is None:
            row.problem("Rule", f"{quoted(name)} is no rule", ", ".join(known.name for known in RULES))
        if rule is None:
            continue
        if rule.name in first:
            row.problem("Rule", f"{quoted(rule.name)} stands in row {first[rule.name]} already", "each rule once")
            continue
        first[rule.name] = row.number
        value = row.value("Setting", partial(_setting, rule))
        if value is not None:
            stated[rule.field] = value
    return stated


def _setting(rule: _Rule, text: str) -> Any:
    if not text:
        raise Wrong("the setting is missing", "one of the rule's settings, or no such row: then the default holds")
    return rule.read(text)


def _required(wrong: str) -> Callable[[str], str]:
    def present(text: str) -> str:
        if not text:
            raise Wrong(wrong)
        return text

    return present


def _rows(document: Document, kind: str, columns: tuple[str, ...], problems: list[PolicyProblem]) -> Iterator[_Row]:
    """The rows of the one table of this kind, blank ones left out but counted."""

    def whole(wrong: str, allowed: str = "", row: int = 0, named: str = "", column: str = "") -> None:
        problems.append(PolicyProblem(kind, row, named, column, wrong, allowed))

    heading = " | ".join(columns)
    tables = [table for table in document.tables if _kind(table) == kind]
    if len(tables) != 1:
        how_many = "there is none on the page" if not tables else f"there are {len(tables)} on the page"
        whole(how_many, f"one table with the header row {heading}")
        return
    table = tables[0]
    header = [same(cell.text) for cell in table.header]
    wrong = [column for column in columns if header.count(same(column)) != 1]
    for column in wrong:
        what = "the column is there twice" if same(column) in header else "the column is missing"
        whole(what, f"the header row {heading}", column=column)
    if any(cell.merged for cell in table.header):
        whole("the header row has merged cells, so that columns cannot be told apart", f"the header row {heading}")
        return
    if wrong:
        return
    places = {column: header.index(same(column)) for column in columns}
    for number, cells in enumerate(table.rows, start=1):
        if not any(cell.text for cell in cells):
            continue
        named = cells[places[columns[0]]].text[:60] if len(cells) > places[columns[0]] else ""
        if any(cell.merged for cell in cells):
            whole("it has merged cells, so that columns cannot be told apart", "one cell a column", number, named)
        elif len(cells) > len(header):
            whole("it has more cells than the header row", "one cell a column", number, named)
        else:
            padded = (*cells, *[Cell("")] * (len(header) - len(cells)))
            yield _Row(kind, number, {column: padded[place] for column, place in places.items()}, named, problems)


def _kind(table: Table) -> str:
    """Which of the two tables this is by its header row, "" when it is another one."""
    header = {same(cell.text) for cell in table.header}
    if {"rule", "setting"} <= header:
        return _RULES
    if "application" in header and header & {"okta label", "tier", "reset path"}:
        return _APPLICATIONS
    return ""
