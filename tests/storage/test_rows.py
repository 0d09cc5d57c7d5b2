"""The smaller tables: deliveries, effects, pictures, policies, freezes, flags."""

# ruff: noqa: PT012 - a transaction that fails inside is more than one statement

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from storage import deliveries, effects, flags, freezes, moments, pictures, policies
from storage.database import Database, transaction
from storage.deliveries import Seen
from storage.models import Effect, PolicyRevision

NOON = datetime(2026, 5, 18, 12, tzinfo=UTC)


async def test_a_delivery_is_taken_in_once(db: Database) -> None:
    async def take(answer: dict[str, Any]) -> bool:
        try:
            async with transaction():
                await deliveries.record("slack:Ev1", "IT-1", answer)
        except Seen as seen:
            return seen.delivery.answer is None
        return True

    results = await asyncio.gather(*(take({"text": f"answer {number}"}) for number in range(5)))
    assert sorted(results) == [False, False, False, False, True]
    seen = await deliveries.seen("slack:Ev1")
    assert seen is not None
    assert (seen.request_id, seen.answer) == ("IT-1", {"text": f"answer {results.index(True)}"})
    async with transaction():
        await deliveries.answer("slack:Ev1", {"text": "later"})
    again = await deliveries.seen("slack:Ev1")
    assert again is not None
    assert (again.request_id, again.answer) == ("IT-1", {"text": "later"})
    assert await deliveries.forget_before(moments.now() - timedelta(hours=1)) == 0
    assert await deliveries.forget_before(moments.now() + timedelta(hours=1)) == 1
    assert await deliveries.seen("slack:Ev1") is None


async def test_a_delivery_of_a_transaction_that_failed_may_come_again(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await deliveries.record("slack:Ev1")
            raise ZeroDivisionError
    async with transaction():
        await deliveries.record("slack:Ev1")


async def intend(**columns: Any) -> Effect:
    given = {
        "request_id": "IT-1",
        "kind": "reset_password",
        "okta_id": "00u1",
        "grant_digest": "g1",
        "facts_digest": "f",
        "policy_revision": "v1-x",
        "rule": "16",
        "expires_at": NOON + timedelta(seconds=60),
        "intended_at": NOON,
    }
    async with transaction():
        return await effects.intend(**{**given, **columns})


async def test_a_grant_is_used_once_and_in_time(db: Database) -> None:
    await intend()
    used = await asyncio.gather(*(effects.consume("g1", NOON) for _ in range(8)))
    assert sorted(used) == [False] * 7 + [True]
    await intend(grant_digest="g2", attempt=2)
    assert not await effects.consume("g2", NOON + timedelta(seconds=60))
    assert not await effects.consume("unknown", NOON)


async def test_one_intent_an_attempt_and_one_a_grant(db: Database) -> None:
    await intend()
    for columns in ({"grant_digest": "g2"}, {"attempt": 2}):
        with pytest.raises(IntegrityError):
            await intend(**columns)
    with pytest.raises(RuntimeError):
        await effects.intend(
            request_id="IT-1", kind="unlock", okta_id="00u1", grant_digest="x", facts_digest="f", policy_revision="v", rule="7c", expires_at=NOON
        )


async def test_what_became_of_an_effect(db: Database) -> None:
    effect = await intend()
    assert [row.id for row in await effects.unfinished()] == [row.id for row in await effects.unfinished("IT-1")] == [effect.id]
    assert await effects.finish(effect, effects.UNKNOWN, "timed out " + "x" * 400)
    assert await effects.unfinished("IT-1") == []
    assert await effects.finish(effect, effects.DONE)
    assert not await effects.finish(effect, effects.REFUSED)
    (row,) = await effects.of_request("IT-1")
    assert row.outcome == "done"
    with pytest.raises(ValueError, match="outcome"):
        await effects.finish(effect, "perhaps")
    assert not await effects.consume("g1", NOON)  # finished without ever being used


async def test_effects_are_counted_for_the_limits(db: Database) -> None:
    refused = await intend()
    await effects.finish(refused, effects.REFUSED)
    await intend(grant_digest="g2", attempt=2)
    await intend(grant_digest="g3", attempt=3, intended_at=NOON - timedelta(days=2))
    await intend(grant_digest="g4", kind="unlock")
    await intend(grant_digest="g5", okta_id="00u2", round=2)
    day = NOON - timedelta(days=1)
    assert await effects.count_since("00u1", day) == 1
    assert await effects.count_since("00u1", day, ["unlock"]) == 1
    assert await effects.count_all_since(day) == 2


async def test_pictures_are_found_by_nonce_and_repainted(db: Database) -> None:
    async with transaction():
        picture = await pictures.add(surface="progress", audience="slack:T1:U1", nonce="n1", request_id="IT-1", channel="D1")
        with pytest.raises(ValueError, match="never change"):
            await pictures.change(picture, nonce="other")
        picture = await pictures.change(picture, posting_at=NOON)
    assert [row.nonce for row in await pictures.half_posted()] == ["n1"]
    picture = await pictures.change(picture, message="171.1", digest="d")
    assert await pictures.half_posted() == []
    found = await pictures.by_nonce("n1")
    assert found is not None
    assert (found.message, found.posting_at) == ("171.1", NOON)
    assert await pictures.find("IT-1", "progress", "slack:T1:U1") is not None
    with pytest.raises(IntegrityError):
        async with transaction():
            await pictures.add(surface="progress", audience="slack:T1:U1", nonce="n2", request_id="IT-1")
    await pictures.change(picture, gone=True)
    assert await pictures.of_request("IT-1") == []
    assert len(await pictures.of_request("IT-1", gone=True)) == 1


async def test_the_policy_accepted_last_is_in_force(db: Database) -> None:
    async def read(revision: str, minutes: int) -> PolicyRevision:
        async with transaction():
            return await policies.add(
                revision=revision, digest="d", source="file:policy.md", format="markdown", body="# Policy", fetched_at=NOON + timedelta(minutes=minutes)
            )

    async def accept(revision: PolicyRevision, minutes: int) -> bool:
        async with transaction():
            return await policies.accept(revision.id, "admin@example.com", NOON + timedelta(minutes=minutes))

    assert await policies.accepted() is await policies.pending() is None
    first = await read("v1", 0)
    assert (await policies.pending() or first).revision == "v1"
    assert await accept(first, 1)
    assert await policies.pending() is None
    second = await read("v2", 2)
    in_force, waiting = await policies.accepted(), await policies.pending()
    assert in_force is not None
    assert waiting is not None
    assert (in_force.revision, in_force.accepted_by, waiting.revision) == ("v1", "admin@example.com", "v2")
    assert await accept(second, 3)
    back = await read("v1", 4)  # the page was put back to its first text
    assert back.id == first.id
    waiting = await policies.pending()
    assert waiting is not None
    assert waiting.revision == "v1"
    assert await accept(back, 5)
    assert await policies.pending() is None
    await policies.touch(first.id, NOON + timedelta(hours=9))
    latest = await policies.latest()
    assert latest is not None
    assert latest.fetched_at == NOON + timedelta(hours=9)
    async with transaction():
        assert not await policies.accept(99, "admin@example.com")


async def test_a_freeze_holds_until_it_is_lifted(db: Database) -> None:
    async with transaction():
        await freezes.freeze("00u1", "Emma.Clarke@example.com", "IT-1", NOON)
        await freezes.freeze("00u1", "emma.clarke@example.com", "IT-2")
    frozen = await freezes.frozen("00u1")
    assert frozen is not None
    assert (frozen.request_id, frozen.since) == ("IT-1", NOON)
    assert [row.okta_id for row in await freezes.of_email("EMMA.CLARKE@example.com")] == ["00u1"]
    async with transaction():
        assert await freezes.lift("00u1", "admin@example.com", "spoke to her")
        assert not await freezes.lift("00u1", "admin@example.com", "twice")
    assert await freezes.frozen("00u1") is None
    async with transaction():
        await freezes.freeze("00u1", "emma.clarke@example.com", "IT-3")
    frozen = await freezes.frozen("00u1")
    assert frozen is not None
    assert (frozen.request_id, frozen.lifted_by, frozen.reason) == ("IT-3", "", "")


async def test_flags(db: Database) -> None:
    assert await flags.read("paused") is None
    await flags.write("paused", {"on": True})
    await flags.write("paused", {"on": False})
    assert await flags.read("paused") == {"on": False}
    await flags.clear("paused")
    assert await flags.read("paused") is None


def test_moments_are_exact_and_strict() -> None:
    text = "2026-05-18T09:15:00.000Z"
    assert moments.write(moments.read(text)) == text
    assert moments.write(datetime.fromisoformat("2026-05-18T11:15:00.999999+02:00")) == "2026-05-18T09:15:00.999Z"
    assert moments.write(moments.read("0999-01-01T00:00:00.001Z")) == "0999-01-01T00:00:00.001Z"
    bad = ["", "2026-05-18", "2026-05-18T09:15:00Z", "2026-05-18T09:15:00.000+00:00", "2026-02-30T09:15:00.000Z", "2026-05-18T24:15:00.000Z", "２026-05-18T09:15:00.000Z"]
    for text in bad:
        with pytest.raises(ValueError, match=r"."):
            moments.read(text)
    with pytest.raises(ValueError, match="time zone"):
        moments.write(datetime(2026, 5, 18))  # noqa: DTZ001  # that is the point
