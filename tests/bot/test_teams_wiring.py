"""How Teams is put together: unauthenticated on this machine only, health without secrets, botbuilder only where it is on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import SettingsProblem, load
from bot.teams_check import health
from bot.teams_wiring import unauthenticated
from sandbox.botframework import BotFrameworkStandIn
from tests.bot.teams_house import opened

ROOT = Path(__file__).resolve().parents[2]
LOCAL = {
    "TEAMS_APP_ID": "app", "TEAMS_TENANT_IDS": "tenant", "TEAMS_LOGIN_URL": "http://127.0.0.1:9", "TEAMS_SERVICE_HOSTS": "127.0.0.1",
    "TEAMS_OPENID_METADATA_URL": "http://127.0.0.1:9/keys",
}  # fmt: skip


def test_without_a_password_nothing_is_checked_and_only_on_this_machine() -> None:
    assert unauthenticated(load(LOCAL))
    assert not unauthenticated(load(LOCAL | {"TEAMS_APP_PASSWORD": "secret"}))
    for away in (
        {"KEYTURN_HOST": "0.0.0.0"},
        {"TEAMS_SERVICE_HOSTS": "127.0.0.1,smba.trafficmanager.net"},
        {"TEAMS_LOGIN_URL": "https://login.example.com"},
        {"TEAMS_OPENID_METADATA_URL": "https://login.example.com/keys"},
    ):
        with pytest.raises(SettingsProblem, match="TEAMS_APP_PASSWORD"):
            load(LOCAL | away)


async def test_a_local_playground_may_speak_without_a_token(tmp_path: Path) -> None:
    async with opened(tmp_path, TEAMS_APP_PASSWORD="") as house:
        account = house.teams.tenant.find("emma")
        talk = house.teams.tenant.open_personal(account)
        said = house.teams.courier.activity("message", account, talk, text="my VPN password is gone")
        assert (await house.teams.courier.deliver(said, token="")).status == 200
        assert len(await house.rows()) <= 1
        foreign = said | {"id": "2", "channelData": {"tenant": {"id": "other"}}}
        assert (await house.teams.courier.deliver(foreign, token="")).status == 403
        assert (await house.teams.courier.deliver(said | {"id": "3", "serviceUrl": "https://evil.example.com/"}, token="")).status == 403


async def test_health_says_what_is_wrong_and_never_a_secret() -> None:
    async with BotFrameworkStandIn() as teams:
        assert isinstance(teams, BotFrameworkStandIn)
        good = await health(load(teams.environment))
        assert (good.ok, good.checks) == (True, ("the credentials are accepted", "the Bot Framework's keys are there"))
        wrong = await health(load(teams.environment | {"TEAMS_APP_PASSWORD": "S3cret-canary"}))
        assert (wrong.ok, wrong.kind) == (False, "settings")
        assert "S3cret-canary" not in str(wrong)
        teams.fail("500", path="/oauth2/")
        down = await health(load(teams.environment))
        assert (down.ok, down.kind) == (False, "down")


def test_nothing_of_botbuilder_is_imported_before_teams_is_wired() -> None:
    told = "import sys, bot.app, bot.teams_check, bot.cli.main; print([m for m in sys.modules if m.split('.')[0] in ('botbuilder', 'botframework', 'msrest')])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []
