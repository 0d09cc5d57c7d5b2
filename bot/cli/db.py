"""`keyturn db`: the database's revision."""

from __future__ import annotations

import asyncio

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

app = typer.Typer(no_args_is_help=True, help="Look after the database.")


@app.command()
def upgrade() -> None:
    """Bring the database to this version. Safe to run twice, and from two hosts at once."""
    from bot import settings
    from storage import database

    done = asyncio.run(database.upgrade(settings.load().database_url))
    for name in done:
        out.say(f"applied {name}")
    out.say("The database is up to date.")


@app.command()
def check() -> None:
    """Say whether the database fits this version. Exit code 5 when it needs upgrading."""
    from bot import settings
    from storage import database

    due = asyncio.run(database.pending(settings.load().database_url))
    if due:
        raise Ending(f"The database needs upgrading ({', '.join(due)}): run `keyturn db upgrade`.", Exit.DATABASE)
    out.say("The database is up to date.")
