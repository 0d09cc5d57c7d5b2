"""One decision a round, about what the card showed: the rules in `dialogs.review`, on real rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.policy import Policy
from dialogs import decisions, review, rounds
from dialogs.chat import Identity
from dialogs.decisions import Decision, Reviewer
from dialogs.errors import Declined
from dialogs.judging import Judge
from dialogs.lifecycle import Verb
from dialogs.record import move
from dialogs.review import Result, Review
from dialogs.rounds import Stale
from sandbox.world import PEOPLE, TENANT
from storage import jobs, requests, votes
from storage.database import transaction
from storage.models import AuditEvent, Request
from tests.dialogs.conftest import Office


async def judged(office: Office, by: str = "emma", app: str = "Finance ERP", **columns: Any) -> Request:
    """A request whose row holds what was judged of it, as triage leaves it."""
    request = await office.request(by, app_label=app, target_record=app, app_id="", **columns)
    facts, verdict, in_force = await Judge(office.services, office.shelf).look_again(request)
    kept = {**(request.verdict or {}), "verdict": verdict.as_row(), "escalated": verdict.as_row(), "digest": facts.digest()}
    kept["in_force"] = in_force.policy.revision if in_force.policy else ""
    return await office.change(request, verdict=kept, rule=verdict.rule, policy_revision=verdict.policy_revision, owner=verdict.owner)


def reviewing(office: Office) -> Review:
    return Review(office.services, Judge(office.services, office.shelf))


async def says(office: Office, request: Request, key: str, decision: Decision, *, seen: str = "", round: int = 0) -> Result:
    who = Identity("slack", TENANT, PEOPLE[key].slack)
    reviewer = Reviewer(await office.account(key), "slack", who)
    fresh = await requests.get(request.request_id) or request
    return await reviewing(office).decide(fresh, round or fresh.round, seen or rounds.shown(fresh), reviewer, decision)


async def rejected_or_approved(ref: str) -> list[str]:
    return [e.event_type for e in await AuditEvent.filter(request_id=ref).order_by("seq") if e.event_type in ("Approval", "Rejection")]


APPROVE = Decision("approve")
REJECT = Decision("reject", reason="Nobody asked for this.", why_not="other")
RETURN = Decision("return", reason="Which country are you in?")


@pytest.mark.parametrize(("decision", "status"), [(APPROVE, "Triaging"), (REJECT, "Rejected"), (RETURN, "Waiting")])
async def test_one_decision_and_the_others_are_told(office: Office, decision: Decision, status: str) -> None:
    request = await judged(office)
    done = await says(office, request, "priya", decision)
    assert done.request is not None and (done.request.status, done.text) == (status, "")
    for key in ("priya", "sam"):
        late = await says(office, request, key, REJECT, round=1)
        assert late.request is None and f"was already {decisions.PAST[decision.verb].lower()} by Priya Nair at " in late.text
    assert len([v for v in await votes.of_round(request.request_id, 1) if v.state == votes.COUNTED]) == 1


@pytest.mark.parametrize(("field", "value"), [
    ("okta_id", "00uother00000000001h7"), ("on_behalf", "ravi.rao@example.com"), ("app_kind", "account"), ("app_id", "0oaother"),
    ("app_label", "Payroll"), ("rule", "10a"), ("policy_revision", "another"), ("summary", "something else"), ("justification", "more"),
])  # fmt: skip
async def test_bound_to_what_was_shown(office: Office, field: str, value: str) -> None:
    """Security brief, I15: change any field after the card was drawn; the old card does nothing."""
    request = await judged(office)
    seen = rounds.shown(request)
    request = await office.change(request, **{field: value})
    assert rounds.shown(request) != seen
    result = await says(office, request, "sam", APPROVE, seen=seen)
    assert result.text == review.CHANGED and await rejected_or_approved(request.request_id) == []
    assert (await requests.get(request.request_id) or request).status == "Escalated" and await votes.of_round(request.request_id, 1) == []


@pytest.mark.parametrize("part", ["effect", "digest"])
async def test_bound_to_the_verdict(office: Office, part: str) -> None:
    request = await judged(office)
    seen, kept = rounds.shown(request), dict(request.verdict or {})
    if part == "digest":
        kept["digest"] = "another"
    else:
        kept["verdict"] = {**kept["verdict"], "effect": None}
    request = await office.change(request, verdict=kept)
    assert (await says(office, request, "priya", APPROVE, seen=seen)).text == review.CHANGED
    assert await rejected_or_approved(request.request_id) == []


async def test_a_no_needs_no_second_look(office: Office) -> None:
    """Whatever changed: rejecting and asking are always possible."""
    request = await judged(office)
    seen = rounds.shown(request)
    office.stand_in.add_role("emma")
    request = await office.change(request, summary="something else")
    assert (await says(office, request, "priya", REJECT, seen=seen)).request is not None


async def test_changed_facts_are_judged_anew(office: Office) -> None:
    """Votes of before count no more; nothing is decided, and the work goes on at once."""
    request = await judged(office)
    office.stand_in.add_role("emma")
    result = await says(office, request, "priya", APPROVE)
    assert result.text == review.CHANGED and result.request is not None
    assert (result.request.status, result.request.decision, result.request.round) == ("Triaging", "", 1)
    assert [j.kind for j in await jobs.of_request(request.request_id) if j.kind == "advance"] == ["advance"]
    assert await votes.of_round(request.request_id, 1) == []


async def test_no_right_no_vote(office: Office) -> None:
    request = await judged(office)
    for key, decision in (("ravi", APPROVE), ("emma", REJECT), ("ravi", RETURN)):
        with pytest.raises(Declined):
            await says(office, request, key, decision)
    assert await votes.of_round(request.request_id, 1) == [] and await rejected_or_approved(request.request_id) == []


async def test_how_comes_from_the_list(office: Office) -> None:
    request = await judged(office, "nora", "Payroll")
    assert request.rule == "13" and rounds.attests(request)
    for how in ("", "I know her", "MET_IN_PERSON"):
        with pytest.raises(Declined, match="met_in_person"):
            await says(office, request, "sam", replace(APPROVE, how=how))
    done = await says(office, request, "sam", replace(APPROVE, how="met_in_person"))
    assert done.request is not None and (done.request.identity or {})["how"] == "met_in_person"
    assert (done.request.identity or {})["attested_by"] == PEOPLE["sam"].email


async def test_privileged_is_released_once_it_is_confirmed(office: Office) -> None:
    """The vote is written as pending with the job that sends the prompt; a second press does not send another."""
    request = await judged(office, "omar", "Payroll")
    ref = request.request_id
    assert request.rule == "8"
    result = await says(office, request, "sam", APPROVE)
    assert result.step_up is not None and await rejected_or_approved(ref) == []
    (job,) = [j for j in await jobs.of_request(ref) if j.kind == review.STEP_UP]
    assert job.payload["voter"] == PEOPLE["sam"].okta
    with pytest.raises(Declined, match="still waiting"):
        await says(office, request, "sam", APPROVE)
    reviewer = Reviewer(await office.account("sam"), "slack", Identity("slack", TENANT, PEOPLE["sam"].slack))
    done = await reviewing(office).confirmed(result.step_up, reviewer)
    assert done.request is not None and (done.request.verdict or {})["released"] and done.request.status == "Escalated"
    assert await rejected_or_approved(ref) == ["Approval"]
    late = await reviewing(office).confirmed(result.step_up, reviewer)
    assert "already approved" in late.text and await rejected_or_approved(ref) == ["Approval"]


async def test_a_confirmation_of_another_picture(office: Office) -> None:
    request = await judged(office, "omar", "Payroll")
    vote = (await says(office, request, "sam", APPROVE)).step_up
    assert vote is not None
    await office.change(await requests.get(request.request_id) or request, justification="something else")
    reviewer = Reviewer(await office.account("sam"), "slack")
    assert (await reviewing(office).confirmed(vote, reviewer)).text == review.CHANGED
    assert [v.state for v in await votes.of_round(request.request_id, 1)] == [votes.VOID]


async def test_a_pending_vote_that_nobody_follows_up(office: Office) -> None:
    request = await judged(office, "omar", "Payroll")
    assert (await says(office, request, "sam", APPROVE)).step_up
    office.moved += timedelta(minutes=3)
    assert (await says(office, request, "sam", APPROVE)).step_up is not None


async def test_an_escalation_after_a_decision_opens_a_round(office: Office) -> None:
    """And each round keeps who decided it."""
    request = await judged(office)
    approved = (await says(office, request, "priya", APPROVE)).request
    assert approved is not None
    async with transaction():
        again = await move(approved, Verb.ESCALATE, owner="sam.ortiz@example.com")
    assert (again.round, rounds.stale(again, 2)) == (2, None)
    first = rounds.stale(again, 1)
    assert first is not None and (first.decision, first.by) == ("Approved", "Priya Nair")
    rejected = (await says(office, again, "sam", REJECT)).request
    assert rejected is not None
    for round, decision, by in ((1, "Approved", "Priya Nair"), (2, "Rejected", "Sam Ortiz")):
        over = rounds.stale(rejected, round)
        assert over is not None and (over.decision, over.by) == (decision, by)


# ---------------------------------------------------------------- without rows


def row(**columns: Any) -> Request:
    return Request(**{"request_id": "IT-1", "requester": "e@example.com", "status": "Escalated", "priority": "High", "round": 1, **columns})


@pytest.mark.parametrize(("columns", "round", "over"), [
    ({}, 1, None),
    ({"round": 2}, 1, Stale()),
    ({"status": "Triaging"}, 1, Stale()),
    ({"status": "Closed", "decision": "Cancelled", "rule": "11"}, 1, Stale("Cancelled")),
    ({"status": "Closed", "decision": "Cancelled", "rule": "expired"}, 1, Stale("Closed")),
    ({"status": "Closed", "decision": "Cancelled", "rule": "stopped"}, 1, Stale("Closed")),
    ({"status": "Completed", "decision": "Approved"}, 1, Stale("Approved")),
])  # fmt: skip
def test_stale(columns: dict[str, Any], round: int, over: Stale | None) -> None:
    assert rounds.stale(row(**columns), round) == over


@pytest.mark.parametrize(("setting", "privileged", "sensitive", "asked"), [
    ("none", True, True, False), ("Privileged", True, False, True), ("Privileged", False, True, False), ("Sensitive", False, True, True),
    ("Sensitive", True, False, True), ("Sensitive", False, False, False), (None, True, False, True), (None, False, True, False),
])  # fmt: skip
def test_who_confirms(setting: Any, privileged: bool, sensitive: bool, asked: bool) -> None:
    """Without a policy the default holds: Privileged."""
    policy = None if setting is None else replace(Policy("", "", ()), step_up=setting)
    request = row(verdict={"verdict": {"privileged": privileged, "sensitive": sensitive}})
    assert rounds.steps_up(request, policy) is asked


@pytest.mark.parametrize(("privileged", "two", "needed"), [(True, 2, 2), (False, 2, 1), (True, 1, 1)])
def test_how_many(privileged: bool, two: int, needed: int) -> None:
    policy = replace(Policy("", "", ()), approvals_privileged=two)
    assert rounds.needed(row(verdict={"verdict": {"privileged": privileged}}), policy) == needed


@pytest.mark.parametrize("over", [Stale(), Stale("Cancelled"), Stale("Closed"), Stale("Approved")])
def test_the_answer_to_a_late_click(over: Stale) -> None:
    said = rounds.said_already(row(), over)
    assert "IT-1" in said and said.endswith(".") and "  " not in said
