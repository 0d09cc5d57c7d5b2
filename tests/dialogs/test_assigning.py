"""Cards for whoever decides: one a person and round, mail for the others, and the clock of reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs import assigning
from dialogs.chat import Identity, Profile
from sandbox.world import FALLBACK_OWNER, PEOPLE, POLICY, TENANT
from storage import jobs, pictures, requests
from storage.models import AuditEvent, Request
from tests.dialogs.conftest import Office

NIGHT = (time(20), time(7))


async def cards(ref: str) -> set[tuple[str, int]]:
    return {(p.audience.rsplit(":", 1)[1], p.round) for p in await pictures.of_request(ref) if p.surface == "review"}


async def assign(office: Office, request: Request, **more: str) -> Request:
    await assigning.assign(office.services, office.shelf, request.request_id, request.round, **more)
    return await requests.get(request.request_id) or request


async def said(ref: str, kind: str) -> int:
    return len([e for e in await AuditEvent.filter(request_id=ref) if f'"kind":"{kind}"' in e.details.replace(" ", "")])


async def test_again_changes_nothing(office: Office) -> None:
    """The job may run twice."""
    request = await office.request(owner="group:IT Service Desk")
    for _ in range(3):
        await assign(office, request)
    assert await cards(request.request_id) == {(PEOPLE["sam"].slack, 1), (PEOPLE["lena"].slack, 1)}
    assert await said(request.request_id, "assigned") == 1


async def test_another_owner_in_the_same_round(office: Office) -> None:
    """Judged anew after a policy change: whoever has it now gets a card as well."""
    request = await assign(office, await office.request())
    request = await office.change(request, owner="ravi.rao@example.com")
    await assign(office, request)
    assert await cards(request.request_id) == {(PEOPLE["priya"].slack, 1), (PEOPLE["ravi"].slack, 1)}


async def test_an_owner_who_asks_is_replaced_each_time(office: Office) -> None:
    request = await assign(office, await office.request("priya"))
    assert request.owner == FALLBACK_OWNER.email
    request = await office.change(request, owner="priya.nair@example.com")
    request = await assign(office, request)
    assert request.owner == FALLBACK_OWNER.email
    assert await cards(request.request_id) == {(FALLBACK_OWNER.slack, 1)}


async def test_the_backup_is_asked_beside_the_owner(office: Office) -> None:
    request = await assign(office, await office.request())
    request = await assign(office, request, owner="ravi.rao@example.com", why="backup")
    assert request.owner == "priya.nair@example.com" and (request.verdict or {})["also"] == ["ravi.rao@example.com"]
    assert await cards(request.request_id) == {(PEOPLE["priya"].slack, 1), (PEOPLE["ravi"].slack, 1)}


@pytest.mark.parametrize("columns", [{"status": "Waiting", "decision": ""}, {"round": 2}])
async def test_too_late(office: Office, columns: dict[str, object]) -> None:
    """The round is over, or the request has moved on."""
    request = await office.request()
    await office.change(request, **columns)
    await assigning.assign(office.services, office.shelf, request.request_id, 1)
    assert await cards(request.request_id) == set()


async def test_the_next_round_has_cards_of_its_own(office: Office) -> None:
    request = await assign(office, await office.request())
    request = await office.change(request, round=2)
    await assign(office, request)
    assert await cards(request.request_id) == {(PEOPLE["priya"].slack, 1), (PEOPLE["priya"].slack, 2)}


async def test_a_reminder_asks_for_the_next(office: Office) -> None:
    """Nobody has a message yet, so nobody is pinged; the clock goes on."""
    await office.accept(POLICY)
    request = await assign(office, await office.request())
    ref = request.request_id
    assert await assigning.remind(office.services, ref, 1, 0) is None
    (next_one,) = [j for j in await jobs.of_request(ref) if j.kind == "remind"]
    assert next_one.payload == {"round": 1, "sent": 1} and next_one.run_at == office.services.now() + timedelta(hours=4)
    assert await assigning.remind(office.services, ref, 1, 2) is None
    assert [j.payload["owner"] for j in await jobs.of_request(ref) if j.kind == "assign"] == [FALLBACK_OWNER.email]


@pytest.mark.parametrize("columns", [
    {"status": "Completed", "decision": "Approved"}, {"round": 2}, {"verdict": {"decided": {"round": 1, "decision": "Approved", "by": "P", "at": "2026-05-18T09:15:00.000Z"}}},
])  # fmt: skip
async def test_no_reminder_of_what_is_over(office: Office, columns: dict[str, object]) -> None:
    request = await office.request()
    await office.change(request, **columns)
    assert await assigning.remind(office.services, request.request_id, 1, 0) is None
    assert await said(request.request_id, "reminder") == 0 and not [
        j for j in await jobs.of_request(request.request_id) if j.kind == "remind"
    ]


# ---------------------------------------------------------------- quiet hours


def profile(zone: str) -> Profile:
    return Profile("priya.nair@example.com", "Priya Nair", zone=zone)


@pytest.mark.parametrize(("zone", "utc", "until"), [
    ("UTC", "21:30", "07:00"), ("UTC", "06:59", "07:00"), ("UTC", "07:00", ""), ("UTC", "19:59", ""), ("UTC", "20:00", "07:00"),
    ("Asia/Tokyo", "12:30", "22:00"), ("Asia/Tokyo", "22:30", ""), ("Asia/Kolkata", "16:00", "01:30"), ("Nowhere/Land", "21:00", "07:00"),
])  # fmt: skip
def test_the_end_of_the_quiet_hours(zone: str, utc: str, until: str) -> None:
    now = datetime.combine(datetime(2026, 5, 18, tzinfo=UTC), time.fromisoformat(utc), UTC)
    end = assigning.quiet_end(NIGHT, now, profile(zone), "UTC")
    assert (end.strftime("%H:%M") if end else "") == until
    assert end is None or timedelta(0) < end - now <= timedelta(hours=11)


def test_whoever_has_no_zone_lives_at_the_house() -> None:
    now = datetime(2026, 5, 18, 12, tzinfo=UTC)
    assert assigning.quiet_end(NIGHT, now, None, "Asia/Tokyo") is not None
    assert assigning.quiet_end(NIGHT, now, None, "UTC") is None


@given(
    minutes=st.integers(0, 365 * 24 * 60),
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kathmandu")),
    quiet=st.tuples(st.times(), st.times()),
)
def test_the_end_is_ahead(minutes: int, zone: str, quiet: tuple[time, time]) -> None:
    """Also over the change of clocks, and for hours with minutes."""
    start, end = (t.replace(second=0, microsecond=0) for t in quiet)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    later = assigning.quiet_end((start, end), now, profile(zone), "UTC")
    assert later is None or now < later <= now + timedelta(hours=25)


@dataclass
class Asked:
    """Whose zone is asked for."""

    zones: dict[str, str]

    async def profile(self, who: Identity) -> Profile:
        return profile(self.zones[who.user])


async def test_a_group_is_quiet_while_all_sleep(office: Office) -> None:
    """The first who wakes up is waited for."""
    from dataclasses import replace

    request = await assign(office, await office.request(owner="group:IT Service Desk"))
    found = [p for p in await pictures.of_request(request.request_id) if p.surface == "review"]
    office.services.house = replace(office.services.house, quiet_hours=NIGHT)
    now = datetime(2026, 5, 18, 12, tzinfo=UTC)
    sam, lena = PEOPLE["sam"].slack, PEOPLE["lena"].slack
    for zones, until in (({sam: "Asia/Tokyo", lena: "UTC"}, ""), ({sam: "Asia/Tokyo", lena: "Asia/Shanghai"}, "22:00")):
        office.services.people = Asked(zones)  # type: ignore[assignment]  # nothing else is asked of it
        end = await assigning._quiet_until(office.services, found, now)
        assert (end.strftime("%H:%M") if end else "") == until
    assert TENANT in found[0].audience
