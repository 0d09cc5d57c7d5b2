"""`keyturn audit`: take the audit log out, bring one in, and see whether anybody changed it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import out
from bot.cli.ending import Ending

app = typer.Typer(no_args_is_help=True, help="Export, import and verify the audit log.")


@app.command()
def export(
    csv: Annotated[bool, typer.Option("--csv", help="CSV with the operation's columns instead of JSON lines.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="CSV: leave cells alone that a spreadsheet would run as formulas.")] = False,
) -> None:
    """Write the audit log to standard output: one JSON object a line, with the hash chain; or CSV."""
    from bot import settings
    from storage import exchange

    loaded = settings.load()

    async def work() -> None:
        from bot.cli.opened import database

        async with database(loaded):
            if csv:
                await exchange.audit_csv(raw, out.write)
            else:
                await exchange.audit_jsonl(out.write)

    out.exact()
    asyncio.run(work())


@app.command(name="import")
def bring_in(file: Annotated[Path, typer.Argument(help="A file that `audit export` wrote, CSV or JSON lines.")]) -> None:
    """Append the events of a file to the chain, in file order; they keep their ids. All of them or none."""
    from bot.cli.opened import database, settings_with_key
    from storage import exchange

    loaded = settings_with_key()
    text = read(file)

    async def work() -> int:
        async with database(loaded, create=True):
            return await exchange.import_audit(text)

    count = asyncio.run(work())
    out.say(f"{count} events appended.")


@app.command()
def verify(
    known: Annotated[str, typer.Option(metavar="SEQ:HASH", help="An end noted earlier; finds an older copy that was put back.")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check the hash chain from the first event to the sealed end; names the first bad row. Exit code 1 when broken."""
    from bot.cli.opened import database, settings_with_key
    from storage import audit

    noted = re.fullmatch(r"([0-9]+):([0-9a-f]{64})", known)
    if known and noted is None:
        raise typer.BadParameter("must be a number, a colon and a hash, as `audit verify` prints them", param_hint="--known")
    loaded = settings_with_key()

    async def work() -> audit.Intact | audit.Broken:
        async with database(loaded):
            return await audit.verify(loaded.audit_key.get_secret_value().encode(), (int(noted[1]), noted[2]) if noted else None)

    found = asyncio.run(work())
    if isinstance(found, audit.Intact):
        if json:
            out.as_json({"intact": True, "events": found.count, "last_seq": found.last_seq, "last_hash": found.last_hash})
        else:
            out.say(f"The audit log is intact: {found.count} events. Worth noting elsewhere: {found.last_seq}:{found.last_hash}")
        return
    if json:
        out.as_json({"intact": False, "seq": found.seq, "event_id": found.event_id, "why": found.why})
        raise typer.Exit(1)
    raise Ending(f"The audit log was changed: first bad row {found.event_id or '(none)'} at position {found.seq}: {found.why}.")


def read(file: Path) -> str:
    """A UTF-8 text file as it is, line ends included. Ending with a sentence when it cannot be read."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Ending(f"{file} is not UTF-8 text (byte {error.start}).") from error
