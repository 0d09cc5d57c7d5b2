"""`keyturn demo`: the real process in a company of stand-ins, scenes with a readable transcript, and a table of what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from sandbox import playing
from sandbox.afterwards import record_rows, what_runs
from sandbox.company import Company, NotStarted
from sandbox.playing import Result
from sandbox.scene import Scene
from sandbox.scenes import SCENES, named
from sandbox.transcript import closing_table, console, put, scene_block

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes (interface, section 1); the last is 128 + SIGINT, as shells expect."""


async def run(*, scene: str, port: int, stay: bool) -> int:
    """Plays one scene or all; then, with `stay`, keeps everything up until Ctrl+C. Answers the exit code.

    `scene` "" means all. `port` is where Keyturn listens, 0 takes a free one. Nothing is left behind: the rows, the
    log and the settings live in a temporary folder.
    """
    one = named(scene) if scene else None
    if scene and one is None:
        return _fails(f"There is no scene {scene!r}; there are {', '.join(s.name for s in SCENES)}.", USAGE)
    if port and _taken(port):
        return _fails(f"Port {port} on 127.0.0.1 is in use. Stop what is listening there, or give another one with --port.", FAILED)
    screen = console()
    stop = asyncio.Event()
    with _on_signals(stop), tempfile.TemporaryDirectory(prefix="keyturn-demo-") as folder:
        company = Company(Path(folder), port=port, teams=True)
        try:
            return await _until(stop, _played(company, [one] if one else list(SCENES), screen, stop, stay=stay))
        except NotStarted as why:
            return _fails(f"The demo could not start: {why}", FAILED)
        finally:
            await company.close()


async def _played(company: Company, scenes: list[Scene], screen: Console, stop: asyncio.Event, *, stay: bool) -> int:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await company.open()
    await company.accept_policy()
    await company.start()
    put(
        screen,
        f"Keyturn runs at {company.url}, in enforce mode, with the offline model.\n"
        "Slack, Teams, Okta, ServiceNow, Confluence and mail are stand-ins on this machine; nothing leaves it.\n"
        f"Ready after {loop.time() - began:.1f} s. Playing {len(scenes)} {'scene' if len(scenes) == 1 else 'scenes'}:",
    )

    def shown(result: Result) -> None:
        about = result.scene
        put(screen, scene_block(about.name, about.title, result.transcript, result.got, ok=result.ok, seconds=result.seconds))

    results = await playing.play(scenes, company, shown)
    rows = [(r.scene.name, str(r.scene.expected), r.got, r.ok) for r in results]
    rows += await record_rows(company, results)
    put(screen, closing_table(rows))
    wrong = [name for name, _, _, ok in rows if not ok]
    total = f"{len(rows)} lines in {loop.time() - began:.0f} s"
    put(screen, f"{total}; not as expected: {', '.join(wrong)}" if wrong else f"{total}, all as expected.")
    if wrong:
        put(screen, f"The last words of the process:\n{company.tail()}")
    if stay:
        put(screen, what_runs(company))
        await stop.wait()
        put(screen, "Stopping; nothing is kept.")
    return FAILED if wrong else OK


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, int]) -> int:
    """The result of `work`; INTERRUPTED when `stop` is set before it is done by itself."""
    task = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            # While it only stays up it ends by itself, and its code counts.
            await asyncio.wait({task}, timeout=1.0)
        return task.result() if task.done() else INTERRUPTED
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(stopping, task, return_exceptions=True)


@contextlib.contextmanager
def _on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT, SIGTERM and a closed terminal end the demo in order."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _fails(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
