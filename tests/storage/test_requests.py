"""Requests: made, numbered, changed only by whoever read the newest version, and at rest once over."""

# ruff: noqa: PT012 - a transaction that fails inside is more than one statement

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tortoise.exceptions import ValidationError

from storage import audit, moments, requests
from storage.database import Database, transaction
from storage.models import Request
from storage.requests import AlreadyOpen, Conflict, Terminal

EMMA: dict[str, Any] = {"requester": "emma.clarke@example.com", "platform": "slack", "tenant": "T1", "platform_user": "U1"}


async def made(**columns: Any) -> Request:
    async with transaction():
        return await requests.create(**{**EMMA, **columns})


async def changed(request: Request, **columns: Any) -> Request:
    async with transaction():
        return await requests.change(request, **columns)


async def test_a_request_is_what_was_given_and_defaults(db: Database) -> None:
    request = await made(summary="I forgot it", attachments=[{"name": "screen.png", "size": 3}], question={"options": ["a"]})
    read = await requests.get("IT-1")
    assert read is not None
    names = Request._meta.db_fields
    assert {name: getattr(read, name) for name in names} == {name: getattr(request, name) for name in names}
    assert (read.status, read.priority, read.version, read.round, read.attachments) == ("New", "Medium", 1, 1, [{"name": "screen.png", "size": 3}])
    assert read.created_at <= moments.now()
    assert read.closed_at is None
    assert read.question == {"options": ["a"]}
    assert await requests.get("IT-2") is None


async def test_numbers_follow_one_another_and_are_not_lost_to_a_rollback(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await requests.create(**EMMA)
            raise ZeroDivisionError
    many = await asyncio.gather(*(made() for _ in range(8)))
    assert sorted(request.number for request in many) == list(range(1, 9))


async def test_only_the_newest_version_may_be_changed(db: Database) -> None:
    request = await made()
    results = await asyncio.gather(*(changed(request, status="Triaging", rationale=f"by {number}") for number in range(8)), return_exceptions=True)
    winners = [result for result in results if isinstance(result, Request)]
    assert len(winners) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7
    read = await requests.get("IT-1")
    assert read is not None
    assert (read.version, read.rationale, read.status) == (2, winners[0].rationale, "Triaging")


async def test_a_lost_change_takes_its_audit_event_with_it(db: Database, key: bytes) -> None:
    request = await made()
    await changed(request, status="Triaging")
    with pytest.raises(Conflict):
        async with transaction():
            await audit.append([audit.NewEvent("IT-1", audit.AGENT, audit.DECISION, {})])
            await requests.change(request, status="Escalated")
    assert await audit.of_request("IT-1") == []


async def test_a_terminal_request_is_closed_freed_and_at_rest(db: Database) -> None:
    request = await made(open_key="slack:T1:U1:salesforce")
    done = await changed(request, status="Completed", decision="Approved")
    assert done.closed_at is not None
    assert done.open_key is None
    for column, value in [("status", "New"), ("rationale", "on second thought"), ("closed_at", None), ("decision", "")]:
        with pytest.raises(Terminal):
            await changed(done, **{column: value})
    noted = await changed(done, ticket="INC0001", ticket_seq=4)
    assert (noted.ticket, noted.status) == ("INC0001", "Completed")
    with pytest.raises(Conflict):
        await changed(done, status="New")
    request.status = "New"  # an object that tells lies does not help
    with pytest.raises((Conflict, Terminal)):
        await changed(request, status="New")
    assert (await made(open_key="slack:T1:U1:salesforce")).number == 2


async def test_one_open_request_for_a_key(db: Database) -> None:
    first = await made(open_key="k")
    other = await made()
    with pytest.raises(AlreadyOpen):
        await made(open_key="k")
    with pytest.raises(AlreadyOpen):
        await changed(other, open_key="k")
    found = await requests.open_for("k")
    assert found is not None
    assert found.request_id == first.request_id
    results = await asyncio.gather(*(made(open_key="race") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, Request) for result in results) == 1


@pytest.mark.parametrize(
    "columns", [{"status": "Done"}, {"priority": "Urgent"}, {"decision": "Maybe"}, {"closed_at": moments.now()}, {"colour": "red"}, {"version": 7}, {"request_id": "IT-9"}]
)
async def test_what_the_operation_does_not_know_is_refused(db: Database, columns: dict[str, Any]) -> None:
    request = await made()
    with pytest.raises(ValueError, match=r"."):
        await changed(request, **columns)


async def test_too_long_is_refused_on_both_databases(db: Database) -> None:
    with pytest.raises(ValidationError):
        await made(target_record="x" * 301)
    request = await made(summary="x" * 100_000)
    with pytest.raises(ValidationError):
        await changed(request, app_label="x" * 201)


async def test_any_text_a_person_can_send_is_stored(db: Database) -> None:
    request = await made(summary="nul\x00 half \ud83d pair", question={"text": ["\x00", "\ud83d\ude00"]})
    read = await requests.get(request.request_id)
    assert read is not None
    assert read.summary == "nul\ufffd half \ufffd pair"
    assert read.question == {"text": ["\ufffd", "😀"]}


async def test_nothing_is_changed_outside_a_transaction(db: Database) -> None:
    request = await made()
    with pytest.raises(RuntimeError):
        await requests.change(request, status="Triaging")
    with pytest.raises(RuntimeError):
        await requests.create(**EMMA)


async def test_lists_are_newest_first_and_go_on(db: Database) -> None:
    for number in range(7):
        await made(status="Waiting" if number % 2 else "New")
    await made(platform_user="U2")
    assert [row.number for row in await requests.of_person("slack", "T1", "U1")] == [7, 6, 5, 4, 3]
    assert [row.number for row in await requests.listing("Waiting")] == [6, 4, 2]
    await made(platform="teams", platform_user="aad-1", okta_id="00u1")
    await made(platform_user="U2", okta_id="00u1")
    await made(okta_id="00u1")
    assert [row.number for row in await requests.of_person("slack", "T1", "U1", okta_id="00u1")] == [11, 10, 9, 7, 6], "each once"
    assert [row.number for row in await requests.of_person("teams", "T1", "aad-2", okta_id="00u1")] == [11, 10, 9]
    assert [row.number for row in await requests.of_person("slack", "T1", "U1", okta_id="00u2")] == [11, 7, 6, 5, 4]
    first = await requests.listing(limit=3)
    assert [row.number for row in first] == [11, 10, 9]
    assert [row.number for row in await requests.listing(limit=3, before_number=first[-1].number)] == [8, 7, 6]
    assert first[0].created_at + timedelta(days=1) > moments.now()
