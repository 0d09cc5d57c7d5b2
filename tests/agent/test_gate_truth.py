"""Exactly the intended combinations of facts reset: the gate against the rulings written a second time.

`intended` below was written from the rulings as one expression, knows nothing of rows and shares no code with the gate.
What it needs from the policy it has as literals. A reset is a conjunction of five groups of facts, so every group is
walked through exhaustively, under every policy, beside others that are fine and beside each other one that is not.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from agent.facts import AppKind, Facts, Identity, Tri
from agent.policy import Policy
from agent.verdict import EffectKind, Outcome
from integrations.base import AccountStatus

from .cases import FINE, NOW, POLICY, decide, policy

TRI = tuple(Tri)
Group = list[dict[str, Any]]


def every(**values: tuple[Any, ...] | list[Any]) -> Group:
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]


WHO = every(bound=TRI, about_reset=TRI, about_self=TRI, on_behalf=(False, True), relationship=TRI)
ACCOUNT = every(
    status=(None, *AccountStatus), okta_sourced=TRI, contradiction=TRI, resent_recently=TRI, admin_role=TRI, service_account=TRI,
    groups=(None, frozenset({"Everyone"}), frozenset({"Everyone", "Domain Admins"})),
)  # fmt: skip
ACCOUNT = [each for each in ACCOUNT if each["status"] is AccountStatus.RECOVERY or each["resent_recently"] is Tri.UNKNOWN]
"""Whether a link was sent again is a fact of accounts in recovery only."""
APPS = [(AppKind.APP, label) for label in ("Payroll", "FIN-ERP", "Admin Console", "Build Server", "Travel", "Notes")]
APPS += [(AppKind.OTHER, words) for words in ("payroll", "Travel Desk", "VPN", "Coffee")] + [(AppKind.ACCOUNT, ""), (AppKind.UNNAMED, "")]
APPLICATION: Group = [
    {"app_kind": kind, "app_label": label, **rest}
    for (kind, label), rest in itertools.product(APPS, every(
        app_assigned=TRI, asked_for_app=(False, True), assigned_labels=(None, frozenset({"Payroll", "Travel"}), FINE.assigned_labels)))
]  # fmt: skip
LIMITS = every(resets_today=(None, 0, 2, 3), breaker_open=TRI, frozen=TRI)
IDENTITY = every(
    identity=tuple(Identity), factors_known=TRI, factor_enrolled=TRI,
    newest_factor_at=(None, NOW - timedelta(hours=24), NOW - timedelta(hours=23, minutes=59)),
)  # fmt: skip
GROUPS = (WHO, ACCOUNT, APPLICATION, LIMITS, IDENTITY)
BROKEN: tuple[dict[str, Any], ...] = (
    {"bound": Tri.UNKNOWN}, {"admin_role": Tri.YES}, {"app_kind": AppKind.APP, "app_label": "FIN-ERP"}, {"resets_today": 3}, {"identity": Identity.NONE},
)  # fmt: skip
POLICIES: tuple[tuple[Policy | None, timedelta | None], ...] = (
    (POLICY, timedelta(hours=24)), (POLICY, timedelta(hours=25)), (POLICY, None), (None, timedelta(0)),
    (policy(self_service=False), timedelta(0)), (policy(on_behalf_escalates=True, unlock_locked_out=True), timedelta(0)),
    (policy(sensitive_blocks_account=True), timedelta(0)), (policy(unlisted_standard=True, privileged_groups=()), timedelta(0)),
    (policy(identity_check=False, wait_after_factor=timedelta(0)), timedelta(0)),
)  # fmt: skip


def intended(f: Facts, p: Policy | None) -> EffectKind | None:
    """What may be done at once, by the rulings; None when anything else has to happen first, or instead."""
    names_it = {"payroll": "Payroll", "travel desk": "Travel", "vpn": "VPN"}
    label = f.app_label if f.app_kind is AppKind.APP else names_it.get(f.app_label.lower(), "?") if f.app_kind is AppKind.OTHER else "."
    its_own = (
        f.app_kind is AppKind.ACCOUNT
        or (f.app_kind is AppKind.APP and f.app_assigned is Tri.YES)
        or (f.app_kind is AppKind.OTHER and f.assigned_labels is not None and label in f.assigned_labels)
    )
    fine = (
        p is not None and f.policy_age is not None and f.policy_age <= timedelta(hours=24)
        and f.bound == f.about_reset == f.about_self == f.okta_sourced == Tri.YES and not f.on_behalf
        and f.contradiction == f.admin_role == f.service_account == f.frozen == f.breaker_open == Tri.NO
        and f.groups is not None and (not p.privileged_groups or "Domain Admins" not in f.groups)
        and (f.status in ("ACTIVE", "PASSWORD_EXPIRED") or (f.status == "LOCKED_OUT" and p.unlock_locked_out)
             or (f.status == "RECOVERY" and (f.resent_recently is Tri.NO or label == "Travel")))
        and its_own and label in (".", "Payroll", "Travel", "VPN", *(["Notes"] if p.unlisted_standard else []))
        and p.self_service
        and (not p.sensitive_blocks_account or label == "Travel" or (f.assigned_labels is not None and "FIN-ERP" not in f.assigned_labels))
        and f.resets_today is not None and f.resets_today < 3
        and (f.identity is Identity.PASSED or (
            not p.identity_check and f.identity not in (Identity.REJECTED, Identity.DENIED, Identity.UNKNOWN)))
    )  # fmt: skip
    if not fine:
        return None
    by_status = {"LOCKED_OUT": EffectKind.UNLOCK, "RECOVERY": EffectKind.RESEND}
    return EffectKind.POINT if label == "Travel" else by_status.get(str(f.status), EffectKind.RESET)


def combinations() -> Iterator[tuple[Facts, Policy | None]]:
    for rules, age in POLICIES:
        base = replace(FINE, policy_age=age)
        for place, group in enumerate(GROUPS):
            large = group is ACCOUNT
            for changes in group:
                yield replace(base, **changes), rules
                for other, broken in enumerate(BROKEN):
                    if other != place and not large:
                        yield replace(base, **{**broken, **changes}), rules
    for account, application in itertools.product(ACCOUNT[::29], APPLICATION):  # the effect's kind depends on both
        yield replace(FINE, **account, **application), policy(unlock_locked_out=True)


def test_exactly_the_intended_combinations_have_an_effect() -> None:
    seen: Counter[EffectKind | None] = Counter()
    for facts, rules in combinations():
        verdict = decide(facts, rules)
        got = verdict.effect if verdict.outcome is Outcome.EFFECT else None
        wanted = intended(facts, rules)
        assert got == wanted, (facts, rules, verdict)
        seen[got] += 1
    assert sum(seen.values()) > 70_000
    assert all(seen[kind] for kind in EffectKind)
    assert seen.total() - seen[None] < seen.total() / 50, "an effect is the exception"


def test_a_single_class_of_who_and_account_resets() -> None:
    """Of everything that can be known about who asks and for which account, these alone reset (the fine rest given)."""
    resets = [changes for changes in WHO if decide(replace(FINE, **changes)).outcome is Outcome.EFFECT]
    assert {(c["bound"], c["about_reset"], c["about_self"], c["on_behalf"]) for c in resets} == {(Tri.YES, Tri.YES, Tri.YES, False)}
    made = [c for c in ACCOUNT if decide(replace(FINE, **c)).effect is EffectKind.RESET and decide(replace(FINE, **c)).outcome is Outcome.EFFECT]
    assert {c["status"] for c in made} == {AccountStatus.ACTIVE, AccountStatus.PASSWORD_EXPIRED}
    fixed = ("okta_sourced", "contradiction", "admin_role", "service_account", "groups")
    assert {tuple(c[name] for name in fixed) for c in made} == {(Tri.YES, Tri.NO, Tri.NO, Tri.NO, frozenset({"Everyone"}))}


def test_the_check_is_sent_only_to_a_factor_that_has_waited() -> None:
    for changes in IDENTITY:
        due = changes["identity"] in (Identity.NONE, Identity.TIMED_OUT)
        usable = changes["factors_known"] is Tri.YES and changes["factor_enrolled"] is Tri.YES
        waited = changes["newest_factor_at"] == NOW - timedelta(hours=24)
        sent = decide(replace(FINE, **changes)).outcome is Outcome.CHECK
        assert sent == (due and usable and waited), changes


def test_a_check_or_a_wait_leads_to_an_effect_once_it_is_passed() -> None:
    """Nobody is asked to confirm who they are for a request that ends otherwise."""
    for facts, rules in combinations():
        if facts.identity in (Identity.NONE, Identity.TIMED_OUT, Identity.PENDING):
            going = decide(facts, rules).outcome in (Outcome.CHECK, Outcome.WAIT)
            assert not going or intended(replace(facts, identity=Identity.PASSED), rules) is not None
