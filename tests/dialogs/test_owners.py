"""Who is asked: an owner, the members of a group, and whoever takes over from somebody who is a party."""

from __future__ import annotations

import pytest

from dialogs import owners
from integrations.base import Unavailable
from sandbox.world import FALLBACK_OWNER, PEOPLE
from tests.dialogs.conftest import Office

DESK = "group:IT Service Desk"


async def test_an_address_is_asked_as_it_is(office: Office) -> None:
    request = await office.request()
    found = await owners.assigned(office.services, request, None, "priya.nair@example.com")
    assert (found.owner, found.why) == ("priya.nair@example.com", "owner")
    assert [r.email for r in found.reviewers] == ["priya.nair@example.com"]


async def test_every_member_who_can_decide(office: Office) -> None:
    """Sam and Lena are in the group; whoever is suspended there decides nothing."""
    office.stand_in.add_group("stan", "IT Service Desk")
    office.stand_in.add_group("sune", "IT Service Desk")
    found = await owners.assigned(office.services, await office.request(), None, DESK)
    assert (found.owner, found.why) == (DESK, DESK)
    assert {r.email for r in found.reviewers} == {PEOPLE["sam"].email, PEOPLE["lena"].email}


@pytest.mark.parametrize("columns", [{"by": "priya"}, {"on_behalf": "PRIYA.nair@example.com"}, {"target_okta_id": PEOPLE["priya"].okta}])
async def test_a_party_is_left_out(office: Office, columns: dict[str, str]) -> None:
    """Requester, declared person or target: under the address, in any case, or the id."""
    request = await office.request(**columns)
    found = await owners.assigned(office.services, request, None, "priya.nair@example.com")
    wanted = {PEOPLE["priya"].email} if columns == {"target_okta_id": PEOPLE["priya"].okta} else {FALLBACK_OWNER.email}
    assert {r.email for r in found.reviewers} == wanted  # an e-mail's id is looked up at the click, not before


async def test_a_party_is_left_out_of_their_group(office: Office) -> None:
    found = await owners.assigned(office.services, await office.request("sam"), None, DESK)
    assert [r.email for r in found.reviewers] == [PEOPLE["lena"].email]


async def test_the_backup_then_the_fallback(office: Office) -> None:
    await office.accept()
    policy = (await office.shelf.current(office.services.now())).policy
    assert policy is not None
    from dataclasses import replace

    backed = replace(policy, backup_owner="ravi.rao@example.com")
    request = await office.request("priya")
    found = await owners.assigned(office.services, request, backed, "priya.nair@example.com")
    assert (found.owner, found.why) == ("ravi.rao@example.com", "backup")
    found = await owners.assigned(
        office.services, request, replace(policy, backup_owner="priya.nair@example.com"), "priya.nair@example.com"
    )
    assert (found.owner, found.why) == (FALLBACK_OWNER.email, "fallback")


async def test_nobody_is_left(office: Office) -> None:
    """The fallback owner's own request, with nobody behind them: nobody is asked, and an administrator still may."""
    found = await owners.assigned(office.services, await office.request("lena"), None, FALLBACK_OWNER.email)
    assert found.reviewers == ()


@pytest.mark.parametrize("group", ["group:Nobody Here", "group:it service desk "])
async def test_a_group_that_is_not_exactly_there(office: Office, group: str) -> None:
    found = await owners.assigned(office.services, await office.request(), None, group)
    assert found.owner == FALLBACK_OWNER.email


async def test_an_outage_is_not_an_empty_group(office: Office) -> None:
    """Whoever asks tries again later; the fallback owner is not asked instead."""
    office.stand_in.fail("503", path="/api/v1/groups")
    with pytest.raises(Unavailable):
        await owners.assigned(office.services, await office.request(), None, DESK)


async def test_answers_for(office: Office) -> None:
    sam, priya = await office.account("sam"), await office.account("priya")
    assert await owners.answers_for(office.services, DESK, sam)
    assert not await owners.answers_for(office.services, DESK, priya)
    assert await owners.answers_for(office.services, "Priya.Nair@Example.com", priya)
    office.stand_in.remove_group("sam", "IT Service Desk")
    assert not await owners.answers_for(office.services, DESK, sam)
