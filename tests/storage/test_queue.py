"""The queue: oldest first, page by page, whoever asks, however many there are; its counters stop counting."""

# ruff: noqa: PT012 - a transaction that fails inside is more than one statement

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from storage import audit, moments, queue, requests, reviewers, sql
from storage.database import Database, transaction
from storage.models import Request
from storage.queue import Counters, Wanted

PRIYA = "priya.nair@example.com"
DESK = "group:IT Service Desk"
NOW = moments.read("2026-05-18T12:00:00.000Z")
HOUR = timedelta(hours=1)


async def made(count: int = 1, **columns: Any) -> list[Request]:
    async with transaction():
        return [await requests.create(**{"requester": "emma.clarke@example.com", "owner": audit.AGENT, **columns}) for _ in range(count)]


async def changed(request: Request, **columns: Any) -> Request:
    async with transaction():
        return await requests.change(request, **columns)


async def escalated(count: int = 1, owner: str = PRIYA, **columns: Any) -> list[Request]:
    return await made(count, status="Escalated", decision="Escalated", owner=owner, **columns)


async def numbers(wanted: Wanted, cursor: str = "", limit: int = 10) -> list[int]:
    return [request.number for request in (await queue.page(wanted, cursor, limit)).rows]


async def test_every_open_request_is_met_once_going_on_and_once_going_back(db: Database) -> None:
    await escalated(7)
    await made(6)
    over = await made(3)
    for request in over:
        await changed(request, status="Closed", decision="Cancelled")
    await escalated(9, priority="High")
    expected = [n for n in range(1, 26) if n not in {14, 15, 16}]
    pages = [await queue.page(Wanted(), "", 5)]
    while pages[-1].next is not None:
        pages.append(await queue.page(Wanted(), pages[-1].next, 5))
    assert [r.number for p in pages for r in p.rows] == expected
    assert [p.first for p in pages] == [1, 6, 11, 16, 21]
    assert pages[0].previous is None
    back = [pages[-1]]
    while back[-1].previous is not None:
        back.append(await queue.page(Wanted(), back[-1].previous, 5))
    assert [[r.number for r in p.rows] for p in back[::-1]] == [[r.number for r in p.rows] for p in pages]
    assert [p.first for p in back] == [21, 16, 11, 6, 1]
    assert await queue.total(Wanted()) == 22


async def test_a_page_that_shrank_is_filled_and_one_that_is_gone_gives_the_first(db: Database) -> None:
    rows = await escalated(12)
    second = await queue.page(Wanted(), (await queue.page(Wanted(), "", 5)).next or "", 5)
    assert [r.number for r in second.rows] == [6, 7, 8, 9, 10]
    for request in rows[:3]:
        await changed(request, status="Rejected", decision="Rejected")
    back = await queue.page(Wanted(), second.previous or "", 5)
    assert ([r.number for r in back.rows], back.first, back.previous) == ([4, 5, 6, 7, 8], 1, None)
    assert await numbers(Wanted(), "n.12.13", 5) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("cursor", ["", "n", "n.x.1", "q.1.1", "n.1.1.1", "n.1", "n.99999999999.1", "'; DROP TABLE x; --", "n.１.1", "p.1.1", "n.-1.1"])
async def test_a_cursor_that_is_none_of_ours_gives_the_first_page(db: Database, cursor: str) -> None:
    await escalated(3)
    page = await queue.page(Wanted(), cursor, 2)
    assert ([r.number for r in page.rows], page.first, page.previous) == ([1, 2], 1, None)


async def test_filters_agree_with_a_plain_look_at_the_rows(db: Database) -> None:
    for owner, status, priority, due in itertools.product((PRIYA, DESK), ("New", "Waiting", "Escalated"), ("Low", "High"), (-1, 1)):
        await made(owner=owner, status=status, priority=priority, due_at=NOW + due * HOUR)
    everything = [(r, await reviewers.of_request(r.number)) for r in (await requests.listing(limit=100))[::-1]]
    assert len(everything) == 24
    for owners, status, priority, overdue in itertools.product(
        (None, (PRIYA,), (DESK,), (PRIYA, DESK), ("somebody@example.com",)), ("", "New", "Waiting", "Escalated", "Triaging"), ("", "Low", "High"), (False, True)
    ):
        wanted = Wanted(
            owners,
            asked=owners is not None,
            statuses=(status,) if status else queue.OPEN,
            priorities=(priority,) if priority else queue.PRIORITIES,
            overdue_at=NOW if overdue else None,
            without=(3,),
        )
        plain = [
            r.number
            for r, asked in everything
            if (owners is None or set(asked) & set(owners))
            and (not status or r.status == status)
            and (not priority or r.priority == priority)
            and (not overdue or (r.status == "Escalated" and r.due_at is not None and r.due_at <= NOW))
            and r.number != 3
        ]
        assert await numbers(wanted, limit=50) == plain
        assert await queue.total(wanted) == len(plain)


async def test_counters_count_each_request_once_and_stop(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await escalated(3, due_at=NOW - HOUR)
    (both,) = await escalated(1, due_at=NOW + HOUR / 2)
    async with transaction():
        await reviewers.also(both, DESK)
    await escalated(1, DESK, due_at=NOW + 5 * HOUR)
    await made(2)
    (early,) = await escalated(1)
    await changed(early, status="Rejected", decision="Rejected", closed_at=NOW - HOUR)
    (late,) = await escalated(1)
    await changed(late, status="Rejected", decision="Rejected", closed_at=NOW - 48 * HOUR)
    counted = partial(queue.counters, now=NOW, soon=NOW + HOUR, today=NOW - 12 * HOUR)
    assert await counted(None) == Counters(open=7, overdue=3, due_soon=1, closed=1)
    assert await counted((PRIYA, DESK)) == Counters(open=5, overdue=3, due_soon=1, closed=1)
    assert await counted((DESK,)) == Counters(open=2, overdue=0, due_soon=1, closed=0)
    assert await counted((PRIYA,), without=(1, 2)) == Counters(open=2, overdue=1, due_soon=1, closed=1)
    assert await counted(()) == Counters(0, 0, 0, 0)
    monkeypatch.setattr(queue, "MOST", 2)
    assert await counted(None) == Counters(open=3, overdue=3, due_soon=1, closed=1)
    assert await queue.total(Wanted((PRIYA, DESK))) == 3


async def test_a_reader_of_very_many_groups_gets_one_queue(db: Database) -> None:
    owners = tuple(f"group:Team {number}" for number in range(95))
    for place in (0, 31, 61, 94, 5):
        await escalated(1, owners[place])
    assert await numbers(Wanted(owners), limit=3) == [1, 2, 3]
    assert await numbers(Wanted(owners), "n.3.4", limit=3) == [4, 5]
    assert await queue.total(Wanted(owners)) == 5
    assert set(await reviewers.asked_of([*owners, *(f"group:Other {number}" for number in range(500))])) == {owners[p] for p in (0, 5, 31, 61, 94)}


async def test_a_request_waits_for_its_owner_and_for_whoever_is_asked_beside_them(db: Database) -> None:
    (request,) = await made()
    assert await reviewers.of_request(request.number) == ()
    request = await changed(request, status="Escalated", owner="Priya.Nair@Example.com", due_at=NOW)
    async with transaction():
        await reviewers.also(request, DESK)
    assert await numbers(Wanted((PRIYA,), asked=True)) == await numbers(Wanted((DESK,), asked=True)) == [1]
    request = await changed(request, owner="sam.ortiz@example.com")
    assert await numbers(Wanted((PRIYA,), asked=True)) == []
    assert await numbers(Wanted((PRIYA,))) == [1], "whoever was asked still sees it"
    assert await numbers(Wanted((DESK,), asked=True)) == [1]
    request = await changed(request, status="Triaging", owner=audit.AGENT, due_at=None)
    assert await numbers(Wanted((DESK, PRIYA), statuses=("Escalated",))) == []
    request = await changed(request, status="Escalated", owner=PRIYA, priority="High")
    assert await numbers(Wanted((PRIYA,), asked=True, priorities=("High",))) == [1]
    await changed(request, status="Rejected", decision="Rejected", owner="")
    assert await numbers(Wanted((PRIYA, DESK))) == []
    assert await reviewers.of_request(1) == (PRIYA, DESK, "sam.ortiz@example.com")


async def test_the_copies_go_with_the_change_or_not_at_all(db: Database) -> None:
    (request,) = await escalated()
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await requests.change(request, status="Rejected", decision="Rejected")
            raise ZeroDivisionError
    (row,) = await sql.rows("SELECT status, closed_at FROM keyturn_reviewers")
    assert (row["status"], row["closed_at"]) == ("Escalated", None)


async def test_parties_are_found_under_all_their_names(db: Database) -> None:
    await made(okta_id="00u1", target_okta_id="00u1")
    await made(okta_id="00u1", target_okta_id="00u9", on_behalf="Ravi.Rao@example.com")
    await made(okta_id="00u2", target_okta_id="00u2", on_behalf="")
    (over,) = await made(okta_id="00u1", target_okta_id="00u1")
    await changed(over, status="Closed", decision="Cancelled")
    assert sorted(await queue.numbers_of("00u1", ["emma.clarke@example.com"])) == [1, 2]
    assert await queue.numbers_of("00u5", ["x@example.com", "ravi.rao@example.com"]) == (2,)
    assert await queue.numbers_of("00u9", ["x@example.com"]) == (2,)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
async def test_every_statement_reads_ranges_of_its_own_indexes(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps a page as fast with a million requests as with a thousand: nothing is read from end to end."""
    await escalated(3, due_at=NOW)
    asked: list[tuple[str, Any]] = []
    rows = sql.rows

    async def noted(statement: str, values: Any = ()) -> Any:
        asked.append((statement, values))
        return await rows(statement, values)

    monkeypatch.setattr(sql, "rows", noted)
    for wanted in (Wanted(), Wanted(without=(7,)), Wanted((PRIYA, DESK), asked=True), Wanted(overdue_at=NOW), Wanted((PRIYA,), overdue_at=NOW)):
        await queue.page(wanted)
        await queue.page(wanted, "n.1.2")
        await queue.page(wanted, "p.3.3")
        await queue.total(wanted)
    for owners in (None, (PRIYA, DESK)):
        await queue.counters(owners, now=NOW, soon=NOW + HOUR, today=NOW - HOUR, without=(7,))
    await queue.numbers_of("00u1", ["x@example.com"])
    await reviewers.asked_of([PRIYA, DESK])
    for statement, values in asked:
        plan = [row["detail"] for row in await rows(f"EXPLAIN QUERY PLAN {statement}", values)]
        scans = [step for step in plan if step.startswith("SCAN") and ("requests" in step or "reviewers" in step)]
        assert scans == [], statement
        streams = [step for step in plan if "idx_" in step]
        assert streams, statement
        if " UNION SELECT " not in statement:  # the reader's own requests, which are few
            assert [step for step in streams if "COVERING" not in step] == [], statement
