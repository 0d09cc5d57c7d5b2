"""The decision table, row by row (rulings): what each fact leads to, who is asked, what is cited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent import gate
from agent.facts import AppKind, Identity, Tri
from agent.gate_rows import AFTER, BEFORE, Row
from agent.verdict import EffectKind, Outcome, Verdict
from integrations.base import AccountStatus

from .cases import FALLBACK, FINE, NOW, OWNER, POLICY, decide, facts, policy

ACCOUNT = {"app_kind": AppKind.ACCOUNT, "app_label": "", "app_assigned": Tri.UNKNOWN}
LOCKED = AccountStatus.LOCKED_OUT
UNLOCK = policy(unlock_locked_out=True)
ESCALATES = policy(on_behalf_escalates=True)
BLOCKS = policy(sensitive_blocks_account=True)


def test_row_16_resets_and_cites_the_applications_row() -> None:
    verdict = decide()
    assert (verdict.outcome, verdict.rule, verdict.effect) == (Outcome.EFFECT, "16", EffectKind.RESET)
    assert (verdict.policy_revision, verdict.section) == (POLICY.revision, "Application table, row 1: Payroll")
    assert (verdict.owner, verdict.neutral, verdict.security, verdict.priority) == ("", False, False, "Medium")


# changes to the fine facts, policy -> outcome, rule, priority, owner, effect
TABLE: list[tuple[dict[str, Any], Any, str, str, str, str, EffectKind | None]] = [
    ({"bound": Tri.NO}, POLICY, "reject", "4", "Medium", "", None),
    ({"bound": Tri.UNKNOWN}, POLICY, "escalate", "4", "Medium", FALLBACK, None),
    ({"about_reset": Tri.NO}, POLICY, "close", "5", "Low", "", None),
    ({"about_reset": Tri.UNKNOWN}, POLICY, "escalate", "5", "Medium", FALLBACK, None),
    ({"about_self": Tri.NO}, POLICY, "reject", "6", "Medium", "", None),
    ({"about_self": Tri.UNKNOWN}, POLICY, "escalate", "6", "Medium", FALLBACK, None),
    ({"on_behalf": True, "relationship": Tri.YES}, POLICY, "reject", "6", "Medium", "", None),
    ({"on_behalf": True, "relationship": Tri.YES}, None, "reject", "6", "Medium", "", None),
    ({"on_behalf": True, "relationship": Tri.YES}, ESCALATES, "escalate", "6b", "Medium", OWNER, EffectKind.RESET),
    ({"on_behalf": True, "relationship": Tri.YES, "about_self": Tri.NO}, ESCALATES, "escalate", "6b", "Medium", OWNER, EffectKind.RESET),
    ({"on_behalf": True, "relationship": Tri.YES, "admin_role": Tri.YES}, ESCALATES, "escalate", "6b", "Medium", OWNER, None),
    ({"on_behalf": True, "relationship": Tri.NO}, ESCALATES, "reject", "6b", "Medium", "", None),
    ({"on_behalf": True, "relationship": Tri.UNKNOWN}, ESCALATES, "escalate", "6b", "Medium", FALLBACK, None),
    ({"status": None}, POLICY, "escalate", "7", "Medium", FALLBACK, None),
    ({"status": AccountStatus.DEPROVISIONED}, POLICY, "reject", "7", "Medium", "", None),
    ({"status": AccountStatus.SUSPENDED}, POLICY, "escalate", "7b", "High", FALLBACK, None),
    ({"status": AccountStatus.STAGED}, POLICY, "escalate", "7b", "Medium", FALLBACK, None),
    ({"status": AccountStatus.PROVISIONED}, POLICY, "escalate", "7b", "Medium", FALLBACK, None),
    ({"status": LOCKED}, POLICY, "escalate", "7c", "Medium", FALLBACK, EffectKind.RESET),
    ({"status": LOCKED}, None, "escalate", "7c", "Medium", FALLBACK, EffectKind.RESET),
    ({"status": LOCKED, "policy_age": None}, UNLOCK, "escalate", "7c", "Medium", FALLBACK, EffectKind.RESET),
    ({"status": LOCKED}, UNLOCK, "effect", "16", "Medium", "", EffectKind.UNLOCK),
    ({"status": LOCKED, "admin_role": Tri.YES}, UNLOCK, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"status": LOCKED, "resets_today": 3}, UNLOCK, "escalate", "12", "Medium", FALLBACK, EffectKind.UNLOCK),
    ({"status": LOCKED, "identity": Identity.NONE}, UNLOCK, "check", "14", "Medium", "", None),
    ({"status": AccountStatus.RECOVERY, "resent_recently": Tri.NO}, POLICY, "effect", "16", "Medium", "", EffectKind.RESEND),
    ({"status": AccountStatus.RECOVERY, "resent_recently": Tri.YES}, POLICY, "escalate", "7d", "Medium", FALLBACK, EffectKind.RESEND),
    ({"status": AccountStatus.RECOVERY, "resent_recently": Tri.UNKNOWN}, POLICY, "escalate", "7d", "Medium", FALLBACK, None),
    ({"status": AccountStatus.PASSWORD_EXPIRED}, POLICY, "effect", "16", "Medium", "", EffectKind.RESET),
    ({"okta_sourced": Tri.NO}, POLICY, "escalate", "7e", "Medium", FALLBACK, None),
    ({"okta_sourced": Tri.UNKNOWN}, POLICY, "escalate", "7e", "Medium", FALLBACK, None),
    ({"contradiction": Tri.YES}, POLICY, "escalate", "7e", "Medium", FALLBACK, None),
    ({"contradiction": Tri.UNKNOWN}, POLICY, "escalate", "7e", "Medium", FALLBACK, None),
    ({"admin_role": Tri.YES}, POLICY, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"admin_role": Tri.YES}, None, "escalate", "8", "High", FALLBACK, None),
    ({"admin_role": Tri.YES, "groups": None}, POLICY, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"service_account": Tri.YES}, POLICY, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"groups": frozenset({"domain  ADMINS"})}, POLICY, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"groups": frozenset({"Domain Admins"}), "policy_age": timedelta(days=9)}, POLICY, "escalate", "8", "High", "group:IT Service Desk", None),
    ({"groups": None}, POLICY, "escalate", "8", "High", FALLBACK, None),
    ({"admin_role": Tri.UNKNOWN}, POLICY, "escalate", "8", "High", FALLBACK, None),
    ({"service_account": Tri.UNKNOWN}, None, "escalate", "8", "High", FALLBACK, None),
    ({"app_label": "admin console"}, POLICY, "escalate", "8", "High", "group:Consoles", None),
    ({"app_label": "Build Server"}, POLICY, "escalate", "8", "High", "group:Builders", None),
    ({"app_kind": AppKind.OTHER, "app_label": "Build server", "app_assigned": Tri.NO}, POLICY, "escalate", "8", "High", "group:Builders", None),
    ({"app_kind": AppKind.UNNAMED, "app_label": ""}, POLICY, "ask", "9", "Medium", "", None),
    ({"app_kind": AppKind.UNNAMED, "app_label": "", "asked_for_app": True}, None, "ask", "9", "Medium", "", None),
    ({"app_assigned": Tri.NO}, POLICY, "ask", "9b", "Low", "", None),
    ({"app_assigned": Tri.NO, "asked_for_app": True}, POLICY, "reject", "9b", "Low", "", None),
    ({"app_assigned": Tri.NO, "asked_for_app": True}, None, "reject", "9b", "Low", "", None),
    ({"app_assigned": Tri.UNKNOWN}, POLICY, "escalate", "9b", "Low", FALLBACK, None),
    ({"app_kind": AppKind.OTHER, "app_label": "VPN", "app_assigned": Tri.NO}, POLICY, "ask", "9b", "Low", "", None),
    ({"app_kind": AppKind.OTHER, "app_label": "Coffee", "app_assigned": Tri.NO, "asked_for_app": True}, POLICY, "reject", "9b", "Low", "", None),
    ({"app_kind": AppKind.OTHER, "app_label": "Coffee", "app_assigned": Tri.UNKNOWN}, POLICY, "escalate", "9b", "Low", FALLBACK, None),
    ({"app_kind": AppKind.OTHER, "app_label": "VPN", "assigned_labels": None}, POLICY, "escalate", "9b", "Low", FALLBACK, None),
    ({"app_kind": AppKind.OTHER, "app_label": "finance erp", "app_assigned": Tri.NO}, POLICY, "escalate", "11", "High", "group:Finance Owners", EffectKind.RESET),
    ({}, None, "escalate", "10", "Medium", FALLBACK, EffectKind.RESET),
    ({"policy_age": None}, POLICY, "escalate", "10", "Medium", FALLBACK, EffectKind.RESET),
    ({"policy_age": timedelta(hours=24, seconds=1)}, POLICY, "escalate", "10", "Medium", FALLBACK, EffectKind.RESET),
    ({"policy_age": timedelta(hours=24)}, POLICY, "effect", "16", "Medium", "", EffectKind.RESET),
    ({"app_label": "Notes"}, POLICY, "escalate", "10", "Medium", FALLBACK, EffectKind.RESET),
    ({"app_label": "Notes"}, policy(unlisted_standard=True), "effect", "16", "Medium", "", EffectKind.RESET),
    ({}, policy(self_service=False), "escalate", "10a", "Medium", OWNER, EffectKind.RESET),
    (ACCOUNT, policy(self_service=False), "escalate", "10a", "Medium", FALLBACK, EffectKind.RESET),
    ({"app_label": "FIN-ERP"}, POLICY, "escalate", "11", "High", "group:Finance Owners", EffectKind.RESET),
    ({}, BLOCKS, "escalate", "11", "High", "group:Finance Owners", EffectKind.RESET),
    ({"assigned_labels": None}, BLOCKS, "escalate", "11", "High", FALLBACK, None),
    ({"assigned_labels": frozenset({"Payroll"})}, BLOCKS, "effect", "16", "Medium", "", EffectKind.RESET),
    ({"assigned_labels": frozenset({"Payroll", "Admin Console"})}, BLOCKS, "escalate", "11", "High", "group:Consoles", EffectKind.RESET),
    (ACCOUNT, BLOCKS, "escalate", "11", "High", "group:Finance Owners", EffectKind.RESET),
    ({"app_label": "Travel", "assigned_labels": None}, BLOCKS, "effect", "15", "Medium", "", EffectKind.POINT),
    ({"frozen": Tri.YES}, POLICY, "escalate", "12", "High", FALLBACK, None),
    ({"frozen": Tri.UNKNOWN}, POLICY, "escalate", "12", "Medium", FALLBACK, None),
    ({"breaker_open": Tri.YES}, POLICY, "escalate", "12", "Medium", FALLBACK, EffectKind.RESET),
    ({"breaker_open": Tri.UNKNOWN}, POLICY, "escalate", "12", "Medium", FALLBACK, None),
    ({"resets_today": 3}, POLICY, "escalate", "12", "Medium", FALLBACK, EffectKind.RESET),
    ({"resets_today": 2}, POLICY, "effect", "16", "Medium", "", EffectKind.RESET),
    ({"resets_today": None}, POLICY, "escalate", "12", "Medium", FALLBACK, None),
    ({"identity": Identity.NONE, "newest_factor_at": NOW - timedelta(hours=23)}, POLICY, "escalate", "12", "Medium", FALLBACK, EffectKind.RESET),
    ({"identity": Identity.PENDING, "newest_factor_at": NOW - timedelta(hours=1)}, POLICY, "escalate", "12", "Medium", FALLBACK, EffectKind.RESET),
    ({"identity": Identity.NONE, "newest_factor_at": NOW - timedelta(hours=24)}, POLICY, "check", "14", "Medium", "", None),
    ({"identity": Identity.NONE, "newest_factor_at": None}, POLICY, "escalate", "12", "Medium", FALLBACK, None),
    ({"identity": Identity.NONE, "factors_known": Tri.UNKNOWN}, POLICY, "escalate", "12", "Medium", FALLBACK, None),
    ({"identity": Identity.NONE, "factors_known": Tri.UNKNOWN}, policy(wait_after_factor=timedelta(0)), "escalate", "13", "Medium", FALLBACK, None),
    ({"identity": Identity.NONE, "newest_factor_at": None, "factor_enrolled": Tri.NO}, POLICY, "escalate", "13", "Medium", FALLBACK, EffectKind.RESET),
    ({"identity": Identity.NONE}, POLICY, "check", "14", "Medium", "", None),
    ({"identity": Identity.TIMED_OUT}, POLICY, "check", "14", "Medium", "", None),
    ({"identity": Identity.PENDING}, POLICY, "wait", "14", "Medium", "", None),
    ({"identity": Identity.FAILED}, POLICY, "escalate", "14", "Medium", FALLBACK, EffectKind.RESET),
    ({"identity": Identity.UNKNOWN}, POLICY, "escalate", "14", "Medium", FALLBACK, None),
    ({"identity": Identity.UNKNOWN}, policy(identity_check=False), "escalate", "14", "Medium", FALLBACK, None),
    ({"identity": Identity.UNKNOWN, "app_kind": AppKind.UNNAMED}, POLICY, "escalate", "14", "Medium", FALLBACK, None),
    ({"identity": Identity.REJECTED}, POLICY, "escalate", "14", "High", FALLBACK, None),
    ({"identity": Identity.DENIED}, POLICY, "escalate", "14", "High", FALLBACK, None),
    ({"app_label": "Travel"}, POLICY, "effect", "15", "Medium", "", EffectKind.POINT),
    (ACCOUNT, POLICY, "effect", "16", "Medium", "", EffectKind.RESET),
]


@pytest.mark.parametrize(("changes", "rules", "outcome", "rule", "priority", "owner", "effect"), TABLE)
def test_each_row_of_the_table(
    changes: dict[str, Any], rules: Any, outcome: str, rule: str, priority: str, owner: str, effect: EffectKind | None
) -> None:
    verdict = decide(facts(**changes), rules)
    assert (verdict.outcome.value, verdict.rule, verdict.priority, verdict.owner, verdict.effect) == (outcome, rule, priority, owner, effect), verdict
    assert verdict.rationale.endswith(".")
    assert bool(verdict.section) == bool(verdict.policy_revision)


def test_what_is_unknown_and_not_needed_does_not_matter() -> None:
    unneeded: list[tuple[dict[str, Any], Any]] = [
        ({**ACCOUNT, "assigned_labels": None}, POLICY),
        ({"assigned_labels": None, "resent_recently": Tri.UNKNOWN, "relationship": Tri.UNKNOWN}, POLICY),
        ({"factors_known": Tri.UNKNOWN, "factor_enrolled": Tri.UNKNOWN, "newest_factor_at": None}, POLICY),
        ({"factors_known": Tri.UNKNOWN, "factor_enrolled": Tri.UNKNOWN, "newest_factor_at": None, "identity": Identity.NONE}, policy(identity_check=False)),
        ({"app_label": "Travel", "status": AccountStatus.RECOVERY, "resent_recently": Tri.UNKNOWN}, POLICY),
    ]  # fmt: skip
    for changes, rules in unneeded:
        assert decide(facts(**changes), rules).outcome is Outcome.EFFECT, changes
    assert decide(facts(identity=Identity.UNKNOWN), policy(identity_check=False)).outcome is Outcome.ESCALATE, "it may have been a refusal"
    declared = facts(on_behalf=True, relationship=Tri.YES, about_self=Tri.UNKNOWN)
    assert decide(declared, ESCALATES).rule == "6b"


def test_neutral_words_and_security_events_belong_to_the_rows_that_have_them() -> None:
    def marks(verdict: Verdict) -> tuple[bool, bool, bool]:
        return verdict.neutral, verdict.security, verdict.freeze

    assert marks(decide(facts(bound=Tri.NO))) == (True, True, False)
    assert marks(decide(facts(about_self=Tri.NO))) == (True, True, False)
    assert marks(decide(facts(on_behalf=True, relationship=Tri.NO), ESCALATES)) == (True, True, False)
    assert marks(decide(facts(status=AccountStatus.DEPROVISIONED))) == (True, False, False)
    assert marks(decide(facts(app_assigned=Tri.NO, asked_for_app=True))) == (False, False, False)
    assert marks(decide(facts(identity=Identity.REJECTED))) == (False, True, False)
    assert marks(decide(facts(identity=Identity.DENIED))) == (False, True, True)
    assert marks(decide(facts(frozen=Tri.YES))) == (False, True, False)


@pytest.mark.parametrize("changes", [
    {}, {"admin_role": Tri.YES}, {"app_kind": AppKind.UNNAMED}, {"app_assigned": Tri.NO, "asked_for_app": True}, {"policy_age": None},
    {"bound": Tri.UNKNOWN}, {"status": None}, {"status": AccountStatus.SUSPENDED}, {"okta_sourced": Tri.NO}, {"frozen": Tri.YES},
])  # fmt: skip
def test_this_was_not_me_wins_over_everything_that_does_not_end_the_request(changes: dict[str, Any]) -> None:
    for rules in (POLICY, None, policy(identity_check=False)):
        verdict = decide(facts(identity=Identity.DENIED, **changes), rules)
        assert (verdict.outcome, verdict.rule, verdict.priority, verdict.freeze, verdict.effect) == (Outcome.ESCALATE, "14", "High", True, None)


def test_where_rows_4_to_7_end_the_request_a_refusal_still_freezes() -> None:
    for changes, rule in (({"bound": Tri.NO}, "4"), ({"about_self": Tri.NO}, "6"), ({"status": AccountStatus.DEPROVISIONED}, "7")):
        verdict = decide(facts(identity=Identity.DENIED, **changes))
        assert (verdict.outcome, verdict.rule, verdict.freeze, verdict.security, verdict.priority) == (Outcome.REJECT, rule, True, True, "High")


def test_what_is_cited() -> None:
    cited = {
        "8": decide(facts(app_label="Build Server")), "8 group": decide(facts(groups=frozenset({"Domain Admins"}))), "8 admin": decide(facts(admin_role=Tri.YES)),
        "10": decide(facts(app_label="Notes")), "10a": decide(rules=policy(self_service=False)), "12": decide(facts(resets_today=9)),
        "15": decide(facts(app_label="Travel")), "account": decide(facts(**ACCOUNT)), "unlisted": decide(facts(app_label="Notes"), policy(unlisted_standard=True)),
    }  # fmt: skip
    assert {name: verdict.section for name, verdict in cited.items()} == {
        "8": "Application table, row 4: Build Server", "8 group": "Rules table: Privileged groups", "8 admin": "",
        "10": "", "10a": "Rules table: Self-service resets", "12": "Rules table: Resets per person per day (default)",
        "15": "Application table, row 5: Travel Desk", "account": "Rules table: Self-service resets", "unlisted": "Rules table: Unlisted application (default)",
    }  # fmt: skip
    assert decide(facts(app_label="Travel")).url == "https://travel.example.com/reset"
    assert decide().url == ""


def test_the_marks_for_step_up_and_what_an_effect_brings_with_it() -> None:
    assert (decide().sensitive, decide().privileged) == (False, False)
    assert decide(facts(app_label="FIN-ERP")).sensitive
    assert decide(rules=BLOCKS).sensitive
    assert decide(facts(admin_role=Tri.YES)).privileged
    assert decide(facts(on_behalf=True, relationship=Tri.YES, admin_role=Tri.YES), ESCALATES).privileged
    assert not decide(rules=policy(identity_check=False)).identity_needed
    assert decide(facts(policy_age=None), policy(identity_check=False)).identity_needed
    revoking = policy(revoke_sessions=True)
    assert decide(rules=revoking).revoke_sessions
    assert not decide(facts(app_label="Travel"), revoking).revoke_sessions


def test_observe_turns_effects_alone_into_suggestions_for_the_owner() -> None:
    for changes, rules, owner, effect in (
        ({}, POLICY, OWNER, EffectKind.RESET), (ACCOUNT, POLICY, FALLBACK, EffectKind.RESET), ({"app_label": "Travel"}, POLICY, OWNER, EffectKind.POINT),
        ({"app_label": "Notes"}, policy(unlisted_standard=True), FALLBACK, EffectKind.RESET), ({"status": LOCKED}, UNLOCK, OWNER, EffectKind.UNLOCK),
    ):  # fmt: skip
        before = decide(facts(**changes), rules)
        after = gate.observe(before)
        assert (after.outcome, after.owner, after.effect, after.rule) == (Outcome.ESCALATE, owner, effect, before.rule)
        assert (after.url, after.policy_revision, after.section) == (before.url, before.policy_revision, before.section)
        assert after.rationale.startswith(f"Suggested: {effect.value}.")
        assert Verdict.from_row(after.as_row()) == after
    for identity in (Identity.NONE, Identity.PENDING, Identity.DENIED):
        verdict = decide(replace(FINE, identity=identity))
        assert gate.observe(verdict) == verdict


@pytest.mark.parametrize("row", [*BEFORE, *AFTER], ids=lambda row: row.__name__)
def test_without_any_one_row_this_file_would_fail(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that nobody misses is dead, or untested."""
    for name in ("BEFORE", "AFTER"):
        monkeypatch.setattr(gate, name, tuple(each for each in getattr(gate, name) if each is not row))
    verdicts = [(decide(facts(**changes), rules), outcome, rule) for changes, rules, outcome, rule, *_ in TABLE]
    assert any((verdict.outcome.value, verdict.rule) != (outcome, rule) for verdict, outcome, rule in verdicts)


def test_an_agreed_third_party_request_is_still_judged_by_every_later_row() -> None:
    """Row 6b once approved: a privileged target is row 8's, and a relationship that cannot be read stays a person's."""
    asked = facts(on_behalf=True, about_self=Tri.NO, relationship=Tri.YES, approved=frozenset({"6b"}))
    assert decide(asked, ESCALATES).rule != "6b"
    admin = decide(replace(asked, admin_role=Tri.YES), ESCALATES)
    assert (admin.outcome, admin.rule, admin.effect) == (Outcome.ESCALATE, "8", None)
    unread = decide(replace(asked, relationship=Tri.UNKNOWN), ESCALATES)
    assert (unread.outcome, unread.rule, unread.effect) == (Outcome.ESCALATE, "6b", None)
