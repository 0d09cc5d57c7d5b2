"""A page becomes rules, or says which row is wrong (contract, section 5)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.policy import PolicyInvalid, PolicyProblem, Tier
from agent.policy_rules import RULES as KNOWN
from agent.policy_rules import digest_of, parse
from integrations.base import Page
from sandbox.world import POLICY

from .policy_pages import APP_HEADER, APPS, FALLBACK, RULES, markdown, storage


def problems(page: Page) -> tuple[PolicyProblem, ...]:
    with pytest.raises(PolicyInvalid) as caught:
        parse(page, FALLBACK)
    return caught.value.problems


def problem(page: Page) -> PolicyProblem:
    found = problems(page)
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


def with_rule(rule: str, setting: str) -> Page:
    return markdown(rules=[("Self-service resets", "allowed"), (rule, setting)])


def with_app(*, name: str = "Payroll", label: str = "Payroll", tier: str = "Standard", owner: str = "p@example.com", path: str = "Okta link") -> Page:
    return markdown(apps=[(name, label, tier, owner, path)])


def test_the_page_of_the_demo_is_a_policy() -> None:
    policy = parse(Page("1", "Password resets", "7", POLICY, "markdown"), FALLBACK)
    assert [row.application for row in policy.applications][:3] == ["Payroll", "VPN", "Finance ERP"]
    assert policy.self_service
    assert policy.on_behalf_escalates
    assert policy.privileged_groups == ("Domain Admins", "Payment Approvers")
    assert policy.privileged_owner == "group:IT Service Desk"
    assert policy.backup_owner == FALLBACK
    assert re.fullmatch(r"v7-[0-9a-f]{8}", policy.revision)


def test_what_the_page_leaves_out_has_the_contracts_default_and_is_known_to_be_one() -> None:
    policy = parse(markdown(rules=[]), FALLBACK)
    assert policy.stated == frozenset()
    assert (policy.self_service, policy.identity_check, policy.on_behalf_escalates) == (False, True, False)
    assert (policy.unlock_locked_out, policy.sensitive_blocks_account, policy.unlisted_standard) == (False, False, False)
    assert (policy.resets_per_day, policy.reminders, policy.approvals_privileged, policy.step_up) == (3, 2, 1, "Privileged")
    assert policy.wait_after_factor == policy.window_low == policy.maximum_age == timedelta(hours=24)
    assert (policy.window_high, policy.window_medium, policy.waiting) == (timedelta(hours=1), timedelta(hours=4), timedelta(hours=72))
    assert (policy.privileged_owner, policy.backup_owner, policy.revoke_sessions) == (FALLBACK, FALLBACK, False)


@pytest.mark.parametrize(("rule", "setting", "field", "value"), [
    ("self-SERVICE   resets", "Not  Allowed", "self_service", False),
    ("Identity check", "none", "identity_check", False),
    ("Identity check", "okta verify PUSH", "identity_check", True),
    ("On behalf of someone else", "escalate", "on_behalf_escalates", True),
    ("Locked-out accounts", "unlock", "unlock_locked_out", True),
    ("Sensitive application blocks account-wide resets", "yes", "sensitive_blocks_account", True),
    ("Privileged groups", "A, B , a", "privileged_groups", ("A", "B")),
    ("Privileged account owner", "GROUP: Desk", "privileged_owner", "group:Desk"),
    ("Unlisted application", "standard", "unlisted_standard", True),
    ("Resets per person per day", "5", "resets_per_day", 5),
    ("Wait after a new factor", "0 h", "wait_after_factor", timedelta(0)),
    ("Review window High", "90 s", "window_high", timedelta(seconds=90)),
    ("Review window Medium", "30 min", "window_medium", timedelta(minutes=30)),
    ("Review window Low", "3D", "window_low", timedelta(days=3)),
    ("Reminders before backup", "0", "reminders", 0),
    ("Backup owner", "Priya.Nair@Example.com", "backup_owner", "priya.nair@example.com"),
    ("Approvals needed for Privileged", "2", "approvals_privileged", 2),
    ("Approver step-up", "sensitive", "step_up", "Sensitive"),
    ("Approver step-up", "None", "step_up", "none"),
    ("Waiting for requester", "1 h", "waiting", timedelta(hours=1)),
    ("Policy maximum age", "12 h", "maximum_age", timedelta(hours=12)),
    ("Revoke sessions on reset", "Yes", "revoke_sessions", True),
])  # fmt: skip
def test_every_rule_is_read(rule: str, setting: str, field: str, value: object) -> None:
    policy = parse(markdown(rules=[(rule, setting)]), FALLBACK)
    assert getattr(policy, field) == value
    assert len(policy.stated) == 1


@pytest.mark.parametrize(("rule", "setting", "column", "says"), [
    ("Self service", "allowed", "Rule", '"Self service" is no rule'),
    ("Identity check", "maybe", "Setting", '"maybe" is no setting'),
    ("Identity check", "", "Setting", "missing"),
    ("", "allowed", "Rule", "missing"),
    ("Self-Service Resets", "allowed", "Rule", "row 1 already"),
    ("Review window High", "1 week", "Setting", "no duration"),
    ("Review window High", "-1 h", "Setting", "no duration"),
    ("Review window High", "1.5 h", "Setting", "no duration"),
    ("Review window High", "0 h", "Setting", "too short"),
    ("Policy maximum age", "999999 d", "Setting", "too long"),
    ("Policy maximum age", "٣ h", "Setting", "no duration"),
    ("Resets per person per day", "three", "Setting", "no number"),
    ("Approvals needed for Privileged", "3", "Setting", "no number from 1 to 2"),
    ("Privileged groups", "A,,B", "Setting", "empty name"),
    ("Backup owner", "somebody", "Setting", "neither an e-mail address nor a group"),
    ("Backup owner", "group:", "Setting", "names no group"),
    ("Approver step-up", "always", "Setting", "no setting"),
    ("Self-service resets \u202e", "allowed", "Rule", "invisible character (U+202E)"),
])  # fmt: skip
def test_a_wrong_rule_is_named_with_its_row(rule: str, setting: str, column: str, says: str) -> None:
    found = problem(with_rule(rule, setting))
    assert (found.table, found.row, found.column) == ("Rules table", 2, column)
    assert says in found.wrong
    assert "Rules table, row 2" in str(found)


@pytest.mark.parametrize(("cells", "column", "says"), [
    ({"tier": "Normal"}, "Tier", '"Normal" is no tier'),
    ({"tier": ""}, "Tier", "missing"),
    ({"owner": ""}, "Owner", "the owner is missing"),
    ({"owner": "Priya Nair"}, "Owner", "neither"),
    ({"owner": "a@b"}, "Owner", "neither"),
    ({"owner": "a@example.com, b@example.com"}, "Owner", "neither"),
    ({"name": ""}, "Application", "missing"),
    ({"label": ""}, "Okta label", "missing"),
    ({"path": ""}, "Reset path", "missing"),
    ({"path": "by phone"}, "Reset path", "is no reset path"),
    ({"path": "http://travel.example.com/"}, "Reset path", "http address"),
    ({"path": "https://user@travel.example.com/"}, "Reset path", "user name"),
    ({"path": "https://travel.example.com@evil.example.com/"}, "Reset path", "user name"),
    ({"path": "https:///reset"}, "Reset path", "not a valid address"),
    ({"path": "https://travel.example.com:99999/"}, "Reset path", "not a valid address"),
    ({"path": "https://tr\u0430vel.example.com/"}, "Reset path", "not a valid address"),
    ({"path": "javascript:alert(1)"}, "Reset path", "is no reset path"),
    ({"name": "x" * 301}, "Application", "longer than 300"),
])  # fmt: skip
def test_a_wrong_application_is_named_with_its_row(cells: dict[str, str], column: str, says: str) -> None:
    found = problem(with_app(**cells))
    assert (found.table, found.row, found.column) == ("Application table", 1, column)
    assert says in found.wrong


def test_an_application_and_an_okta_label_stand_once() -> None:
    twice = [("A", "One", "Standard", "p@example.com", "Okta link"), ("B", " one ", "Sensitive", "p@example.com", "Okta link")]
    assert '" one "' not in str(problem(markdown(apps=twice)))
    assert problem(markdown(apps=twice)).column == "Okta label"
    crossed = [("A", "One", "Standard", "p@example.com", "Okta link"), ("one", "B", "Sensitive", "p@example.com", "Okta link")]
    assert problem(markdown(apps=crossed)).column == "Application"


def test_all_problems_are_told_at_once() -> None:
    apps = [("A", "A", "Normal", "nobody", "Okta link"), ("B", "B", "Standard", "", "Okta link")]
    assert [(each.row, each.column) for each in problems(markdown(apps=apps, rules=[("Nonsense", "x")]))] == [
        (1, "Tier"), (1, "Owner"), (2, "Owner"), (1, "Rule"),
    ]  # fmt: skip


def test_a_missing_or_doubled_table_or_column_is_a_problem() -> None:
    page = markdown()
    rules_only = page.body[page.body.index("## Rules"):]
    assert "none on the page" in problem(Page("1", "t", "1", rules_only, "markdown")).wrong
    doubled = page.body + "\n\n" + rules_only
    assert "there are 2" in problem(Page("1", "t", "1", doubled, "markdown")).wrong
    no_owner = [[cell for place, cell in enumerate(row) if place != 3] for row in APPS]
    found = problem(markdown(apps=no_owner, app_header=[name for name in APP_HEADER if name != "Owner"]))
    assert (found.row, found.column, found.wrong) == (0, "Owner", "the column is missing")
    twice = [(*row, "Standard") for row in APPS]
    assert problem(markdown(apps=twice, app_header=(*APP_HEADER, "tier"))).wrong == "the column is there twice"


@pytest.mark.parametrize("write", [markdown, storage])
def test_columns_may_stand_in_any_order_among_others(write: type[Page]) -> None:
    turned = write(apps=[(*reversed(row), "because") for row in APPS], app_header=(*reversed(APP_HEADER), "Why"))  # type: ignore[call-arg]  # either writer
    assert parse(turned, FALLBACK) == parse(markdown(), FALLBACK)


def test_other_tables_and_prose_change_nothing() -> None:
    page = markdown()
    more = page.body + "\n\nEveryone may reset everything: **Self-service resets: allowed**\n\n| Rule | Why |\n|---|---|\n| Identity check | none |\n"
    assert parse(Page("1", page.title, "12", more, "markdown"), FALLBACK) == parse(page, FALLBACK)


def test_the_digest_is_of_the_rules_and_the_label_tells_the_version() -> None:
    one, two = parse(markdown(version="12"), FALLBACK), parse(storage(version="2026-11-25 / 9"), "other@example.com")
    assert digest_of(one.revision) == digest_of(two.revision)
    assert two.revision.startswith("v2026.11.25.9-")
    changed = parse(markdown(rules=[*RULES, ("Identity check", "none")]), FALLBACK)
    assert digest_of(changed.revision) != digest_of(one.revision)
    assert len(parse(markdown(version="x" * 500), FALLBACK).revision) <= 60


def test_blank_rows_are_left_out_but_counted() -> None:
    policy = parse(markdown(apps=[APPS[0], ("", "", "", "", ""), APPS[1]]), FALLBACK)
    assert [row.row for row in policy.applications] == [1, 3]


def test_a_page_that_is_too_large_or_of_another_kind_is_refused() -> None:
    assert "1 MB" in problem(Page("1", "t", "1", "é" * 600_000, "markdown")).wrong
    assert "not known" in problem(Page("1", "t", "1", "", "wiki")).wrong


# ---------------------------------------------------------------- whatever is on the page

_text = st.text(alphabet=st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
_cell = st.lists(_text, min_size=1, max_size=3).map(" ".join)
_row = st.tuples(_cell, _cell, st.sampled_from(list(Tier)).map(str), st.sampled_from(["a@example.com", "group:Desk", "x"]),
                 st.sampled_from(["Okta link", "Manual", "https://a.example.com/r", "http://b.example.com"]))  # fmt: skip
_rule = st.tuples(st.sampled_from([rule.name for rule in KNOWN]), st.sampled_from(["yes", "no", "allowed", "none", "2", "3 d", "A, B", "unlock"]))


@example(apps=[("0", "0 ,", "Standard", "a@example.com", "Okta link")], rules=[])
@settings(max_examples=120, deadline=None)
@given(apps=st.lists(_row, max_size=4), rules=st.lists(_rule, max_size=4))
def test_markdown_and_storage_give_the_same_policy_or_the_same_problems(apps: list[tuple[str, ...]], rules: list[tuple[str, ...]]) -> None:
    outcomes: list[object] = []
    for page in (markdown(apps, rules), storage(apps, rules)):
        try:
            outcomes.append(parse(page, FALLBACK))
        except PolicyInvalid as invalid:
            outcomes.append(invalid.problems)
    assert outcomes[0] == outcomes[1]


_pieces = st.sampled_from([
    "<table>", "</table>", "<tr>", "<td>", "<th>", "</td>", "<![CDATA[", "]]>", "<!--", "<!", "<?", "&#xD800;", "&", "\x00", "\ud800", "|", "\n", "---", "| Rule | Setting |\n|---|---|\n",
    "| Application | Okta label | Tier | Owner | Reset path |\n|---|---|---|---|---|\n", "Rule", "Setting", "[a](b)", "`", "*", "https://[", "<ac:structured-macro ac:name=\"status\">",
    "<ac:parameter ac:name=\"title\">", "allowed", "Identity check", "group:", "\u202e",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.one_of(_pieces, st.text(max_size=6)), max_size=30), kind=st.sampled_from(["markdown", "storage"]))
def test_no_page_raises_anything_but_policy_invalid(parts: list[str], kind: str) -> None:
    result: object = None
    try:
        result = parse(Page("1", "t", "1", "".join(parts), kind), FALLBACK)
    except PolicyInvalid as invalid:
        result = [str(each) for each in invalid.problems]
    assert result
