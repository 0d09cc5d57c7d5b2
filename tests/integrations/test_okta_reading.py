"""Looking people up in Okta: exact, whole, and tolerant of everything that is not needed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.base import AccountStatus, Missing, Refused, Unavailable
from sandbox.okta_people import group_id
from sandbox.world import PEOPLE
from tests.integrations.okta_pair import EMMA, canned, connected


def user(**changes: Any) -> dict[str, Any]:
    return {"id": EMMA, "status": "ACTIVE", "profile": {"login": "emma.clarke@example.com", "email": "emma.clarke@example.com"}, **changes}


async def test_a_person_is_found_by_address_whatever_its_case() -> None:
    async with connected() as (stand_in, okta):
        (emma,) = await okta.find("Emma.Clarke@Example.com")
        assert (emma.id, emma.name, emma.provider, emma.manager_id) == (EMMA, "Emma Clarke", "OKTA", "priya.nair@example.com")
        (call,) = stand_in.calls
        assert call.query == {"search": 'profile.email eq "Emma.Clarke@Example.com"'}


async def test_who_has_left_is_found_too() -> None:
    async with connected() as (_, okta):
        (dora,) = await okta.find("dora.weiss@example.com")
        assert dora.status is AccountStatus.DEPROVISIONED


async def test_who_the_search_index_does_not_know_yet_is_found_by_login() -> None:
    async with connected() as (stand_in, okta):
        stand_in.people["emma"].indexed = False
        assert [one.id for one in await okta.find("emma.clarke@example.com")] == [EMMA]
        assert [call.path for call in stand_in.calls] == ["/api/v1/users", "/api/v1/users/emma.clarke@example.com"]


async def test_nobody_is_an_empty_answer() -> None:
    async with connected() as (_, okta):
        assert await okta.find("una.bound@example.com") == ()


async def test_two_people_with_one_address_are_both_given() -> None:
    async with connected() as (stand_in, okta):
        stand_in.people["ravi"].email = "emma.clarke@example.com"
        assert {one.name for one in await okta.find("emma.clarke@example.com")} == {"Emma Clarke", "Ravi Rao"}


@pytest.mark.parametrize(
    "address",
    ["еmma.clarke@example.com", "emma.clarke@exаmple.com", "ｅmma.clarke@example.com", "emma.clarke@example.com\n", "me", "emma", "",
     'x" or profile.login sw "', "emma.clarke@example.com/../..", "emma clarke@example.com", "a@b@example.com", "x" * 250 + "@example.com"],
)  # fmt: skip
async def test_what_is_no_plain_address_is_never_asked_for(address: str) -> None:
    async with connected() as (stand_in, okta):
        assert await okta.find(address) == ()
        assert stand_in.calls == []


async def test_a_look_alike_that_okta_returns_is_dropped() -> None:
    lookalike = user(profile={"login": "еmma.clarke@example.com", "email": "ｅmma.clarke@example.com"})
    async with canned(json.dumps([lookalike, user()])) as (_, okta):
        assert len(await okta.find("emma.clarke@example.com")) == 1


async def test_a_search_that_returns_strangers_finds_nobody() -> None:
    async with canned(json.dumps([user()])) as (_, okta):
        assert await okta.find("ravi.rao@example.com") == ()


async def test_addresses_with_a_plus_arrive_as_they_are() -> None:
    async with connected() as (stand_in, okta):
        stand_in.people["emma"].email = stand_in.people["emma"].login = "emma+test%1@example.com"
        assert len(await okta.find("emma+test%1@example.com")) == 1
        stand_in.people["emma"].indexed = False
        assert len(await okta.find("emma+test%1@example.com")) == 1


async def test_a_group_name_cannot_end_its_quotes() -> None:
    async with connected() as (stand_in, okta):
        for name in ('x" or profile.name sw "', "x\\", 'x\\" or id pr'):
            with pytest.raises(Missing):
                await okta.group_named(name)
        assert all(call.status == 200 for call in stand_in.calls)
        with pytest.raises(Refused):
            await okta.group_named("Domain\nAdmins")


async def test_an_answer_about_somebody_else_is_no_answer() -> None:
    async with canned(json.dumps(user(id="00uravi0000000001h7"))) as (_, okta):
        with pytest.raises(Unavailable, match="another account"):
            await okta.account(EMMA)


async def test_a_status_of_tomorrow_is_unknown_and_no_fault() -> None:
    async with canned(json.dumps(user(status="HIBERNATING", realmId=7, profile={"login": "e@example.com", "mobilePhone": []}))) as (_, okta):
        assert (await okta.account(EMMA)).status is None


@pytest.mark.parametrize(
    "broken",
    [user(id=None), user(id=7), user(status=None), user(profile=None), user(profile={}), user(passwordChanged="yesterday"),
     user(passwordChanged=7), user(passwordChanged="2026-01-01T00:00:00"), [user()], None, "x"],
)  # fmt: skip
async def test_an_account_without_what_is_needed_cannot_be_read(broken: Any) -> None:
    async with canned(json.dumps(broken)) as (_, okta):
        with pytest.raises(Unavailable, match="could not be read"):
            await okta.account(EMMA)


async def test_an_application_is_its_instance_and_not_the_person() -> None:
    async with connected() as (_, okta):
        found = await okta.applications(EMMA)
        assert [one.label for one in found] == list(PEOPLE["emma"].apps)
        assert EMMA not in {one.id for one in found}
        assert len({one.id for one in found}) == len(found)


async def test_every_list_is_read_to_its_last_page() -> None:
    async with connected() as (stand_in, okta):
        stand_in.page_size = 1
        stand_in.add_group("emma", "Domain Admins")
        stand_in.add_role("emma", "SUPER_ADMIN")
        stand_in.add_role("emma", "CUSTOM", by_group=True)
        since = datetime.now(UTC) - timedelta(minutes=1)
        assert len(await okta.applications(EMMA)) == 5
        assert [group.name for group in await okta.groups(EMMA)] == ["Everyone", "Domain Admins"]
        assert [(role.type, role.by_group) for role in await okta.roles(EMMA)] == [("SUPER_ADMIN", False), ("CUSTOM", True)]
        assert {who.name for who in await okta.members(group_id("IT Service Desk"))} == {"Sam Ortiz", "Lena Vogt"}
        stand_in.page_size = 1000
        await okta.reset_password((await okta.find("ravi.rao@example.com"))[0].id)
        assert len(await okta.events(EMMA, since, "user.account.privilege.grant")) == 2


@pytest.mark.parametrize("kind", ["500", "drop", "malformed", "wrong", "403", "hang"])
async def test_half_a_list_is_no_list(kind: str) -> None:
    async with connected(deadline=0.3) as (stand_in, okta):
        stand_in.page_size = 1
        stand_in.later_pages = kind
        stand_in.add_group("emma", "Domain Admins")
        with pytest.raises((Unavailable, Refused)):
            await okta.groups(EMMA)


async def test_a_list_that_never_ends_is_a_fault() -> None:
    async with canned("[]", headers={"Link": '</api/v1/groups/00gabc/users?limit=200>; rel="next"'}) as (stand_in, okta):
        with pytest.raises(Unavailable, match="follows itself"):
            await okta.members("00gabc")
        assert len(stand_in.calls) == 1
    async with connected() as (own, okta):
        own.page_size = 1
        own.set_apps("emma", [f"App {n}" for n in range(60)])
        with pytest.raises(Unavailable, match="more than 50 pages"):
            await okta.applications(EMMA)


async def test_a_next_page_on_another_host_or_of_another_list_is_not_followed() -> None:
    async with canned("[]", headers={"Link": '<http://127.0.0.1:9/api/v1/users/00uravi0000000001h7/groups?after=x>; rel="next"'}) as (_, okta):
        with pytest.raises(Unavailable, match="another list"):
            await okta.groups(EMMA)


async def test_a_phone_number_that_the_sdk_refuses_does_not_hide_the_other_factors() -> None:
    async with connected() as (stand_in, okta):
        stand_in.set_factors("emma", ["sms", "push", "question"], hours_old=2)
        found = await okta.factors(EMMA)
        assert [(one.type, one.provider, one.active) for one in found] == [
            ("sms", "OKTA", True), ("push", "OKTA", True), ("question", "OKTA", True),
        ]  # fmt: skip
        assert all(one.created and one.created < datetime.now(UTC) for one in found)


async def test_factors_of_tomorrow_and_pending_ones_are_listed_as_they_are() -> None:
    body = [{"id": "xyz1", "factorType": "thought", "provider": "BRAIN", "status": "ACTIVE"},
            {"id": "opf1", "factorType": "push", "provider": "OKTA", "status": "PENDING_ACTIVATION", "profile": None}]  # fmt: skip
    async with canned(json.dumps(body)) as (_, okta):
        assert [(one.type, one.active, one.created) for one in await okta.factors(EMMA)] == [("thought", True, None), ("push", False, None)]


async def test_one_role_that_cannot_be_read_makes_the_roles_unknown() -> None:
    async with canned(json.dumps([{"type": "HELP_DESK_ADMIN"}])) as (_, okta):
        assert [role.type for role in await okta.roles(EMMA)] == ["HELP_DESK_ADMIN"]  # no _links, which the SDK demands
    broken_lists: tuple[Any, ...] = ([{"label": "x"}], [None], {"roles": []}, [[]])
    for broken in broken_lists:
        async with canned(json.dumps(broken)) as (_, okta):
            with pytest.raises(Unavailable):
                await okta.roles(EMMA)


async def test_a_group_is_found_by_its_exact_name_or_not_at_all() -> None:
    async with connected() as (stand_in, okta):
        assert (await okta.group_named("IT Service Desk")).id == group_id("IT Service Desk")
        for other in ("it service desk", "IT Service", "IT Service Desk ", "IT Service Desk 2"):
            with pytest.raises(Missing):
                await okta.group_named(other)
        stand_in.group_names["00gtwin0000000001h7"] = "IT Service Desk"
        with pytest.raises(Refused, match="2 groups"):
            await okta.group_named("IT Service Desk")


async def test_the_system_log_is_asked_for_an_end_and_gives_oldest_first() -> None:
    async with connected() as (stand_in, okta):
        since = datetime.now(UTC)
        await okta.reset_password(EMMA)
        stand_in.use_link("emma")
        await okta.reset_password("00uravi0000000001h7")
        kinds = "user.account.update_password", "user.account.reset_password"
        found = await okta.events(EMMA, since, *kinds)
        assert [one.type for one in found] == ["user.account.reset_password", "user.account.update_password"]
        assert [one.actor_id for one in found] == ["0oakeyturnservice1h7", EMMA]
        assert {one.outcome for one in found} == {"SUCCESS"}
        assert len(stand_in.called("GET", "/logs")) == 1
        assert stand_in.calls[-1].query["until"] > stand_in.calls[-1].query["since"]
        assert await okta.events(EMMA, since) == ()


async def test_a_late_system_log_is_empty_and_not_wrong() -> None:
    async with connected() as (stand_in, okta):
        stand_in.log_delay = 60
        await okta.reset_password(EMMA)
        assert await okta.events(EMMA, datetime.now(UTC) - timedelta(minutes=1), "user.account.reset_password") == ()


async def test_a_log_that_ignores_the_question_is_filtered_here() -> None:
    then = "2026-05-18T09:15:00.000Z"
    entries: list[dict[str, Any]] = [
        {"eventType": "user.account.update_password", "published": then, "target": [{"id": EMMA}, None], "client": {"postalCode": 10013}},
        {"eventType": "user.account.update_password", "published": then, "target": None, "actor": None, "outcome": None},
        {"eventType": "user.session.start", "published": then, "target": [{"id": EMMA}]},
        {"eventType": None, "published": None},
        {"eventType": "user.account.update_password", "published": "2020-01-01T00:00:00.000Z", "target": [{"id": EMMA}]},
    ]
    async with canned(json.dumps(entries), headers={"Link": '</api/v1/logs?after=1>; rel="next"'}) as (stand_in, okta):
        found = await okta.events(EMMA, datetime(2026, 1, 1, tzinfo=UTC), "user.account.update_password")
        assert [one.published.isoformat() for one in found] == ["2026-05-18T09:15:00+00:00"]
        assert len(stand_in.calls) == 1
    async with canned(json.dumps([{**entries[0], "published": None}])) as (_, okta):
        with pytest.raises(Unavailable):
            await okta.events(EMMA, datetime(2026, 1, 1, tzinfo=UTC), "user.account.update_password")
