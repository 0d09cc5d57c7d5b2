"""From the receipt of a submission to its acknowledgement, with the row committed in between.

Latency: the whole process, its worker busy with what comes in; a bare Bolt app gets the same load before and after.
CPU: the same process with its worker at rest, so that the work on requests is not counted, in turns with the bare app.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, percentile, ratios
from benchmarks.processes import LOAD_CORE, Broken, Process, free_port, plain_environment, running

RATE = 100.0
"""Submissions a second."""


@dataclass(frozen=True)
class Size:
    """`people` of one latency pass (30 s at full size); `slice` of one turn of the CPU pass, of which there are `turns`;
    `warm_up`: submissions of other people before anything is counted."""

    rounds: int = 3
    people: int = 3000
    slice: int = 400
    turns: int = 4
    warm_up: int = 60


FULL = Size()
QUICK = Size(rounds=1, people=300, slice=150, turns=2, warm_up=30)


@dataclass
class Scene:
    """One Keyturn in its world, bare Bolt apps beside it, and the load generator."""

    folder: Path
    outside: Process
    keyturn: Process
    bare: Process
    bare_before: Process
    load: Process
    secret: str
    ports: dict[int, int]
    _files: int = 0

    def opened(self, first: int, last: int) -> Path:
        """These people open the form; the file of their submissions."""
        self._files += 1
        file = self.folder / f"submissions-{self._files}"
        self.outside.ask(do="open", first=first, last=last, file=str(file))
        return file

    def fire(self, at: Process, bodies: Path, rate: float = RATE) -> dict[str, Any]:
        """Sends these submissions to `at`. Broken unless each is answered with 200."""
        url = f"http://127.0.0.1:{self.ports[at.pid]}/slack/events"
        told = self.load.ask(url=url, secret=self.secret, rate=rate, bodies=str(bodies))
        if set(told["statuses"]) != {"200"}:
            raise Broken(f"not every submission was answered with 200: {told['statuses']}; {at.tail()}")
        return told

    def committed(self) -> int:
        """Rows of requests in the database file."""
        with closing(sqlite3.connect(f"file:{self.folder / 'keyturn.db'}?mode=ro", uri=True)) as file:
            return int(file.execute("SELECT COUNT(*) FROM password_reset_requests").fetchone()[0])


@contextmanager
def scene(people: int, warm_up: int, *, resting: bool = False) -> Iterator[Scene]:
    """Everything up and warm; the first `warm_up` of the people have sent theirs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-bench-")))
        plain = plain_environment()
        arguments = ("-m", "benchmarks.outside", str(folder), str(people), "0")
        outside = stack.enter_context(running(*arguments, environment=plain, folder=folder, core=LOAD_CORE, talks=True))
        told = outside.hear()
        settings = told["environment"]
        outside.ask(do="accept")
        serve = ("-m", "benchmarks.resting") if resting else ("-m", "bot", "serve")
        keyturn = stack.enter_context(running(*serve, environment=settings, folder=folder))
        keyturn.ready(told["port"])
        ports = {keyturn.pid: told["port"]}
        bares = []
        for options in ((), ("before",)):
            port = free_port()
            bare = stack.enter_context(
                running("-m", "benchmarks.bare_bolt", str(port), *options, environment={**plain, **settings}, folder=folder)
            )
            bare.ready(port)
            ports[bare.pid] = port
            bares.append(bare)
        load = stack.enter_context(running("-m", "benchmarks.load", environment=plain, folder=folder, core=LOAD_CORE, talks=True))
        made = Scene(folder, outside, keyturn, bares[0], bares[1], load, settings["SLACK_SIGNING_SECRET"], ports)
        first = made.opened(0, warm_up)
        for server in (keyturn, *bares):
            made.fire(server, first)
        yield made


def latency(size: Size) -> dict[str, list[float]]:
    """Milliseconds by round, percentiles of each; the bare app's of before and after ours together."""
    found: dict[str, list[float]] = {name: [] for name in ("ours p50", "ours p99", "bare p50", "bare p99", "before p50", "late", "left")}
    for _ in range(size.rounds):
        everybody = size.warm_up + size.people
        with scene(everybody, size.warm_up) as made:
            bodies = made.opened(size.warm_up, everybody)
            few = _first(bodies, max(100, size.people // 3))
            bare = made.fire(made.bare, few)["ms"]
            before = made.fire(made.bare_before, few)["ms"]
            told = made.fire(made.keyturn, bodies)
            if made.committed() != everybody:
                raise Broken("acknowledged submissions have no row")
            left = made.outside.ask(do="count")["links"]
            bare += made.fire(made.bare, few)["ms"]
        found["ours p50"].append(percentile(told["ms"], 0.50))
        found["ours p99"].append(percentile(told["ms"], 0.99))
        found["bare p50"].append(percentile(bare, 0.50))
        found["bare p99"].append(percentile(bare, 0.99))
        found["before p50"].append(percentile(before, 0.50))
        found["late"].append(told["late_ms"])
        found["left"].append(float(everybody - left))
    return found


def cpu(size: Size) -> dict[str, list[float]]:
    """Milliseconds of CPU a submission, by turn."""
    found: dict[str, list[float]] = {"ours": [], "bare": [], "before": []}
    with scene(size.warm_up + size.turns * size.slice, size.warm_up, resting=True) as made:
        for turn in range(size.turns):
            first = size.warm_up + turn * size.slice
            bodies = made.opened(first, first + size.slice)
            for name, server in (("bare", made.bare), ("ours", made.keyturn), ("before", made.bare_before)):
                begun = server.cpu()
                made.fire(server, bodies)
                found[name].append((server.cpu() - begun) * 1000 / size.slice)
    return found


def measure(size: Size) -> list[Figure]:
    times, used = latency(size), cpu(size)
    return [
        Figure("acknowledge p50, ours to bare Bolt", "x", ratios(times["ours p50"], times["bare p50"]), 1.0),
        Figure("acknowledge p50", "ms", tuple(times["ours p50"])),
        Figure("acknowledge p99", "ms", tuple(times["ours p99"]), 50.0),
        Figure("bare Bolt p50", "ms", tuple(times["bare p50"])),
        Figure("bare Bolt p99", "ms", tuple(times["bare p99"])),
        Figure("bare Bolt with process_before_response p50", "ms", tuple(times["before p50"]), note="Bolt without its pauses of 10 ms"),
        Figure("load generator, latest behind its plan", "ms", tuple(times["late"]), note="ours and bare suffer alike"),
        Figure("requests not yet reset when the last was acknowledged", "", tuple(times["left"])),
        Figure("CPU to acknowledge, ours to bare Bolt", "x", ratios(used["ours"], used["bare"]), 4.0, note="worker at rest"),
        Figure("CPU to acknowledge", "ms", tuple(used["ours"])),
        Figure("CPU of bare Bolt", "ms", tuple(used["bare"])),
        Figure("CPU of bare Bolt with process_before_response", "ms", tuple(used["before"])),
        Figure("CPU to acknowledge, ours to that Bolt", "x", (median(used["ours"]) / median(used["before"]),)),
    ]


def _first(bodies: Path, count: int) -> Path:
    some = bodies.with_name(f"{bodies.name}-first")
    some.write_bytes(b"\n".join(bodies.read_bytes().splitlines()[:count]))
    return some
