"""Every read against every way in which Okta can fail: a named error within the deadline, and never a guess."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from integrations.base import Missing, Refused, SystemFault, Unavailable
from integrations.okta import Okta
from integrations.okta_faults import fault, hint
from sandbox.okta_people import group_id
from tests.integrations.okta_pair import EMMA, PUSH, Canned, canned, client_of, connected

Read = Callable[[Okta], Awaitable[object]]

READS: dict[str, Read] = {
    "find": lambda okta: okta.find("emma.clarke@example.com"),
    "account": lambda okta: okta.account(EMMA),
    "applications": lambda okta: okta.applications(EMMA),
    "groups": lambda okta: okta.groups(EMMA),
    "roles": lambda okta: okta.roles(EMMA),
    "factors": lambda okta: okta.factors(EMMA),
    "group_named": lambda okta: okta.group_named("IT Service Desk"),
    "members": lambda okta: okta.members(group_id("IT Service Desk")),
    "challenge_state": lambda okta: okta.challenge_state(EMMA, PUSH, "v2mst.x"),
    "events": lambda okta: okta.events(EMMA, datetime.now(UTC) - timedelta(hours=1), "user.account.update_password"),
}
DEADLINE = 0.4


async def outcomes(okta: Okta) -> dict[str, object]:
    results = await asyncio.gather(*(read(okta) for read in READS.values()), return_exceptions=True)
    return dict(zip(READS, results, strict=True))


@pytest.mark.parametrize("kind", ["500", "503", "504", "429", "429-bare", "concurrent", "hang", "drop", "malformed", "empty", "html", "wrong"])
async def test_no_read_takes_trouble_for_an_answer(kind: str) -> None:
    async with connected(deadline=DEADLINE) as (stand_in, okta):
        stand_in.fail(kind)
        for name, outcome in (await outcomes(okta)).items():
            assert isinstance(outcome, Unavailable), (name, outcome)
            assert not outcome.sent


@pytest.mark.parametrize(("kind", "status"), [("401", 401), ("403", 403)])
async def test_a_refusal_is_not_tried_again(kind: str, status: int) -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail(kind)
        for name, outcome in (await outcomes(okta)).items():
            assert isinstance(outcome, Refused), (name, outcome)
            assert outcome.status == status
        assert len(stand_in.calls) == len(READS)


async def test_a_credential_without_a_right_is_refused_by_code() -> None:
    async with connected() as (stand_in, okta):
        stand_in.credentials.lacking |= {"okta.users.read", "okta.groups.read", "okta.roles.read", "okta.logs.read"}
        for name, outcome in (await outcomes(okta)).items():
            assert isinstance(outcome, Refused), (name, outcome)
            assert outcome.code == "E0000006"


async def test_slow_is_not_broken() -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail("slow", seconds=0.05)
        results = await outcomes(okta)
        assert isinstance(results.pop("challenge_state"), Missing)
        assert not [outcome for outcome in results.values() if isinstance(outcome, BaseException)]


@pytest.mark.parametrize("kind", ["500", "503", "504", "429-bare", "drop"])
async def test_a_read_survives_two_failures(kind: str) -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail(kind, times=2)
        assert (await okta.account(EMMA)).id == EMMA
        assert len(stand_in.calls) == 3


async def test_a_reset_time_that_is_too_far_away_is_passed_on_at_once() -> None:
    async with connected(deadline=0.9) as (stand_in, okta):
        stand_in.fail("429")
        with pytest.raises(Unavailable) as limit:
            await okta.account(EMMA)
        assert limit.value.retry_after is not None
        assert 1 <= limit.value.retry_after <= 60
        assert len(stand_in.calls) == 1


async def test_one_deadline_covers_every_page_and_repeat() -> None:
    async with connected(deadline=0.3) as (stand_in, okta):
        stand_in.page_size = 1
        stand_in.fail("slow", seconds=0.1)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await okta.applications(EMMA)
        assert time.monotonic() - began < 1.5  # five pages of 0.1 s would have been more than the deadline; the rest is a slow machine
        assert len(stand_in.calls) <= 3


async def test_nobody_listens() -> None:
    gone = Canned()
    await gone.start()
    await gone.stop()
    async with client_of(gone.url) as okta:
        for name, outcome in (await outcomes(okta)).items():
            assert isinstance(outcome, Unavailable), (name, outcome)


async def test_a_name_that_does_not_exist() -> None:
    async with client_of("https://nowhere.invalid") as okta:
        with pytest.raises(Unavailable, match="name cannot be found"):
            await okta.account(EMMA)


@pytest.mark.parametrize(
    ("body", "kind"),
    [('{"errorCode": "E0000007"}', Missing), ("{}", Missing), ('{"errorCode": "E0000022"}', Refused), ('{"errorCode": "E0000008"}', Refused),
     ("<html>not found</html>", Refused), ("", Refused)],
)  # fmt: skip
async def test_only_okta_can_say_that_somebody_is_not_there(body: str, kind: type[SystemFault]) -> None:
    async with canned(body, 404) as (_, okta):
        with pytest.raises(kind):
            await okta.account(EMMA)


async def test_a_proxys_404_is_not_nobody() -> None:
    """Nobody means a rejection; what is not known must not."""
    async with canned("<html>", 404) as (_, okta):
        with pytest.raises(Refused):
            await okta.find("emma.clarke@example.com")


# ---------------------------------------------------------------- hints

NOW = "Wed, 25 Nov 2026 10:00:00 GMT"
EPOCH = 1795600800


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-Rate-Limit-Reset": str(EPOCH + 7), "Date": NOW}, 7),
        ({"X-Rate-Limit-Reset": str(EPOCH - 50), "Date": NOW}, 1),
        ({"X-Rate-Limit-Reset": str(EPOCH + 5000), "Date": NOW}, 60),
        ({"X-Rate-Limit-Reset": str(EPOCH + 7), "Date": NOW, "X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0"}, None),
        ({"X-Rate-Limit-Reset": "soon", "Date": NOW}, None),
        ({"X-Rate-Limit-Reset": "nan", "Date": NOW}, None),
        ({"X-Rate-Limit-Reset": "inf", "Date": NOW}, 60),
        ({"X-Rate-Limit-Reset": str(EPOCH), "Date": "yesterday"}, None),
        ({"X-Rate-Limit-Reset": str(EPOCH)}, None),
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "86400"}, 60),
        ({}, None),
    ],
)
def test_how_long_okta_asks_to_wait_in_oktas_own_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert hint(headers) == seconds


def test_a_success_is_no_fault() -> None:
    assert all(fault(status, "", {}, writes=True) is None for status in (200, 201, 204))
