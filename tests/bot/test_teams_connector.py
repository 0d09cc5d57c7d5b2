"""Calls of the connector: limits respected, a message never sent twice, errors by consequence. Against the stand-in over a real socket."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.teams_chat import TeamsChat
from bot.teams_connector import Connector
from bot.teams_faults import message_fault
from bot.teams_login import Login
from cards import notes
from dialogs.chat import Gone, Identity, Shown, Unreachable
from integrations.base import Missing, Refused, Unavailable
from sandbox.botframework import BotFrameworkStandIn
from storage import conversations
from storage.database import open_database

CARD: dict[str, Any] = {"type": "message", "text": "hello"}


@pytest.fixture
async def teams() -> AsyncIterator[BotFrameworkStandIn]:
    async with BotFrameworkStandIn() as stand_in:
        yield stand_in  # type: ignore[misc]  # __aenter__ of the base gives the base


@pytest.fixture
async def connector(teams: BotFrameworkStandIn) -> AsyncIterator[Connector]:
    async with aiohttp.ClientSession() as http:
        yield Connector(http, login(teams, http), lambda address: address.startswith(teams.url))


def login(teams: BotFrameworkStandIn, http: aiohttp.ClientSession, **changes: Any) -> Login:
    async def scope() -> str:
        return f"{teams.signer.issuer}/.default"

    given: dict[str, Any] = {"app_id": teams.tenant.app_id, "password": teams.tenant.password} | changes
    return Login(http, f"{teams.url}/{teams.tenant.id}/oauth2/v2.0/token", scope=scope, **given)


def talk(teams: BotFrameworkStandIn, person: str = "emma") -> str:
    return teams.tenant.open_personal(teams.tenant.find(person)).id


async def test_one_token_serves_many_calls_and_one_connection_is_kept(teams: BotFrameworkStandIn, connector: Connector) -> None:
    sent = ""
    for number in range(5):
        sent = await connector.send(teams.service_url, talk(teams), CARD | {"text": f"hello {number}"})
        await connector.update(teams.service_url, talk(teams), sent, CARD | {"text": f"changed {number}"})
    assert len(teams.called("POST", "/oauth2/v2.0/token")) == 1
    assert [one.text for one in teams.messages("emma")] == [f"changed {number}" for number in range(5)]
    member = await connector.member(teams.service_url, talk(teams), teams.tenant.find("emma").entra)
    assert member["email"] == "emma.clarke@example.com"
    await connector.delete(teams.service_url, talk(teams), sent)
    assert len(teams.messages("emma")) == 4


async def test_a_token_that_ended_is_fetched_anew_before_it_ends(teams: BotFrameworkStandIn, connector: Connector) -> None:
    now = 1000.0
    connector.login.clock = lambda: now
    await connector.send(teams.service_url, talk(teams), CARD)
    now += 3600 - 301
    await connector.send(teams.service_url, talk(teams), CARD)
    assert len(teams.called("POST", "/oauth2/v2.0/token")) == 1
    now += 2
    await connector.send(teams.service_url, talk(teams), CARD)
    assert len(teams.called("POST", "/oauth2/v2.0/token")) == 2


async def test_a_token_that_is_not_taken_is_fetched_anew_once(teams: BotFrameworkStandIn, connector: Connector) -> None:
    await connector.send(teams.service_url, talk(teams), CARD)
    teams.connector.tokens.clear()
    await connector.send(teams.service_url, talk(teams), CARD)
    assert len(teams.called("POST", "/oauth2/v2.0/token")) == 2
    teams.fail("401", path="/v3/")
    with pytest.raises(Refused) as refused:
        await connector.send(teams.service_url, talk(teams), CARD)
    assert refused.value.status == 401
    assert len(teams.called("POST", "/oauth2/v2.0/token")) == 3


async def test_after_429_a_post_waits_as_long_as_it_is_told_and_is_sent_once(teams: BotFrameworkStandIn, connector: Connector) -> None:
    teams.fail("429", path="/activities", times=1)
    began = time.monotonic()
    await connector.send(teams.service_url, talk(teams), CARD)
    assert 1.0 <= time.monotonic() - began < 4
    assert len(teams.messages("emma")) == 1


async def test_limits_that_do_not_pass_become_a_later_try(teams: BotFrameworkStandIn, connector: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.teams_connector.LONGEST_WAIT", 0.5)
    teams.fail("429", path="/activities")
    with pytest.raises(Unavailable) as fault:
        await connector.send(teams.service_url, talk(teams), CARD)
    assert (fault.value.retry_after, fault.value.sent) == (1.0, False)
    assert len(teams.called("POST", "/activities")) == 1


@pytest.mark.parametrize("kind", ["500", "503"])
async def test_a_post_is_not_repeated_after_an_error_of_the_service(teams: BotFrameworkStandIn, connector: Connector, kind: str) -> None:
    """It may have had its effect: a message would stand there twice."""
    teams.fail(kind, path="/activities", times=1, after=True)
    with pytest.raises(Unavailable) as fault:
        await connector.send(teams.service_url, talk(teams), CARD)
    assert fault.value.sent
    assert len(teams.messages("emma")) == 1


async def test_an_edit_is_repeated(teams: BotFrameworkStandIn, connector: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = await connector.send(teams.service_url, talk(teams), CARD)
    teams.fail("503", path="/activities", times=1)
    await connector.update(teams.service_url, talk(teams), sent, CARD | {"text": "changed"})
    assert teams.messages("emma")[0].text == "changed"


@pytest.mark.parametrize(("kind", "sent"), [("drop", True), ("malformed", True)])
async def test_what_cannot_be_read_is_unavailable(teams: BotFrameworkStandIn, connector: Connector, kind: str, sent: bool) -> None:
    await connector.login.token()
    teams.fail(kind, path="/activities")
    with pytest.raises(Unavailable) as fault:
        await connector.send(teams.service_url, talk(teams), CARD)
    assert fault.value.sent is sent


async def test_a_service_that_is_not_there_was_not_reached(teams: BotFrameworkStandIn, connector: Connector) -> None:
    away = Connector(connector.http, connector.login, lambda _: True)
    with pytest.raises(Unavailable) as fault:
        await away.send("http://127.0.0.1:1/", "a:1", CARD)
    assert not fault.value.sent


async def test_tokens_go_to_no_other_host(teams: BotFrameworkStandIn, connector: Connector) -> None:
    with pytest.raises(Refused, match="TEAMS_SERVICE_HOSTS"):
        await connector.send("https://evil.example.com/", "a:1", CARD)
    assert teams.calls == []


async def test_ids_cannot_leave_their_place_in_the_path(teams: BotFrameworkStandIn, connector: Connector) -> None:
    with pytest.raises(Missing):
        await connector.send(teams.service_url, "../../x/a?b#c", CARD)
    assert teams.calls[-1].path == "/teams/v3/conversations/../../x/a?b#c/activities"  # decoded by the server: one segment
    for odd in ("", ".", ".."):
        with pytest.raises(ValueError, match="empty"):
            await connector.send(teams.service_url, odd, CARD)


@pytest.mark.parametrize(
    ("change", "code"), [({"password": "wrong"}, "invalid_client"), ({"app_id": "another"}, "unauthorized_client")]
)
async def test_wrong_credentials_are_refused_by_name(teams: BotFrameworkStandIn, change: dict[str, str], code: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(Refused, match="TEAMS_APP_ID or TEAMS_APP_PASSWORD") as refused:
            await login(teams, http, **change).token()
        assert refused.value.code == code
        assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("kind", ["500", "429", "malformed", "drop"])
async def test_a_sign_in_that_is_down_is_unavailable(teams: BotFrameworkStandIn, kind: str) -> None:
    teams.fail(kind, path="/oauth2/")
    async with aiohttp.ClientSession() as http:
        with pytest.raises(Unavailable):
            await login(teams, http).token()
        teams.heal()
        assert await login(teams, http).token()


@pytest.mark.parametrize(
    ("fault", "edit", "kind"),
    [
        (Missing("Teams", "404"), True, Gone),
        (Missing("Teams", "404"), False, Unreachable),
        (Refused("Teams", "403", status=403), False, Unreachable),
        (Refused("Teams", "400", code="ConversationBlockedByUser", status=400), False, Unreachable),
        (Refused("Teams", "400", code="BadSyntax", status=400), False, Refused),
        (Unavailable("Teams", "503"), True, Unavailable),
    ],
)
def test_faults_are_told_as_the_dialogs_know_them(fault: Any, edit: bool, kind: type[Exception]) -> None:
    assert type(message_fault(fault, edit=edit)) is kind


async def test_people_are_reached_when_the_app_is_installed_for_them(teams: BotFrameworkStandIn, connector: Connector, tmp_path: Any) -> None:
    """Somebody wrote; an approver never did, but an administrator installed the app for them; a third has no app."""
    async with await open_database(f"sqlite://{tmp_path / 'k.db'}", b"an audit key of the tests, long enough"):
        chat = TeamsChat(connector, teams.tenant.app_id)
        tenant = teams.tenant.id
        emma, priya, ravi = (Identity("teams", tenant, teams.tenant.find(key).entra) for key in ("emma", "priya", "ravi"))
        with pytest.raises(Unreachable, match="nobody of this tenant"):
            await chat.post(emma, notes.note("hello"))
        await conversations.remember("teams", tenant, emma.user, service_url=teams.service_url, conversation=talk(teams), account=teams.tenant.find("emma").id)
        at = await chat.post(emma, notes.note("hello Emma"))
        await chat.edit(emma, at, notes.note("changed"))
        assert teams.messages("emma")[0].reading == "changed"

        await teams.install("priya", tell=False)
        await chat.post(priya, notes.note("hello Priya"))
        await chat.post(priya, notes.note("again"))
        assert [one.reading for one in teams.messages("priya")] == ["hello Priya", "again"]
        assert len(teams.called("POST", "/v3/conversations")) - len(teams.called("POST", "/activities")) == 1

        with pytest.raises(Unreachable):
            await chat.post(ravi, notes.note("hello Ravi"))

        teams.tenant.talks[talk(teams)].installed = False
        with pytest.raises(Unreachable):
            await chat.post(emma, notes.note("are you there?"))
        teams.tenant.talks[talk(teams)].installed = True
        await chat.post(emma, notes.note("there you are"))
        with pytest.raises(Gone):
            await chat.edit(emma, Shown(talk(teams), "12345"), notes.note("x"))
        assert await chat.find(emma, "", "key") is None
        await chat.whisper(emma, "19:x", "only you")
        assert teams.messages("emma")[-1].reading == "only you"
        assert teams.tenant.faults == []
