"""Two properties over all facts: not knowing never helps, and a model can only make a verdict more careful."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.facts import AppKind, Facts, Identity, Tri
from agent.policy import Policy
from agent.verdict import Advice, Outcome, Reading, Verdict
from integrations.base import AccountStatus

from .cases import FINE, NOW, POLICY, decide, facts, policy

UNKNOWNS: dict[str, Any] = {
    **dict.fromkeys(
        ["bound", "about_reset", "about_self", "relationship", "okta_sourced", "contradiction", "resent_recently", "admin_role",
         "service_account", "app_assigned", "factors_known", "factor_enrolled", "breaker_open", "frozen"], Tri.UNKNOWN),
    **dict.fromkeys(["status", "groups", "assigned_labels", "resets_today", "newest_factor_at", "policy_age"]),
    "identity": Identity.UNKNOWN,
}  # fmt: skip
RANK = {Outcome.EFFECT: 0, Outcome.CHECK: 1, Outcome.WAIT: 1, Outcome.ASK: 2, Outcome.ESCALATE: 3, Outcome.REJECT: 4, Outcome.CLOSE: 4}


def mostly(fine: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The fine value in about two of three cases: otherwise nearly every example would end at its first row."""
    return st.one_of(st.just(fine), st.just(fine), st.sampled_from([fine, *others]))


def tri(fine: Tri) -> st.SearchStrategy[Any]:
    return mostly(fine, *Tri)


ANY_FACTS = st.builds(
    Facts, now=st.just(NOW), bound=tri(Tri.YES), about_reset=tri(Tri.YES), about_self=tri(Tri.YES), on_behalf=mostly(False, True), relationship=tri(Tri.YES),
    status=mostly(AccountStatus.ACTIVE, None, *AccountStatus), okta_sourced=tri(Tri.YES), contradiction=tri(Tri.NO), resent_recently=tri(Tri.NO),
    admin_role=tri(Tri.NO), service_account=tri(Tri.NO), groups=mostly(FINE.groups, None, frozenset({"Domain Admins"})),
    app_kind=mostly(AppKind.APP, *AppKind), app_label=st.sampled_from(["Payroll", "FIN-ERP", "Admin Console", "Build Server", "Travel", "Travel Desk", "Notes"]),
    app_assigned=tri(Tri.YES), asked_for_app=st.booleans(), assigned_labels=mostly(FINE.assigned_labels, None, frozenset({"Payroll"})),
    resets_today=mostly(0, None, 3), newest_factor_at=mostly(FINE.newest_factor_at, None, NOW), factors_known=tri(Tri.YES), factor_enrolled=tri(Tri.YES),
    breaker_open=tri(Tri.NO), frozen=tri(Tri.NO), identity=mostly(Identity.PASSED, *Identity), policy_age=mostly(timedelta(0), None, timedelta(days=2)),
)  # fmt: skip
ANY_POLICY = st.one_of(
    st.just(POLICY), st.none(),
    st.builds(
        policy, self_service=mostly(True, False), identity_check=st.booleans(), on_behalf_escalates=st.booleans(), unlock_locked_out=st.booleans(),
        sensitive_blocks_account=st.booleans(), unlisted_standard=st.booleans(), wait_after_factor=st.sampled_from([timedelta(0), timedelta(hours=24)]),
    ),
)  # fmt: skip
ANY_READING = st.builds(
    Reading, advice=st.sampled_from(Advice), rule=st.sampled_from(["", "4", "5", "6", "6b", "7", "8", "16", "row 5"]), rationale=st.text(max_size=20),
    app=st.sampled_from(["", "account", "Payroll"]), app_words=st.text(max_size=5),
)  # fmt: skip


def said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.outcome, verdict.rule, verdict.effect, verdict.url


@settings(max_examples=600, deadline=None)
@given(known=ANY_FACTS, rules=ANY_POLICY, name=st.sampled_from(sorted(UNKNOWNS)))
def test_not_knowing_a_fact_escalates_or_changes_nothing(known: Facts, rules: Policy | None, name: str) -> None:
    unknown = replace(known, **{name: UNKNOWNS[name]})
    before, after = decide(known, rules), decide(unknown, rules)
    if after.outcome is not Outcome.ESCALATE:
        assert said(after) == said(before)


@pytest.mark.parametrize("name", sorted(UNKNOWNS))
def test_every_fact_that_an_effect_rests_on_escalates_when_it_is_unknown(name: str) -> None:
    asking = {"relationship": facts(on_behalf=True, relationship=Tri.YES), "resent_recently": facts(status=AccountStatus.RECOVERY, resent_recently=Tri.NO)}
    first_check = ("factors_known", "factor_enrolled", "newest_factor_at")
    known = asking.get(name, replace(FINE, identity=Identity.NONE) if name in first_check else FINE)
    rules = policy(on_behalf_escalates=True, sensitive_blocks_account=name == "assigned_labels")
    verdict = decide(replace(known, **{name: UNKNOWNS[name]}), rules)
    assert verdict.outcome is Outcome.ESCALATE
    assert verdict.rule == {"relationship": "6b", "policy_age": "10", "assigned_labels": "11", "app_assigned": "9b"}.get(name, verdict.rule)
    assert name == "policy_age" or (verdict.rationale.startswith("could not be checked: ") and verdict.effect is None)


@settings(max_examples=600, deadline=None)
@given(known=ANY_FACTS, rules=ANY_POLICY, reading=ANY_READING)
def test_advice_never_makes_a_verdict_more_permissive(known: Facts, rules: Policy | None, reading: Reading) -> None:
    alone, advised = decide(known, rules), decide(known, rules, reading)
    assert RANK[advised.outcome] >= RANK[alone.outcome]
    assert advised.freeze == alone.freeze
    assert advised.security or not alone.security
    if advised.outcome in (Outcome.REJECT, Outcome.CLOSE) and said(advised) != said(alone):
        assert (advised.rule, reading.rule) in {("5", "5"), ("6", "6")}
        assert reading.advice in (Advice.REJECT, Advice.CLOSE)
    if reading.advice in (Advice.RESET, Advice.ASK):
        assert replace(advised, notes=()) == alone


@settings(max_examples=300, deadline=None)
@given(known=ANY_FACTS, rules=ANY_POLICY, reading=ANY_READING, text=st.text(max_size=2000))
def test_the_models_words_reach_nothing_but_a_short_note(known: Facts, rules: Policy | None, reading: Reading, text: str) -> None:
    one = decide(known, rules, reading)
    other = decide(known, rules, replace(reading, rationale=text, app=text, app_words=text, question=text, symptom=text))
    assert replace(one, notes=()) == replace(other, notes=())
    assert all(len(note) <= 500 for note in other.notes)


@pytest.mark.parametrize(("advice", "rule", "changes", "outcome", "cited"), [
    (Advice.RESET, "", {}, Outcome.EFFECT, "16"),
    (Advice.ASK, "", {}, Outcome.EFFECT, "16"),
    (Advice.ASK, "", {"app_kind": AppKind.UNNAMED}, Outcome.ASK, "9"),
    (Advice.ESCALATE, "", {}, Outcome.ESCALATE, "advice"),
    (Advice.ESCALATE, "", {"identity": Identity.NONE}, Outcome.ESCALATE, "advice"),
    (Advice.ESCALATE, "", {"app_kind": AppKind.UNNAMED}, Outcome.ESCALATE, "advice"),
    (Advice.ESCALATE, "", {"app_assigned": Tri.NO, "asked_for_app": True}, Outcome.REJECT, "9b"),
    (Advice.REJECT, "6", {}, Outcome.REJECT, "6"),
    (Advice.REJECT, "6", {"about_self": Tri.UNKNOWN}, Outcome.REJECT, "6"),
    (Advice.REJECT, "6", {"bound": Tri.UNKNOWN}, Outcome.ESCALATE, "4"),
    (Advice.REJECT, "6", {"identity": Identity.DENIED}, Outcome.ESCALATE, "14"),
    (Advice.REJECT, "6", {"on_behalf": True, "relationship": Tri.YES}, Outcome.ESCALATE, "6b"),
    (Advice.REJECT, "8", {}, Outcome.ESCALATE, "advice"),
    (Advice.REJECT, "", {}, Outcome.ESCALATE, "advice"),
    (Advice.CLOSE, "5", {}, Outcome.ESCALATE, "advice"),
    (Advice.CLOSE, "5", {"about_reset": Tri.UNKNOWN}, Outcome.CLOSE, "5"),
    (Advice.REJECT, "5", {"about_reset": Tri.UNKNOWN}, Outcome.CLOSE, "5"),
    (Advice.CLOSE, "", {"about_reset": Tri.UNKNOWN}, Outcome.ESCALATE, "5"),
    (Advice.RESET, "", {"about_reset": Tri.UNKNOWN}, Outcome.ESCALATE, "5"),
])  # fmt: skip
def test_the_lattice_case_by_case(advice: Advice, rule: str, changes: dict[str, Any], outcome: Outcome, cited: str) -> None:
    verdict = decide(facts(**changes), policy(on_behalf_escalates=True), Reading(advice, "Because.", rule))
    assert (verdict.outcome, verdict.rule) == (outcome, cited)


def test_disagreement_is_noted_and_agreement_is_not() -> None:
    assert decide(facts(admin_role=Tri.YES), reading=Reading(Advice.RESET, "All is well.")).notes == ("The agent suggested: reset. All is well.",)
    assert decide(reading=Reading(Advice.CLOSE, "A laptop.", "5")).notes == ("The agent suggested: close (row 5). A laptop.",)
    assert decide(reading=Reading(Advice.RESET, "All is well.")).notes == ()
    assert decide(facts(identity=Identity.NONE), reading=Reading(Advice.RESET)).notes == ()
