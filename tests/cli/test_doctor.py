"""`doctor` and `policy explain` against stand-ins over real sockets: what is well, what is down, what is set wrongly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import settings, teams_check
from bot.cli.doctor import code_of, examine
from bot.cli.ending import Exit
from sandbox import world
from sandbox.botframework import BotFrameworkStandIn
from sandbox.confluence import POLICY_PAGE_ID, SPACE, ConfluenceStandIn
from sandbox.mail import MailStandIn
from sandbox.okta import TOKEN, OktaStandIn
from sandbox.servicenow import ServiceNowStandIn
from sandbox.slack import SlackStandIn
from storage import database
from tests.cli.conftest import Run


@dataclass
class Company:
    """Every system of a small company, and the settings that lead there."""

    slack: SlackStandIn
    okta: OktaStandIn
    servicenow: ServiceNowStandIn
    confluence: ConfluenceStandIn
    mail: MailStandIn
    env: dict[str, str]

    async def examined(self, **changes: str) -> dict[str, Any]:
        """system -> Health, with `code` beside."""
        found = await examine(settings.load(self.env | changes))
        told = json.dumps([str(health) for health in found])
        for secret in settings.load(self.env | changes).secrets():
            assert secret not in told
        return {health.system: health for health in found} | {"code": code_of(found)}


@pytest.fixture
async def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    monkeypatch.chdir(tmp_path)
    slack, okta, servicenow, confluence, mail = SlackStandIn(), OktaStandIn(), ServiceNowStandIn(), ConfluenceStandIn(), MailStandIn()
    async with AsyncExitStack() as stack:
        for stand_in in (slack, okta, servicenow, confluence, mail):
            await stand_in.start()
            stack.push_async_callback(stand_in.stop)
        env = {
            "KEYTURN_AUDIT_KEY": "an-audit-key-that-is-long-enough", "KEYTURN_ADMINS": world.ADMIN.email,
            "KEYTURN_FALLBACK_OWNER": world.FALLBACK_OWNER.email, "KEYTURN_POLICY": "confluence", "KEYTURN_MODE": "enforce",
            "SLACK_BOT_TOKEN": slack.ws.bot_token, "SLACK_APP_TOKEN": slack.ws.app_token, "SLACK_API_URL": f"{slack.url}/api/",
            "OKTA_CLIENT_ORGURL": okta.url, "OKTA_CLIENT_TOKEN": TOKEN,
            "SERVICENOW_URL": servicenow.url, "SERVICENOW_USER": servicenow.user, "SERVICENOW_PASSWORD": servicenow.password,
            "CONFLUENCE_URL": confluence.base, "CONFLUENCE_USER": confluence.user, "CONFLUENCE_API_TOKEN": confluence.token,
            "CONFLUENCE_POLICY_PAGE_ID": POLICY_PAGE_ID, "CONFLUENCE_SPACE": SPACE,
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mail.smtp_port), "SMTP_TLS": "none", "SMTP_FROM": "keyturn@example.com",
            "SMTP_USERNAME": mail.username, "SMTP_PASSWORD": mail.password,
        }  # fmt: skip
        await database.upgrade(settings.load(env).database_url)
        yield Company(slack, okta, servicenow, confluence, mail, env)


async def test_everything_is_well(company: Company) -> None:
    found = await company.examined()
    assert [name for name, health in found.items() if name != "code" and not health.ok] == []
    assert found["code"] == Exit.OK
    assert found["Not configured"].detail.startswith("Teams")
    assert found.keys() >= {"Settings", "Database", "Slack", "Okta", "ServiceNow", "Confluence", "Mail", "Policy page", "Model"}


async def test_doctor_changes_nothing_outside(company: Company) -> None:
    await company.examined()
    assert company.mail.messages == []
    for stand_in in (company.okta, company.servicenow, company.confluence):
        assert {call.method for call in stand_in.calls} <= {"GET"}
    assert {call.path.rpartition("/")[2] for call in company.slack.calls} == {"auth.test", "apps.connections.open"}


WRONG = [
    ("Slack", {"SLACK_BOT_TOKEN": "xoxb-wrong-canary"}),
    ("Slack", {"SLACK_APP_TOKEN": "xapp-wrong-canary"}),
    ("Slack", {"SLACK_TEAM_IDS": "T0SOMEBODY"}),
    ("Okta", {"OKTA_CLIENT_TOKEN": "00wrong-canary"}),
    ("ServiceNow", {"SERVICENOW_PASSWORD": "wrong-canary"}),
    ("ServiceNow", {"SERVICENOW_ASSIGNMENT_GROUP": "No such group"}),
    ("Confluence", {"CONFLUENCE_API_TOKEN": "wrong-canary"}),
    ("Confluence", {"CONFLUENCE_POLICY_PAGE_ID": "99"}),
    ("Mail", {"SMTP_PASSWORD": "wrong-canary"}),
    ("Model", {"KEYTURN_MODEL": "nobody:nothing"}),
]


@pytest.mark.parametrize(("system", "change"), WRONG, ids=lambda value: "" if isinstance(value, str) else next(iter(value)))
async def test_what_is_set_wrongly_is_told_from_what_is_down(company: Company, system: str, change: dict[str, str]) -> None:
    found = await company.examined(**change)
    assert not found[system].ok
    assert found[system].kind == "settings"
    assert found[system].advice
    assert found["code"] == Exit.SETTINGS


@pytest.mark.parametrize("system", ["slack", "okta", "servicenow", "confluence", "mail"])
async def test_a_system_that_is_down(company: Company, system: str) -> None:
    await getattr(company, system).stop()
    found = await company.examined()
    name = {"slack": "Slack", "okta": "Okta", "servicenow": "ServiceNow", "confluence": "Confluence", "mail": "Mail"}[system]
    assert not found[name].ok
    assert found[name].kind == "down"
    assert found["code"] == Exit.DOWN


@pytest.mark.parametrize("kind", ["malformed", "500", "429", "drop"])
async def test_slack_that_answers_badly_is_down(company: Company, kind: str) -> None:
    company.slack.fail(kind)
    found = await company.examined()
    assert (found["Slack"].ok, found["Slack"].kind) == (False, "down")


async def test_a_database_that_needs_upgrading_decides_the_exit_code(company: Company) -> None:
    found = await company.examined(KEYTURN_DATABASE_URL="sqlite://other.db")
    assert not found["Database"].ok
    assert found["code"] == Exit.DATABASE


async def test_an_invalid_policy_page_is_told_with_its_row(company: Company) -> None:
    await company.confluence.act("edit", {"id": POLICY_PAGE_ID, "markdown": world.POLICY.replace("| Standard |", "| Normal |", 1)})
    found = await company.examined()
    assert not found["Policy page"].ok
    assert "Normal" in found["Policy page"].detail


async def test_explain_says_verdict_rule_and_why_and_only_reads(company: Company, run: Run) -> None:
    """A verb runs its own event loop, so it runs in a thread here, as it would in another process."""
    emma, ravi = world.PEOPLE["emma"].email, world.PEOPLE["ravi"].email

    async def explained(target: str) -> dict[str, Any]:
        ended = await asyncio.to_thread(
            run, "policy", "explain", "--requester", emma, "--target", target, "--app", "Payroll", "--json", **company.env
        )
        assert ended.code == 0, ended.err
        told: dict[str, Any] = json.loads(ended.out)
        return told

    accepted = await asyncio.to_thread(run, "policy", "accept", "--by", world.ADMIN.email, "--yes", **company.env)
    assert accepted.code == 0, accepted.err
    before = len(company.okta.calls)
    own = await explained(emma)
    assert (own["verdict"]["outcome"], own["verdict"]["rule"]) == ("check", "14")
    assert own["facts"]["app_label"] == "Payroll"
    someone = await explained(ravi)
    assert someone["verdict"]["rule"] in ("6", "6b")
    assert someone["verdict"]["outcome"] == "reject"
    assert {call.method for call in company.okta.calls[before:]} == {"GET"}


async def test_teams_and_its_endpoint(company: Company, unused_tcp_port: int) -> None:
    """What can be known is asked; what cannot is said to be unknown, and is no failure."""
    teams = BotFrameworkStandIn()
    answers = [401, 404]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=answers.pop(0))

    async with teams:
        on = {**teams.environment, "KEYTURN_PORT": str(unused_tcp_port)}
        found = await company.examined(**on)
        assert found["Teams"].ok and found["Teams endpoint"].ok and "cannot be seen from here" in found["Teams endpoint"].detail
        wrong = await company.examined(**on | {"TEAMS_APP_PASSWORD": "not-the-password-of-it"})
        assert not wrong["Teams"].ok and wrong["Teams"].kind == "settings" and wrong["Teams"].advice
        app = web.Application()
        app.router.add_post("/api/messages", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
            found = await company.examined(**on)
            assert "refuses what is not signed" in found["Teams endpoint"].detail
            found = await company.examined(**on)
            assert not found["Teams endpoint"].ok and "answers 404" in found["Teams endpoint"].detail
        finally:
            await runner.cleanup()
        nobody = await teams_check.endpoint(settings.load(company.env | on), f"https://127.0.0.1:{unused_tcp_port}")
        assert not nobody.ok and nobody.kind == "down"
