"""Whole resets, from the submission to the resolved ticket and the mail, against a script that only makes the calls.

The offline model reads, pushes are approved at once, many requests are in flight: what is left is work, and CPU a reset
is the figure that a busy machine does not blur. Keyturn and the script take turns in the same world.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare_resets import CALLS
from benchmarks.figures import Figure, ratios
from benchmarks.processes import LOAD_CORE, Broken, Process, plain_environment, running

RATE = 400.0
"""Submissions a second until all are in: far more than can be worked off."""
PATIENCE = 300.0
LATER = ("follow",)
"""Jobs that are due minutes later by design: whether the link was used."""


@dataclass(frozen=True)
class Size:
    """`people` reset by each side in each turn, `warm_up` before anything is counted."""

    turns: int = 4
    people: int = 150
    warm_up: int = 20


FULL = Size()
QUICK = Size(turns=1, people=30)


def measure(size: Size) -> list[Figure]:
    used: dict[str, list[float]] = {"ours": [], "bare": []}
    speed: dict[str, list[float]] = {"ours": [], "bare": []}
    people = 2 * (size.warm_up + size.turns * size.people)
    plain = plain_environment()
    with tempfile.TemporaryDirectory(prefix="keyturn-bench-") as name:
        folder = Path(name)
        arguments = ("-m", "benchmarks.outside", name, str(people), str(people))
        with running(*arguments, environment=plain, folder=folder, core=LOAD_CORE, talks=True) as outside:
            told = outside.hear()
            settings = told["environment"]
            outside.ask(do="accept")
            url = f"http://127.0.0.1:{told['port']}/slack/events"
            with (
                running("-m", "bot", "serve", environment=settings, folder=folder) as keyturn,
                running("-m", "benchmarks.bare_resets", environment=settings, folder=folder, talks=True) as bare,
                running("-m", "benchmarks.load", environment=plain, folder=folder, core=LOAD_CORE, talks=True) as load,
            ):
                keyturn.ready(told["port"])
                bare.hear()
                first = 0
                for turn in range(-1, size.turns):
                    count = size.warm_up if turn < 0 else size.people
                    bodies = folder / "submissions"
                    outside.ask(do="open", first=first, last=first + count, file=str(bodies))
                    begun = bare.cpu()
                    seconds = bare.ask(first=first + count, last=first + 2 * count)["seconds"]
                    bare_cpu = bare.cpu() - begun
                    begun, at = keyturn.cpu(), time.perf_counter()
                    load.ask(url=url, secret=settings["SLACK_SIGNING_SECRET"], rate=RATE, bodies=str(bodies))
                    _worked_off(folder / "keyturn.db", (first // 2) + count, keyturn)
                    took, ours_cpu = time.perf_counter() - at, keyturn.cpu() - begun
                    first += 2 * count
                    if turn >= 0:
                        used["ours"].append(ours_cpu * 1000 / count)
                        used["bare"].append(bare_cpu * 1000 / count)
                        speed["ours"].append(count / took)
                        speed["bare"].append(count / seconds)
                found = outside.ask(do="count")
                if found["links"] != first or found["resolved"] != first or found["mails"] != first or found["faults"]:
                    raise Broken(f"not everything was done: {found}")
    return [
        Figure("CPU of a reset, ours to the bare calls", "x", ratios(used["ours"], used["bare"]), 2.5),
        Figure("CPU of a reset", "ms", tuple(used["ours"])),
        Figure("CPU of the bare calls", "ms", tuple(used["bare"])),
        Figure("resets a second, bare calls to ours", "x", ratios(speed["bare"], speed["ours"]), 2.5),
        Figure("resets a second", "/s", tuple(speed["ours"]), note="one process, one core"),
        Figure("bare calls, resets a second", "/s", tuple(speed["bare"])),
    ]


def _worked_off(database: Path, requests: int, keyturn: Process) -> None:
    """Waits until so many requests are Completed and no job is left that is due now."""
    kinds = ", ".join("?" * len(LATER))
    until = time.perf_counter() + PATIENCE
    done = jobs = -1
    while time.perf_counter() < until:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
            done = file.execute("SELECT COUNT(*) FROM password_reset_requests WHERE status = 'Completed'").fetchone()[0]
            jobs = file.execute(f"SELECT COUNT(*) FROM keyturn_jobs WHERE kind NOT IN ({kinds})", LATER).fetchone()[0]
        if done == requests and not jobs:
            return
        time.sleep(0.1)
    raise Broken(f"after {PATIENCE:.0f} s {done} of {requests} requests are Completed, {jobs} jobs are left; {keyturn.tail()}")


def explained() -> str:
    """The fixed list of the script's calls."""
    return "Calls of the bare script, for each reset: " + "; ".join(f"{system}: {what}" for system, what in CALLS) + "."
