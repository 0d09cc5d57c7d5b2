"""Plays scenes, a few at a time: two of them share nobody, and one that breaks a system for everybody has the house for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sandbox.company import Company
from sandbox.ledger import GLANCE, Record
from sandbox.scene import Outcome, Scene
from sandbox.stage import Stage
from sandbox.transcript import Transcript

LANES = 5
LONGEST = 90.0
"""Seconds for one scene."""


@dataclass(frozen=True, slots=True)
class Result:
    scene: Scene
    got: str
    ok: bool
    seconds: float
    transcript: Transcript
    resets: int
    requests: int


async def play(scenes: Sequence[Scene], company: Company, shown: Callable[[Result], None]) -> list[Result]:
    """Results in the order of `scenes`; `shown` gets each as soon as its scene is over."""
    record = Record(company)
    waiting, running = list(scenes), dict[asyncio.Task[Result], Stage]()
    results: dict[str, Result] = {}
    try:
        while waiting or running:
            while (scene := _next(waiting, list(running.values()))) is not None:
                waiting.remove(scene)
                again = bool(set(scene.cast) & {key for later in waiting for key in later.cast})
                stage = Stage(company, record, scene)
                running[asyncio.create_task(one(stage, again=again))] = stage
            # A scene that has the house for itself may give it back before its end.
            patience = GLANCE if any(stage.alone for stage in running.values()) else None
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED, timeout=patience)
            for task in done:
                del running[task]
                result = task.result()
                results[result.scene.name] = result
                shown(result)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return [results[scene.name] for scene in scenes]


def _next(waiting: Sequence[Scene], running: Sequence[Stage]) -> Scene | None:
    """The first scene that may start beside those that run. Nothing overtakes one that waits for the house."""
    if any(stage.alone for stage in running) or len(running) >= LANES:
        return None
    busy = {key for stage in running for key in stage.scene.cast}
    for scene in waiting:
        if scene.alone:
            return None if running else scene
        if not busy & set(scene.cast):
            return scene
    return None


async def one(stage: Stage, *, again: bool) -> Result:
    """One scene, whatever happens in it: an exception is its ending, and goes into its transcript.

    `again`: somebody of its cast plays later too, so that what is left open is withdrawn.
    """
    loop = asyncio.get_running_loop()
    began, scene, stopped = loop.time(), stage.scene, ""
    got = Outcome()
    stage.begins()
    try:
        async with asyncio.timeout(LONGEST):
            await scene.play(stage)
            got = await stage.ledger.settle(replace(scene.expected, also=()))
    except Exception as error:  # noqa: BLE001 - a scene that breaks is a result like any other; it is shown and counted
        stopped = str(error) if isinstance(error, TimeoutError | LookupError) and str(error) else f"{type(error).__name__}: {error}"
        stage.told.add("wrong", "stopped", stopped)
        stage.record.claimed |= {row["request_id"] for row in await stage.ledger.look()}
        got = stage.ledger.outcome()
    finally:
        await stage.close()
    if again:
        await stage.withdraws()
    got = replace(got, also=tuple(stage.also))
    said = f"{got}; stopped: {stopped[:120]}" if stopped else str(got)
    return Result(scene, said, not stopped and got == scene.expected, loop.time() - began, stage.told, got.resets, len(got.rows))
