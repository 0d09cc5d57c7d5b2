"""A bot with Teams and Okta over real sockets, put together as the process does it, for the tests of Teams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from agent.triage import Triage
from bot.background import Background
from bot.house import house
from bot.settings import Settings, load
from bot.systems import build, open_session
from bot.teams_wiring import Teams, connect
from dialogs.chat import Identity
from dialogs.desk import Desk
from dialogs.judging import Judge
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from dialogs.work import Worker
from integrations.base import Health
from sandbox import world
from sandbox.botframework import BotFrameworkStandIn
from sandbox.okta import TOKEN, OktaStandIn
from storage import moments, requests, sql
from storage.database import Database, open_database
from storage.models import Request

KEY = "an audit key of the tests, long enough"
ADMIN = world.ADMIN.email


@dataclass
class TeamsHouse:
    teams: BotFrameworkStandIn
    okta: OktaStandIn
    settings: Settings
    wired: Teams
    services: Services
    database: Database

    async def rows(self) -> list[Request]:
        return sorted(await requests.listing(), key=lambda row: row.number)

    async def rows_of(self, person: str) -> list[Request]:
        entra = self.teams.tenant.find(person).entra
        return [row for row in await self.rows() if row.platform_user == entra]

    async def row_when(self, person: str, look: Callable[[Request], bool]) -> Request:
        """Their newest row, once it is like this."""
        for _ in range(250):
            found = await self.rows_of(person)
            if found and look(found[-1]):
                return found[-1]
            await asyncio.sleep(0.02)
        raise TimeoutError(f"no such row of {person}: {[(row.status, row.priority, row.decision) for row in await self.rows_of(person)]}")

    async def idle(self) -> None:
        """Until no work waits that is due now."""
        for _ in range(200):
            due = await sql.rows("SELECT 1 FROM keyturn_jobs WHERE run_at <= ? AND kind <> 'advance'", [moments.write(moments.now())])
            if not due:
                return
            await asyncio.sleep(0.02)
        raise TimeoutError("work still waits")

    def who(self, person: str) -> Identity:
        return Identity("teams", self.teams.tenant.id, self.teams.tenant.find(person).entra)


@asynccontextmanager
async def opened(folder: Path, *, mode: str = "enforce", **env: str) -> AsyncIterator[TeamsHouse]:
    """Everything runs until the end of the block; nothing may have been answered that a client of Teams would drop."""
    (folder / "policy.md").write_text(world.POLICY, encoding="utf-8")
    teams, okta = BotFrameworkStandIn(), OktaStandIn()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(teams)
        await stack.enter_async_context(okta)
        settings = load({
            "KEYTURN_DATABASE_URL": f"sqlite://{folder / 'keyturn.db'}", "KEYTURN_POLICY": f"file:{folder / 'policy.md'}",
            "KEYTURN_AUDIT_KEY": KEY, "KEYTURN_ADMINS": ADMIN, "KEYTURN_FALLBACK_OWNER": world.FALLBACK_OWNER.email,
            "KEYTURN_MODE": mode, "OKTA_CLIENT_ORGURL": okta.url, "OKTA_CLIENT_TOKEN": TOKEN, **teams.environment, **env,
        })  # fmt: skip
        database = await open_database(settings.database_url, KEY.encode())
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(open_session(settings))
        systems = build(settings, session)
        stack.callback(systems.close)
        background = Background()
        wired = await stack.enter_async_context(connect(settings, session, systems, background))
        triage = Triage("offline")
        stack.push_async_callback(triage.close)
        services = Services(
            house=house(settings), directory=systems.directory, desk=None, policy_source=systems.policy_source, post=None,
            people=wired.people, chat=wired.chat, triage=triage,
            first_look=timedelta(milliseconds=50), next_look=timedelta(milliseconds=100),
        )  # fmt: skip
        shelf = PolicyShelf(systems.policy_source, settings.fallback_owner)
        found = await shelf.fetch()
        assert found.revision is not None, found
        await shelf.accept(found.revision.revision, ADMIN, frozenset({ADMIN}))
        desk = Desk(services)

        async def health() -> tuple[Health, ...]:
            return (await wired.health(),)

        wired.listen(services, desk, shelf, health)
        app = web.Application()
        app.router.add_post("/api/messages", wired.endpoint.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        teams.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        worker = asyncio.create_task(Worker(services, desk, Judge(services, shelf)).run())
        stack.push_async_callback(_end, worker)
        stack.push_async_callback(background.drain, 1.0)
        yield TeamsHouse(teams, okta, settings, wired, services, database)
    assert teams.tenant.faults == []


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
