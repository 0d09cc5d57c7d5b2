"""May this account decide? Asked at the click, of the rows and of Okta as they are then; nothing is remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs import rights
from dialogs.errors import Declined
from integrations.base import Account, AccountStatus
from sandbox.world import PEOPLE
from storage.models import Request
from tests.dialogs.conftest import Office


async def refused(office: Office, request: Request, account: Account) -> str:
    """The sentence, or "" when they may."""
    try:
        await rights.may(office.services, request, account, is_admin=rights.is_admin(office.services, account))
    except Declined as no:
        return no.text
    return ""


async def test_the_owner_and_an_administrator(office: Office) -> None:
    request = await office.request()
    assert await refused(office, request, await office.account("priya")) == ""
    assert await refused(office, request, await office.account("sam")) == ""
    assert await refused(office, request, await office.account("ravi")) == rights.NOT_YOURS


async def test_whoever_was_asked_as_well(office: Office) -> None:
    """The backup owner, once they were asked."""
    request = await office.request()
    kept = {**(request.verdict or {}), "also": ["ravi.rao@example.com", "group:IT Service Desk"]}
    request = await office.change(request, verdict=kept)
    for key in ("priya", "ravi", "lena"):
        assert await refused(office, request, await office.account(key)) == ""
    assert await refused(office, request, await office.account("mallory")) == rights.NOT_YOURS


@pytest.mark.parametrize("columns", [
    {"okta_id": PEOPLE["priya"].okta},
    {"target_okta_id": PEOPLE["priya"].okta},
    {"requester": "PRIYA.NAIR@example.com"},
    {"on_behalf": "Priya.Nair@example.com"},
])  # fmt: skip
async def test_a_party_never(office: Office, columns: dict[str, str]) -> None:
    """Under any identity, also as an administrator."""
    request = await office.request(**columns)
    priya = await office.account("priya")
    assert await refused(office, request, priya) == rights.SELF
    with pytest.raises(Declined) as no:
        await rights.may(office.services, request, priya, is_admin=True)
    assert no.value.text == rights.SELF


async def test_another_login_of_a_party(office: Office) -> None:
    request = await office.request(requester="priya@corp.example.com", okta_id="00uother00000000001h7")
    priya = replace(await office.account("priya"), login="Priya@corp.example.com")
    assert await refused(office, request, priya) == rights.SELF


async def test_a_requester_who_is_known_by_chat_only(office: Office) -> None:
    """Row 4, unknown: who asked is looked up at the click, and while it cannot be, nobody decides."""
    unbound = {"okta_id": "", "target_okta_id": "", "requester": PEOPLE["priya"].slack}
    request = await office.request("priya", **unbound)
    assert await refused(office, request, await office.account("priya")) == rights.SELF
    assert await refused(office, request, await office.account("sam")) == ""

    class Silent:
        async def verified(self, who: object) -> object:
            from dialogs.chat import Bind, Bound

            return Bound(Bind.UNKNOWN)

    office.services.people = Silent()  # type: ignore[assignment]  # nothing else is asked of it
    assert await refused(office, request, await office.account("sam")) == rights.NOT_NOW


@pytest.mark.parametrize("status", sorted(AccountStatus))
async def test_the_status_of_the_account(office: Office, status: AccountStatus) -> None:
    able = {AccountStatus.ACTIVE, AccountStatus.PASSWORD_EXPIRED, AccountStatus.RECOVERY}
    priya = replace(await office.account("priya"), status=status)
    assert await refused(office, await office.request(), priya) == ("" if status in able else rights.NOT_YOURS)


@pytest.mark.parametrize("kind", ["500", "429", "malformed", "drop"])
async def test_an_outage_is_no_right(office: Office, kind: str) -> None:
    request = await office.request(owner="group:IT Service Desk")
    lena = await office.account("lena")
    office.stand_in.fail(kind, path="/api/v1/groups")
    assert await refused(office, request, lena) == rights.NOT_NOW
    office.stand_in.heal()
    assert await refused(office, request, lena) == ""
    office.stand_in.remove_group("lena", "IT Service Desk")
    assert await refused(office, request, lena) == rights.NOT_YOURS
