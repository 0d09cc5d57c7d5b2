"""Facts and a policy under which everything is fine, for tests that change one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agent import gate
from agent.facts import AppKind, Facts, Identity, Tri
from agent.policy import AppRule, Policy, Tier
from agent.verdict import Reading, Verdict
from integrations.base import AccountStatus

NOW = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)
FALLBACK = "lena.vogt@example.com"
OWNER = "priya.nair@example.com"

FINE = Facts(
    now=NOW, bound=Tri.YES, about_reset=Tri.YES, about_self=Tri.YES, on_behalf=False, relationship=Tri.UNKNOWN, status=AccountStatus.ACTIVE,
    okta_sourced=Tri.YES, contradiction=Tri.NO, resent_recently=Tri.UNKNOWN, admin_role=Tri.NO, service_account=Tri.NO,
    groups=frozenset({"Everyone"}), app_kind=AppKind.APP, app_label="Payroll", app_assigned=Tri.YES, asked_for_app=False,
    assigned_labels=frozenset({"Payroll", "FIN-ERP", "Travel", "Notes"}), resets_today=0, newest_factor_at=NOW - timedelta(days=90),
    factors_known=Tri.YES, factor_enrolled=Tri.YES, breaker_open=Tri.NO, frozen=Tri.NO, identity=Identity.PASSED,
    policy_age=timedelta(minutes=1),
)  # fmt: skip

POLICY = Policy(
    revision="v12-3fa94c01", title="Password resets", self_service=True, privileged_groups=("Domain Admins",),
    privileged_owner="group:IT Service Desk", backup_owner=FALLBACK, stated=frozenset({"Self-service resets", "Privileged groups"}),
    applications=(
        AppRule("Payroll", "Payroll", Tier.STANDARD, OWNER, "Okta link", 1),
        AppRule("Finance ERP", "FIN-ERP", Tier.SENSITIVE, "group:Finance Owners", "Okta link", 2),
        AppRule("Admin Console", "Admin Console", Tier.PRIVILEGED, "group:Consoles", "Okta link", 3),
        AppRule("Build Server", "Build Server", Tier.STANDARD, "group:Builders", "Manual", 4),
        AppRule("Travel Desk", "Travel", Tier.STANDARD, OWNER, "https://travel.example.com/reset", 5),
        AppRule("VPN", "VPN", Tier.STANDARD, OWNER, "Okta link", 6),
    ),
)  # fmt: skip


def facts(**changes: Any) -> Facts:
    return replace(FINE, **changes)


def policy(**changes: Any) -> Policy:
    return replace(POLICY, **changes)


def decide(what: Facts = FINE, rules: Policy | None = POLICY, reading: Reading | None = None) -> Verdict:
    return gate.decide(what, rules, reading, fallback_owner=FALLBACK)
