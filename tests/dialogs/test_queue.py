"""Who gets a queue, and what is in it for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cards.views_review import QueueFilter, QueueView
from cards.words import Words
from dialogs.answering import NOT_NOW
from dialogs.errors import Declined
from dialogs.queue import queue_view
from sandbox.world import PEOPLE, POLICY
from storage import audit, reviewers
from storage.database import transaction
from tests.dialogs.conftest import Office

DESK = "group:IT Service Desk"
ALL = QueueFilter("all")


async def seen(office: Office, key: str, chosen: QueueFilter = QueueFilter()) -> QueueView | None:
    account = await office.account(key)
    return await queue_view(office.services, account, account.email in office.services.house.admins, chosen)


async def rows(office: Office, key: str, chosen: QueueFilter = QueueFilter()) -> list[str]:
    view = await seen(office, key, chosen)
    assert view is not None
    assert view.total == len(view.rows)
    return [row.reference for row in view.rows]


async def test_reviewers_and_admins_get_one_and_nobody_else(office: Office) -> None:
    assert await seen(office, "priya") is not None, "owner in the policy"
    assert await seen(office, "lena") is not None, "fallback owner, and member of an owning group"
    assert await seen(office, "sam") is not None, "administrator"
    assert await seen(office, "emma") is None
    assert await seen(office, "mallory") is None


async def test_whoever_an_open_request_is_with_gets_one_although_the_policy_names_them_no_more(office: Office) -> None:
    request = await office.request(owner="ravi.rao@example.com")
    assert await rows(office, "ravi") == ["IT-1"]
    await office.change(request, status="Rejected", decision="Rejected", owner="")
    assert await seen(office, "ravi") is None


async def test_mine_is_what_waits_for_me_or_for_a_group_that_i_am_in_now(office: Office) -> None:
    await office.request(owner="Priya.Nair@example.com")
    await office.request(owner=DESK)
    await office.request(owner=DESK, status="Waiting", decision="")
    await office.request(status="Triaging", decision="", owner=audit.AGENT)
    assert await rows(office, "priya") == ["IT-1"]
    assert await rows(office, "lena") == ["IT-2"]
    assert await rows(office, "lena", QueueFilter(status="Waiting")) == ["IT-3"]
    assert await rows(office, "lena", ALL) == ["IT-2", "IT-3"], "a reviewer sees what they were asked about"
    assert await rows(office, "sam", ALL) == ["IT-1", "IT-2", "IT-3", "IT-4"], "an administrator sees everything"
    assert await rows(office, "sam") == ["IT-2"]
    office.stand_in.remove_group(PEOPLE["lena"].okta, "IT Service Desk")
    office.moved += timedelta(seconds=30)
    assert await rows(office, "lena", ALL) == []


async def test_the_backup_has_it_in_their_queue_and_the_owner_keeps_it(office: Office) -> None:
    request = await office.request()
    async with transaction():
        await reviewers.also(request, "lena.vogt@example.com")
    assert await rows(office, "lena") == await rows(office, "priya") == ["IT-1"]


async def test_what_somebody_is_a_party_of_is_never_in_their_queue(office: Office) -> None:
    sam = await office.account("sam")
    await office.request("sam", owner=DESK)
    await office.request("emma", owner=DESK, on_behalf="Sam.Ortiz@example.com", target_okta_id="")
    await office.request("emma", owner=DESK, target_okta_id=sam.id)
    await office.request("emma", owner=DESK)
    for chosen in (QueueFilter(), ALL):
        view = await seen(office, "sam", chosen)
        assert view is not None
        assert ([row.reference for row in view.rows], view.total, view.open) == (["IT-4"], 1, 1)


async def test_rows_say_who_what_why_and_until_when(office: Office) -> None:
    now = office.services.now()
    await office.request(priority="High", due_at=now - timedelta(minutes=6))
    await office.request("ravi", app_kind="account", target_record="Okta account", rule="14", owner=DESK, due_at=now + timedelta(minutes=42))
    await office.request(verdict={"released": True, "verdict": {"rule": "8", "effect": None}}, rule="8", due_at=None)
    await office.request(status="Waiting", decision="", due_at=now + timedelta(hours=60))
    view = await seen(office, "sam", ALL)
    assert view is not None
    shown = [(r.reference, r.target, r.priority, r.requester, r.status, r.why, r.waits_for, r.due_at, r.value) for r in view.rows]
    assert shown == [
        ("IT-1", "Finance ERP", "High", "Emma Clarke", "Escalated", "needs the owner's OK", "priya.nair@example.com", now - timedelta(minutes=6), "IT-1"),
        ("IT-2", "the Okta account", "Medium", "Ravi Rao", "Escalated", "identity not confirmed", "", now + timedelta(minutes=42), "IT-2"),
        ("IT-3", "Finance ERP", "Medium", "Emma Clarke", "Escalated", "approved, to be done by hand", "priya.nair@example.com", None, "IT-3"),
        ("IT-4", "Finance ERP", "Medium", "Emma Clarke", "Waiting", "", "Emma Clarke", None, "IT-4"),
    ]
    assert (view.open, view.overdue, view.due_soon, view.closed_today) == (4, 1, 1, 0)


async def test_counters_are_the_readers_own(office: Office) -> None:
    now = office.services.now()
    mine = await office.request()
    await office.request(owner=DESK, due_at=now - timedelta(hours=1))
    await office.change(mine, status="Rejected", decision="Rejected", owner="")
    counted = {}
    for key in ("priya", "lena", "sam"):
        view = await seen(office, key, ALL)
        assert view is not None
        counted[key] = (view.open, view.overdue, view.due_soon, view.closed_today)
    assert counted == {"priya": (0, 0, 0, 1), "lena": (1, 1, 0, 0), "sam": (1, 1, 0, 1)}
    office.moved += timedelta(days=1)
    tomorrow = await seen(office, "priya", ALL)
    assert tomorrow is not None
    assert tomorrow.closed_today == 0


async def test_pages_go_on_and_back_under_a_filter_and_are_drawn(office: Office) -> None:
    from cards.queue import carried, queue, read

    for _ in range(23):
        await office.request(priority="High")
        await office.request(priority="Low")
    chosen = QueueFilter(priority="High")
    seen_rows: list[str] = []
    cursors: list[str] = []
    while True:
        view = await seen(office, "priya", chosen)
        assert view is not None
        assert view.total == 23
        assert queue(view, Words("en"))
        seen_rows += [row.reference for row in view.rows]
        if view.next is None:
            break
        assert view.first == len(seen_rows) - 9
        cursors.append(view.next)
        chosen = read(carried(QueueFilter(priority="High", cursor=view.next)))
        assert chosen.cursor == view.next, "the cursor survives the platform"
    assert seen_rows == [f"IT-{number}" for number in range(1, 47, 2)]
    back = await seen(office, "priya", QueueFilter(priority="High", cursor=view.previous or ""))
    assert back is not None
    assert [row.reference for row in back.rows] == [f"IT-{number}" for number in range(21, 41, 2)]


async def test_the_overdue_filter_finds_what_should_have_been_decided(office: Office) -> None:
    now = office.services.now()
    await office.request(due_at=now + timedelta(seconds=1))
    await office.request(due_at=now - timedelta(seconds=1))
    await office.request(status="Waiting", decision="", due_at=now - timedelta(hours=1))
    assert await rows(office, "sam", QueueFilter("all", overdue=True)) == ["IT-2"]
    office.moved += timedelta(seconds=2)
    assert await rows(office, "priya", QueueFilter(overdue=True)) == ["IT-1", "IT-2"]


async def test_groups_are_asked_for_once_in_a_while_and_an_outage_is_said(office: Office) -> None:
    def calls() -> int:
        return sum(1 for call in office.stand_in.calls if call.path.endswith("/groups"))

    await office.request(owner=DESK)
    lena = await office.account("lena")

    async def looked() -> Any:
        return await queue_view(office.services, lena, False, QueueFilter())

    for _ in range(5):
        assert (await looked()).total == 1
    assert calls() == 1
    office.moved += timedelta(seconds=30)
    assert (await looked()).total == 1
    assert calls() == 2
    office.stand_in.fail("500", path="/groups")
    office.moved += timedelta(minutes=2)
    assert (await looked()).total == 1, "what was known minutes ago still serves"
    office.moved += timedelta(minutes=10)
    with pytest.raises(Declined, match="groups") as no:
        await looked()
    assert no.value.text == NOT_NOW


async def test_nobody_is_asked_about_groups_where_no_owner_is_one(office: Office) -> None:
    await office.accept(POLICY.replace(DESK, "sam.ortiz@example.com"))
    office.stand_in.fail("500", path="/groups")
    assert await seen(office, "emma") is None
    assert await rows(office, "priya") == []


async def test_a_new_policy_counts_at_once(office: Office) -> None:
    assert await seen(office, "ravi") is None
    await office.accept(POLICY.replace("| Payroll | Payroll | Standard | priya.nair@example.com", "| Payroll | Payroll | Standard | ravi.rao@example.com"))
    assert await rows(office, "ravi") == []
