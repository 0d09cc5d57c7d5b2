"""`keyturn demo`: the real process against stand-ins of every system, with nothing to sign up for."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Play every scene, print the table, and end.")] = False,
    scene: Annotated[str, typer.Option("--scene", metavar="NAME", help="Play only this one; a wrong name lists them.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where Keyturn listens in the demo; 0 takes a free port.")] = 8700,
) -> None:
    """Plays scenes through the real process against local stand-ins, then stays up for you to try. No account is needed."""
    import asyncio
    import sys

    from sandbox import demo as stage

    ends = headless or not sys.stdout.isatty()
    code = asyncio.run(stage.run(scene=scene, port=port, stay=not ends))
    raise typer.Exit(code)
