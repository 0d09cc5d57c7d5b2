"""A request in full: who sees what of it, and who sees nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cards import detail as detail_card
from cards import own_detail as own_card
from cards.detail_parts import SECTIONS
from cards.views import Ending, Stage
from cards.views_review import DetailView, OwnDetailView
from cards.words import Words
from dialogs import presses, rounds, views_of
from dialogs.chat import Press
from dialogs.desk import Desk
from dialogs.detail import detail_for
from dialogs.errors import Declined, NotFound
from dialogs.own import Asker
from storage import audit, pictures, requests, votes
from storage.audit import NewEvent
from storage.database import transaction
from storage.models import Request
from tests.dialogs.conftest import Office

DESK = "group:IT Service Desk"
NOTE = "He sounded odd on the phone"


async def detail(office: Office, key: str, request_id: str = "IT-1") -> DetailView | OwnDetailView:
    return await detail_for(office.services, await office.account(key), office.who(key), request_id)


async def whole(office: Office, key: str, request_id: str = "IT-1") -> DetailView:
    view = await detail(office, key, request_id)
    assert isinstance(view, DetailView)
    for section in SECTIONS:
        assert detail_card.detail(view, Words("de"), section).body
    return view


async def own(office: Office, key: str, request_id: str = "IT-1") -> OwnDetailView:
    view = await detail(office, key, request_id)
    assert isinstance(view, OwnDetailView)
    assert own_card.own_detail(view, Words("de")).body
    return view


async def refused(office: Office, key: str, request_id: str = "IT-1") -> str:
    with pytest.raises(NotFound) as no:
        await detail(office, key, request_id)
    return no.value.text.replace(request_id, "IT-?")


async def tell(request: Request, *events: tuple[str, str, dict[str, Any]]) -> None:
    async with transaction():
        await audit.append([NewEvent(request.request_id, actor, kind, details) for actor, kind, details in events])


async def a_told_request(office: Office, **columns: Any) -> Request:
    request = await office.request(
        justification="Quarter end", ticket="INC0010001", attachments=[{"name": "screen.png", "size": 2048, "type": "image/png", "id": "F1"}], **columns
    )
    emma, priya = str(office.who("emma")), "priya.nair@example.com"
    await tell(
        request,
        (emma, audit.MESSAGE, {"kind": "submitted", "intake": "form", "text": "I forgot it over the holidays", "justification": "Quarter end"}),
        (audit.AGENT, audit.TOOL_CALL, {"tool": "okta_list_user_applications", "arguments": {"secret": "argument"}, "result": "5 applications", "ok": True}),
        ("Okta", audit.TOOL_CALL, {"tool": "check_identity", "result": "rejected", "why": "refused on the phone"}),
        (audit.AGENT, audit.DECISION, {"outcome": "escalate", "rule": "11", "rationale": "Finance ERP is Sensitive."}),
        (audit.AGENT, audit.ESCALATION, {"reason": "Finance ERP is Sensitive.", "rule": "11", "next_owner": priya, "priority": "Medium"}),
        (audit.AGENT, audit.MESSAGE, {"kind": "assigned", "owner": priya, "why": "owner", "round": 1, "reached": [{"reviewer": priya, "by": "slack"}]}),
        (priya, audit.MESSAGE, {"kind": "returned", "asked": "Which client?", "round": 1, "note": NOTE}),
        (emma, audit.MESSAGE, {"kind": "answer", "text": "The new one"}),
    )
    return request


async def test_the_owner_sees_everything_and_may_decide(office: Office) -> None:
    request = await a_told_request(office)
    view = await whole(office, "priya")
    assert (view.requester, view.email, view.target, view.status, view.owner) == (
        "Emma Clarke", "emma.clarke@example.com", "Finance ERP", "Escalated", "priya.nair@example.com",
    )  # fmt: skip
    assert view.verbs == ("approve", "return", "reject")
    assert (view.confirm, view.manual, view.outcome, view.ticket) == (True, False, (), "INC0010001")
    assert [(s.who, s.text) for s in view.chat] == [
        ("Emma Clarke", "I forgot it over the holidays"), ("Emma Clarke", "Quarter end"), ("priya.nair@example.com", "Which client?"), ("Emma Clarke", "The new one"),
    ]  # fmt: skip
    assert [(e.type, e.text) for e in view.audit][1:6] == [
        ("Tool Call", "okta_list_user_applications → 5 applications"),
        ("Tool Call", "check_identity → rejected (refused on the phone)"),
        ("Decision", "Escalate. Finance ERP is Sensitive. Row 11."),
        ("Escalation", "Finance ERP is Sensitive. Row 11. Next: priya.nair@example.com."),
        ("Message", "Brought to priya.nair@example.com. Reached: priya.nair@example.com (slack)."),
    ]
    assert [e.note for e in view.audit if e.note] == [NOTE]
    assert [(t.name, t.state) for t in view.tools] == [("okta_list_user_applications", "ok"), ("check_identity", "failed")]
    assert [(a.name, a.size, a.type) for a in view.attachments] == [("screen.png", 2048, "image/png")]
    assert "argument" not in repr(view)
    assert office.who("emma").user not in repr(view)
    assert request.request_id == view.reference


async def test_the_requester_sees_their_own_and_nothing_of_the_review(office: Office) -> None:
    await a_told_request(office)
    view = await own(office, "emma")
    assert (view.ending, view.target, view.ticket, view.owner_review, view.can_cancel) == (Ending.ESCALATED, "Finance ERP", "INC0010001", True, True)
    assert [(s.who, s.text) for s in view.chat] == [
        ("Emma Clarke", "I forgot it over the holidays"), ("Emma Clarke", "Quarter end"), ("", "Which client?"), ("Emma Clarke", "The new one"),
    ]  # fmt: skip
    for hidden in (NOTE, "priya", "Sensitive", "refused on the phone", "rejected"):
        assert hidden not in repr(view)


async def test_an_administrator_who_asked_sees_it_as_a_requester(office: Office) -> None:
    request = await office.request("sam")
    assert isinstance(await detail(office, "sam"), OwnDetailView)
    elsewhere = await office.change(request, platform="teams", tenant="contoso", platform_user="aad-1")
    view = await own(office, "sam", elsewhere.request_id)
    assert view.can_cancel


async def test_the_buttons_of_their_own_page_work_on_another_platform(office: Office) -> None:
    """For whoever was verified to have asked, at the press again; for nobody else, whatever they hold in their hands."""
    request = await office.request("emma", platform="teams", tenant="contoso", platform_user="aad-1")
    view, desk = await own(office, "emma"), Desk(office.services)
    for number, key in enumerate(("omar", "priya", "sam")):
        with pytest.raises(Declined, match="Only the person who asked"):
            await desk.press(Press(f"d{number}", office.who(key), "cancel", view.nonce))
    with pytest.raises(Declined, match="Only the person who asked"):
        await desk.press(Press("d3", office.who("emma"), "choose", view.nonce, "0"))
    office.stand_in.fail("500", path="/api/v1/users")
    with pytest.raises(Declined, match="Only the person who asked"):
        await desk.press(Press("d4", office.who("emma"), "cancel", view.nonce))
    office.stand_in.heal()
    assert ((await requests.get("IT-1")) or request).version == request.version
    reply = await desk.press(Press("d5", office.who("emma"), "cancel", view.nonce))
    assert reply.text == "IT-1 is cancelled. Nothing was changed."
    closed = await whole(office, "priya")
    assert [(e.type, e.actor) for e in closed.audit] == [("Message", "Emma Clarke"), ("Closure", "Emma Clarke")]
    assert [(s.who, s.text) for s in closed.chat] == [("Emma Clarke", "I don't need this any more.")]


async def test_unknown_and_foreign_requests_get_the_same_words(office: Office) -> None:
    await office.request()
    foreign = {key: await refused(office, key) for key in ("mallory", "ravi", "omar")}
    assert set(foreign.values()) == {await refused(office, "mallory", "IT-77")}


async def test_a_party_sees_nothing_of_the_review_even_as_an_administrator_or_owner(office: Office) -> None:
    await office.request("emma", on_behalf="sam.ortiz@example.com", target_okta_id="", owner=DESK)
    await office.request("emma", on_behalf="priya.nair@example.com", target_okta_id=(await office.account("priya")).id)
    await refused(office, "sam", "IT-1")
    await refused(office, "priya", "IT-2")


async def test_an_unbound_requester_who_administers_elsewhere_sees_nothing_of_it(office: Office) -> None:
    """Row 4: the row knows the requester by their platform's id only."""
    sam = office.who("sam")
    await office.request("emma", okta_id="", target_okta_id="", requester=sam.user, platform_user=sam.user, requester_name="", rule="4")
    from_teams = office.who("lena")
    with pytest.raises(NotFound):
        await detail_for(office.services, await office.account("sam"), from_teams, "IT-1")


async def test_rights_are_those_of_now(office: Office) -> None:
    await office.request(owner=DESK)
    assert (await whole(office, "lena")).verbs
    office.stand_in.remove_group((await office.account("lena")).id, "IT Service Desk")
    await refused(office, "lena")
    office.stand_in.fail("500", path="/groups")
    with pytest.raises(Declined, match="right now"):
        await detail(office, "lena")


async def test_whoever_was_asked_or_decided_still_sees_it_without_buttons(office: Office) -> None:
    request = await office.request()
    lena = await office.account("lena")
    async with transaction():
        await votes.cast(request_id="IT-1", round=1, verb="return", voter=lena.id, voter_email=lena.email, voter_name="", surface="", said={})
    decided = {"decision": "Rejected", "by": "Lena Vogt", "okta_id": lena.id, "at": "2026-05-18T09:15:00.000Z", "round": 1}
    await office.change(
        request, status="Rejected", decision="Rejected", owner="", rule="reviewed", rationale="Not needed.", verdict={**(request.verdict or {}), "decided": decided}
    )
    for key in ("lena", "priya", "sam"):
        view = await whole(office, key)
        assert (view.verbs, view.decision, view.decided_by) == ((), "Rejected", "Lena Vogt")
        assert view.outcome[:2] == ("Rejected / Rejected.", "Not needed.")
    await refused(office, "ravi")
    mine = await own(office, "emma")
    assert (mine.ending, mine.reason, mine.can_cancel) == (Ending.REJECTED, "Not needed.", False)


async def test_a_neutral_ending_is_held_back_and_then_says_nothing(office: Office) -> None:
    request = await a_told_request(office)
    await office.change(request, status="Rejected", decision="Rejected", rule="7", owner="", rationale="The account is deactivated.", ticket="INC0010001")
    asked = await own(office, "emma")
    assert (asked.ending, asked.stage, asked.target, asked.closed_at, asked.can_cancel) == (Ending.NONE, Stage.CHECKING, "Finance ERP", None, True)
    office.moved += views_of.NEUTRAL_AFTER + timedelta(seconds=1)
    told = await own(office, "emma")
    assert told == OwnDetailView("IT-1", "", ending=Ending.NEUTRAL, nonce=told.nonce)
    assert (await whole(office, "sam")).rationale == "The account is deactivated."


async def test_approve_in_an_older_detail_is_bound_to_what_it_showed(office: Office) -> None:
    request = await office.request()
    first, again = await whole(office, "priya"), await whole(office, "priya")
    assert first.nonce == again.nonce
    changed = await office.change(request, summary="Reset everything, please")
    second = await whole(office, "priya")
    assert second.nonce != first.nonce
    old, new = await pictures.by_nonce(first.nonce), await pictures.by_nonce(second.nonce)
    assert old is not None
    assert new is not None
    assert old.shown == rounds.shown(request) != rounds.shown(changed) == new.shown
    async with transaction():
        reply = await presses.press(office.services, Press("d1", office.who("priya"), "approve", first.nonce), Asker(office.who("priya")))
    assert reply.text == "", "taken in; the worker compares"
    assert await requests.get("IT-1") == changed


async def test_an_event_of_any_kind_is_told_in_words(office: Office) -> None:
    request = await office.request()
    lena = "lena.vogt@example.com"
    await tell(
        request,
        (lena, audit.APPROVAL, {"by": lena, "votes": 1, "needed": 2, "how": "met in person", "reason": "Known to me"}),
        (lena, audit.REJECTION, {"why_not": "looks_risky", "reason": "No", "note": "call security"}),
        (audit.AGENT, audit.TOOL_CALL, {"tool": "okta_send_password_reset_link", "phase": "intent"}),
        ("Okta", audit.TOOL_CALL, {"tool": "okta_send_password_reset_link", "phase": "result", "result": "unknown", "why": "timed out"}),
        ("Okta", audit.TOOL_CALL, {"tool": "follow_up", "result": "link not used"}),
        ("sam.ortiz@example.com", audit.DECISION, {"kind": "unfreeze", "reason": "Spoke to her"}),
        (audit.AGENT, audit.CLOSURE, {"status": "Rejected", "decision": "Rejected", "rationale": "No"}),
        ("slack:T1:U9", audit.MESSAGE, {"kind": "something new", "text": "hello"}),
        (audit.AGENT, audit.MESSAGE, {}),
    )
    view = await whole(office, "sam")
    assert [(e.actor, e.text, e.note) for e in view.audit[:2]] == [
        (lena, "Approved. 1 of 2 approvals. Verified: met in person. Known to me", ""), (lena, "Rejected (looks risky). No", "call security"),
    ]  # fmt: skip
    assert [e.text for e in view.audit[5:]] == ["Lifted the freeze. Spoke to her", "Rejected / Rejected. No", "Something new hello", ""]
    assert view.audit[7].actor == "Somebody in chat"
    assert [(t.name, t.state, t.text) for t in view.tools] == [
        ("okta_send_password_reset_link", "unknown", "unknown (timed out)"), ("follow_up", "ok", "link not used"),
    ]  # fmt: skip
