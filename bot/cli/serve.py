"""`keyturn serve`: the production process."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ending import Ending, Exit


def serve(
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Bring the database to this version first.")] = False,
) -> None:
    """Runs Slack, the workers and the health endpoints until SIGTERM or Ctrl+C."""
    import asyncio
    import gc
    import os
    import sys

    from bot import logs, settings

    loaded = settings.load()
    problems = loaded.missing_for_serve()
    if problems:
        raise settings.SettingsProblem(list(problems))
    logs.configure(loaded.log_format, redactor=logs.redactor_for(loaded))
    # Read once: no library should pick a secret up again, and no child process inherit it.
    for name in settings.secret_names():
        os.environ.pop(name, None)

    from bot import app, single
    from storage import database

    async def main() -> None:
        if upgrade:
            await database.upgrade(loaded.database_url)
        stop = asyncio.Event()
        app.stop_on_signals(stop)
        # What was imported until here lives as long as the process: the collector need not look at it again. What a request
        # makes is freed without it, so that looking at every 700 new objects would mostly find nothing.
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        # A commit is made in a thread; under load it would wait 5 ms for its turn, and whoever is to be answered with it.
        sys.setswitchinterval(0.001)
        await app.run(loaded, stop)

    try:
        asyncio.run(main())
    except (app.PortTaken, single.AlreadyServed) as taken:
        raise Ending(str(taken), Exit.FAILED) from None
