"""`keyturn requests`: look at requests, move them between installations, withdraw one."""

from __future__ import annotations

import asyncio
import json as json_text
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import out
from bot.cli.ending import Ending

if TYPE_CHECKING:
    from storage.models import AuditEvent, Request

app = typer.Typer(no_args_is_help=True, help="Look at requests, export and import them, withdraw one.")

COLUMNS = ("request_id", "requester", "summary", "target_record", "status", "priority", "decision", "rationale", "created_at", "closed_at")
"""The operation's own, in its order (interface, section 4)."""

BESIDE = ("justification", "owner", "attachments", "ticket", "policy_revision", "rule", "round", "due_at")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


class Status(StrEnum):
    NEW = "New"
    TRIAGING = "Triaging"
    WAITING = "Waiting"
    ESCALATED = "Escalated"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CLOSED = "Closed"


@app.command(name="list")
def listing(
    status: Annotated[Status | None, typer.Option(case_sensitive=False, help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    json: Json = False,
) -> None:
    """List requests, newest first."""
    from bot import settings

    loaded = settings.load()

    async def work() -> list[Request]:
        from bot.cli.opened import database
        from storage import requests

        async with database(loaded):
            return list(await requests.listing(status=status.value if status else None, limit=limit))

    rows = asyncio.run(work())
    if json:
        out.as_json([as_dict(row) for row in rows])
        return
    if not rows:
        out.say("There are no such requests." if status else "There are no requests yet.")
        return
    columns = ("request_id", "status", "priority", "decision", "requester", "target_record", "owner", "created_at")
    out.table(columns, [[_cell(getattr(row, column)) for column in columns] for row in rows])


@app.command()
def show(request_id: Annotated[str, typer.Argument(metavar="ID", help="Such as IT-1048.")], json: Json = False) -> None:
    """Show one request with the agent's output and its audit events. Exit code 1 when there is none."""
    from bot import settings

    loaded = settings.load()

    async def work() -> tuple[Request, list[AuditEvent]]:
        from bot.cli.opened import database
        from storage import audit, requests

        async with database(loaded):
            row = await requests.get(request_id.strip().upper())
            if row is None:
                raise Ending(f"There is no request {request_id}.")
            return row, await audit.of_request(row.request_id)

    row, events = asyncio.run(work())
    if json:
        out.as_json({**as_dict(row), "agent_output": row.agent_output, "audit": [_event(event) for event in events]})
        return
    out.table(("field", "value"), [(name, _cell(value)) for name, value in as_dict(row).items() if value not in ("", None, [])])
    if row.agent_output:
        out.say("\nagent output")
        out.as_json(row.agent_output)
    out.say("\naudit log")
    columns = ("event_id", "created_at", "actor", "event_type", "details")
    out.table(columns, [[_cell(getattr(event, column)) for column in columns] for event in events])


@app.command()
def export(
    csv: Annotated[bool, typer.Option("--csv", help="CSV, which is also what is written without it.")] = True,
    raw: Annotated[bool, typer.Option("--raw", help="Leave cells alone that a spreadsheet would run as formulas.")] = False,
) -> None:
    """Write all requests to standard output as CSV with the operation's columns."""
    from bot import settings
    from storage import exchange

    loaded = settings.load()

    async def work() -> None:
        from bot.cli.opened import database

        async with database(loaded):
            await exchange.requests_csv(raw, out.write)

    del csv  # the only format there is; the option says so in scripts
    out.exact()
    asyncio.run(work())


@app.command(name="import")
def bring_in(file: Annotated[Path, typer.Argument(help="A CSV file with the operation's columns.")]) -> None:
    """Add the requests of a CSV file, all of them or none. Imported requests never start work."""
    from bot.cli.audit import read
    from bot.cli.opened import database, settings_with_key
    from storage import exchange

    loaded = settings_with_key()
    text = read(file)

    async def work() -> int:
        async with database(loaded, create=True):
            return await exchange.import_requests(text)

    out.say(f"{asyncio.run(work())} requests imported.")


@app.command()
def cancel(
    request_id: Annotated[str, typer.Argument(metavar="ID", help="Such as IT-1048.")],
    by: Annotated[str, typer.Option(metavar="E-MAIL", help="Who does this; an administrator.")],
    reason: Annotated[str, typer.Option(help="Why; goes on the record.")],
) -> None:
    """Withdraw a request that nobody has decided, in the name of an administrator."""
    from bot.cli.opened import database, settings_with_key

    loaded = settings_with_key()
    require_admin(by, loaded.admins)
    if not reason.strip():
        raise Ending("Give a reason: it goes on the record.")

    async def work() -> Request:
        from dialogs import operator

        async with database(loaded):
            return await operator.cancel(request_id.strip().upper(), by.strip().lower(), reason.strip())

    row = asyncio.run(work())
    out.say(f"{row.request_id} is {row.status} ({row.decision}).")


def require_admin(by: str, admins: tuple[str, ...]) -> None:
    """Ending when `by` is not one of KEYTURN_ADMINS: operator verbs are done in a person's name."""
    if by.strip().lower() not in admins:
        raise Ending(f"{by} is not in KEYTURN_ADMINS, so this can't be done in that name.")


def as_dict(row: Request) -> dict[str, Any]:
    """A request's public columns: the operation's ten, then what stands beside them."""
    return {column: _plain(getattr(row, column)) for column in COLUMNS + BESIDE}


def _event(event: AuditEvent) -> dict[str, Any]:
    kept = {column: _plain(getattr(event, column)) for column in ("event_id", "actor", "event_type", "created_at")}
    return {**kept, "details": _read(event.details)}


def _plain(value: Any) -> Any:
    from datetime import datetime

    from storage import moments

    return moments.write(value) if isinstance(value, datetime) else value


def _cell(value: Any) -> str:
    kept = _plain(value)
    return "" if kept is None else kept if isinstance(kept, str) else json_text.dumps(kept, ensure_ascii=False)


def _read(details: str) -> Any:
    """An event's details as JSON; imported text that is none stays text."""
    try:
        return json_text.loads(details)
    except ValueError:
        return details
