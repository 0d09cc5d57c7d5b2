"""Where people of Teams are spoken to: remembered, changed, found by address, welcomed once. On both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tortoise.exceptions import ValidationError

from storage import conversations
from storage.database import Database

TENANT, EMMA = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
NOW = datetime(2026, 5, 18, 9, 15, tzinfo=UTC)


async def test_what_was_said_is_kept_and_what_was_not_said_stays(db: Database) -> None:
    assert await conversations.of("teams", TENANT, EMMA) is None
    await conversations.remember("teams", TENANT, EMMA, service_url="https://one.example.com/", conversation="a:1", account="29:e")
    row = await conversations.remember("teams", TENANT, EMMA, service_url="https://two.example.com/", email="emma.clarke@example.com")
    assert (row.service_url, row.conversation, row.account) == ("https://two.example.com/", "a:1", "29:e")
    kept = await conversations.of("teams", TENANT, EMMA)
    assert kept is not None
    assert kept.id == row.id
    assert [one.platform_user for one in await conversations.with_email("teams", "Emma.Clarke@example.com")] == [EMMA]
    assert await conversations.with_email("teams", "ravi.rao@example.com") == []
    seen = await conversations.latest("teams", TENANT)
    assert seen is not None
    assert seen.service_url == "https://two.example.com/"
    assert await conversations.latest("teams", "another") is None


async def test_people_met_at_once_are_one_row_each(db: Database) -> None:
    await asyncio.gather(*(conversations.remember("teams", TENANT, f"p{n % 3}", service_url=f"https://{n}.example.com/") for n in range(12)))
    rows = [await conversations.of("teams", TENANT, f"p{n}") for n in range(3)]
    assert len({row.id for row in rows if row is not None}) == 3


async def test_somebody_is_welcomed_once(db: Database) -> None:
    assert not await conversations.welcome("teams", TENANT, EMMA, NOW)
    await conversations.remember("teams", TENANT, EMMA, service_url="https://one.example.com/")
    first, second = await asyncio.gather(*(conversations.welcome("teams", TENANT, EMMA, NOW) for _ in range(2)))
    assert first != second
    assert not await conversations.welcome("teams", TENANT, EMMA, NOW)


async def test_nonsense_is_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="welcomed_at"):
        await conversations.remember("teams", TENANT, EMMA, welcomed_at="now")
    with pytest.raises(ValidationError):
        await conversations.remember("teams", TENANT, EMMA, service_url="https://" + "x" * 400)
