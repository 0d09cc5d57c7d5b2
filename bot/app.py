"""Composition root: open, wire, resume, serve, close. The one place where clients, rows and people meet."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from agent.triage import Triage
from bot import clockwork
from bot.background import Background
from bot.chats import Chats, Everyone
from bot.house import house
from bot.http import Front
from bot.settings import Problem, Settings, SettingsProblem
from bot.single import alone
from bot.systems import Systems, build, open_session
from dialogs.desk import Desk
from dialogs.judging import Judge
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from dialogs.work import Worker
from storage import jobs
from storage.database import Database, open_database

if TYPE_CHECKING:
    from bot.slack_wiring import Slack
    from bot.teams_wiring import Teams

log = structlog.get_logger(__name__)
DRAIN_SECONDS = 10.0


class PortTaken(Exception):
    """The port of KEYTURN_PORT cannot be listened on."""


@dataclass
class Keyturn:
    """The running process. `port` is where it listens."""

    settings: Settings
    database: Database
    systems: Systems
    platforms: tuple[Slack | Teams, ...]
    services: Services
    shelf: PolicyShelf
    worker: Worker
    port: int = 0

    async def ready(self) -> tuple[str, ...]:
        missing = []
        if not await self.database.alive():
            missing.append("database")
        if not self.worker.alive:
            missing.append("workers")
        return tuple(missing)


async def run(settings: Settings, stop: asyncio.Event, *, started: asyncio.Future[Keyturn] | None = None) -> None:
    """Serves until `stop` is set, then drains and closes within 15 s.

    Raises SettingsProblem, DatabaseProblem, PortTaken before it serves; nothing afterwards.
    """
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database_url, settings.audit_key.get_secret_value().encode())
        stack.push_async_callback(database.close)
        if not database.sealed:
            sentence = "KEYTURN_AUDIT_KEY is not the key that this database's audit log is sealed with; set the one it was made with."
            raise SettingsProblem([Problem("KEYTURN_AUDIT_KEY", sentence)])
        if await stack.enter_async_context(alone(settings.database_url)):
            # What a killed process held is free at once.
            await jobs.release_all()
        session = await stack.enter_async_context(open_session(settings))
        systems = build(settings, session)
        stack.callback(systems.close)
        background = Background()
        platforms = await _platforms(stack, settings, systems, background)
        triage = Triage(settings.model)
        stack.push_async_callback(triage.close)
        services = Services(
            house=house(settings),
            directory=systems.directory,
            desk=systems.desk,
            policy_source=systems.policy_source,
            post=systems.post,
            people=Everyone({p.name: p.people for p in platforms}),
            chat=Chats({p.name: p.chat for p in platforms}),
            triage=triage,
        )
        shelf = PolicyShelf(systems.policy_source, settings.fallback_owner)
        desk = Desk(services)
        worker = Worker(services, desk, Judge(services, shelf))
        keyturn = Keyturn(settings, database, systems, platforms, services, shelf, worker)
        doors = {p.path: p.endpoint.handle for p in platforms if p.endpoint is not None}
        front = Front(keyturn.ready, lambda: (*systems.checked(), *platforms), doors)
        for platform in platforms:
            platform.listen(services, desk, shelf, front.health)
        keyturn.port = await _listen(stack, front.application(), settings)
        stack.push_async_callback(background.drain, 3.0)
        workers = [asyncio.create_task(worker.run(), name="worker")]
        stack.push_async_callback(_end, workers)
        others = [
            asyncio.create_task(clockwork.watch_policy(shelf), name="policy"),
            asyncio.create_task(clockwork.sweep(services), name="sweep"),
            asyncio.create_task(triage.warm(), name="warm"),
            *(asyncio.create_task(p.stay_connected(), name=p.name) for p in platforms),
        ]
        stack.push_async_callback(_end, others)
        log.info("ready", host=settings.host, port=keyturn.port, mode=settings.mode, model=settings.model, schema=database.schema)
        if started is not None:
            started.set_result(keyturn)
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({stopping, *workers}, return_when=asyncio.FIRST_COMPLETED)
        if stopping not in done:
            stopping.cancel()
            for task in done:
                task.result()
        log.info("stopping")


async def _platforms(stack: AsyncExitStack, settings: Settings, systems: Systems, background: Background) -> tuple[Slack | Teams, ...]:
    """The chat platforms that are configured. Each one's SDK is imported here, and only then."""
    platforms: list[Slack | Teams] = []
    if settings.slack_on:
        from bot import slack_wiring

        platforms.append(await stack.enter_async_context(slack_wiring.connect(settings, systems, background)))
    if settings.teams_on:
        from bot import teams_wiring

        platforms.append(await stack.enter_async_context(teams_wiring.connect(settings, None, systems, background)))
    return tuple(platforms)


async def _listen(stack: AsyncExitStack, app: web.Application, settings: Settings) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=3.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise PortTaken(
            f"Port {settings.port} on {settings.host} cannot be used ({os.strerror(error.errno).lower() if error.errno else error}). "
            "Stop what is listening there, or set KEYTURN_PORT to another one."
        ) from error
    return int(runner.addresses[0][1])


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await asyncio.gather(*tasks, return_exceptions=True)


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT end the process in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
