"""`keyturn doctor`: every configured system is asked a harmless question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

if TYPE_CHECKING:
    from bot.settings import Settings
    from integrations.base import Health

LONGEST = 30.0
"""Seconds for one system, whatever its client's own bounds."""


def doctor(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    url: Annotated[
        str, typer.Option("--url", metavar="ADDRESS", help="Public https address of the process: asked as Teams would reach it.")
    ] = "",
) -> None:
    """Ask every configured system a harmless question; say what was checked, what failed, why, and the next step.

    Exit code 3 when settings have to change, 5 when the database needs upgrading, 4 when a system is down.
    """
    from bot import logs, settings

    if url and urlsplit(url).scheme != "https":
        raise Ending("--url must be the public https address of the process, such as https://keyturn.example.com.", Exit.USAGE)
    loaded = settings.load()
    logs.configure(loaded.log_format, redactor=logs.redactor_for(loaded))
    found = asyncio.run(examine(loaded, url))
    if json:
        out.as_json({"ok": all(health.ok for health in found), "systems": [asdict(health) for health in found]})
    else:
        for health in found:
            out.say(f"{'ok  ' if health.ok else 'FAIL'}  {health.system}: {health.detail}")
            for line in health.checks if len(health.checks) > 1 or not health.ok else ():
                out.say(f"        checked: {line}")
            if health.advice:
                out.say(f"        next step: {health.advice}")
    raise typer.Exit(code_of(found))


def code_of(found: list[Health]) -> Exit:
    """What a person has to do first decides: settings, then the database, then waiting for a system."""
    kinds = {health.kind for health in found if not health.ok}
    for kind, code in (("settings", Exit.SETTINGS), ("database", Exit.DATABASE), ("down", Exit.DOWN)):
        if kind in kinds:
            return code
    return Exit.FAILED if kinds else Exit.OK


async def examine(settings: Settings, url: str = "") -> list[Health]:
    """All at once; the answers in the order that people read them. Secrets never get into a Health. `url`: see `doctor`."""
    from bot import systems
    from integrations.base import Health

    questions: list[Awaitable[Health]] = [_settings(settings), _database(settings)]
    async with systems.open_session(settings) as session:
        connected = systems.build(settings, session)
        try:
            if settings.slack_on:
                from bot import slack_check

                questions.append(_bounded("Slack", slack_check.health(settings)))
            if settings.teams_on:
                from bot import teams_check

                questions.append(_bounded("Teams", teams_check.health(settings)))
                questions.append(_bounded(teams_check.ENDPOINT, teams_check.endpoint(settings, url)))
            questions += [_bounded(type(system).__name__, system.health()) for system in connected.checked()]
            if connected.policy_source is not None:
                questions.append(_policy(settings))
            questions.append(_model(settings))
            found = list(await asyncio.gather(*questions))
        finally:
            connected.close()
    off = [name for name, on in _switches(settings).items() if not on]
    if off:
        found.append(Health("Not configured", True, f"{', '.join(off)} (off, with what depends on it)"))
    return found


def _switches(s: Settings) -> dict[str, bool]:
    """Name of a system for people -> whether it is configured."""
    return {
        "Slack": s.slack_on,
        "Teams": s.teams_on,
        "Okta": s.okta_on,
        "ServiceNow": s.servicenow_on,
        "Confluence": s.confluence_on,
        "mail": s.smtp_on,
    }


async def _bounded(name: str, question: Awaitable[Health]) -> Health:
    from integrations.base import Health

    try:
        async with asyncio.timeout(LONGEST):
            return await question
    except TimeoutError:
        return Health(name, False, f"no answer within {LONGEST:g} s", "check the network, then try again", kind="down")


async def _settings(settings: Settings) -> Health:
    from integrations.base import Health

    missing = settings.missing_for_serve()
    if missing:
        return Health("Settings", False, " ".join(map(str, missing)), "`keyturn config schema` explains each", kind="settings")
    return Health("Settings", True, f"complete; mode {settings.mode}")


async def _database(settings: Settings) -> Health:
    from integrations.base import Health
    from storage import database
    from storage.problems import DatabaseProblem

    try:
        due = await database.pending(settings.database_url)
    except DatabaseProblem as problem:
        kind = "down" if problem.reason == "unreachable" else "database"
        return Health("Database", False, str(problem), "check KEYTURN_DATABASE_URL" if kind == "down" else "", kind=kind)
    if due:
        detail = f"migrations are due: {', '.join(due)}"
        return Health("Database", False, detail, "run `keyturn db upgrade`; an empty database is made by serve itself", kind="database")
    return Health("Database", True, "reachable and up to date")


async def _policy(settings: Settings) -> Health:
    """Whether the page that the source has now is valid. A source that is down is told by its own line."""
    from agent.policy import PolicyInvalid
    from agent.policy_rules import parse
    from bot import systems
    from integrations.base import Health, SystemFault

    source = systems.policy_source(settings)
    assert source is not None  # noqa: S101 - asked only when there is one
    try:
        policy = parse(await source.fetch(), settings.fallback_owner)
    except PolicyInvalid as invalid:
        rows = "; ".join(map(str, invalid.problems))
        return Health("Policy page", False, rows, "correct the rows; until then the accepted revision stays in force", kind="settings")
    except SystemFault as fault:
        return Health("Policy page", False, f"could not be read ({fault.reason})", "see the line of its source", kind="down")
    finally:
        source.close()
    return Health("Policy page", True, f"valid, revision {policy.revision}, {len(policy.applications)} applications")


async def _model(settings: Settings) -> Health:
    """Whether the model can be built. It is not asked: providers charge for answers."""
    from agent import models
    from integrations.base import Health

    try:
        await asyncio.to_thread(models.build, settings.model)
    except models.ModelUnusable as unusable:
        return Health("Model", False, str(unusable), "set the provider's variables, or KEYTURN_MODEL=offline", kind="settings")
    return Health("Model", True, f"{settings.model} (not asked)" if settings.model != models.OFFLINE else "offline")
