"""`python -m benchmarks [acknowledge] [resets] [start] [queue] [teams] [--quick] [--out FILE]`: a table, and the same as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import acknowledge, queue, resets, start, teams
from benchmarks.figures import Figure
from benchmarks.processes import CORES, Broken

RESULTS = Path(__file__).parent / "results"
MEASURES: dict[str, Callable[[bool], list[Figure]]] = {
    "start": lambda quick: start.measure(start.QUICK if quick else start.FULL),
    "acknowledge": lambda quick: acknowledge.measure(acknowledge.QUICK if quick else acknowledge.FULL),
    "resets": lambda quick: resets.measure(resets.QUICK if quick else resets.FULL),
    "queue": lambda quick: queue.measure(queue.QUICK if quick else queue.FULL),
    "teams": lambda quick: teams.measure(teams.QUICK if quick else teams.FULL),
}
LIBRARIES = ("aiohttp", "slack-bolt", "slack-sdk", "botbuilder-core", "okta", "pysnow", "pydantic-ai-slim", "tortoise-orm", "aiosqlite")


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "cores": len(CORES), "load_average": os.getloadavg(), "python": platform.python_version(), "system": platform.platform(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }  # fmt: skip


def table(figures: Sequence[Figure]) -> Table:
    drawn = Table("figure", "median", "from … to", "target", "", title="Keyturn, measured", title_justify="left")
    for figure in figures:
        low, high = min(figure.rounds), max(figure.rounds)
        verdict = {None: figure.note, True: "met", False: f"missed: {figure.value / (figure.target or 1):.2f} times the target"}[figure.met]
        drawn.add_row(
            figure.name, f"{figure.value:.3g} {figure.unit}", f"{low:.3g} … {high:.3g}" if len(figure.rounds) > 1 else "",
            f"≤ {figure.target:g} {figure.unit}" if figure.target is not None else "", verdict,
        )  # fmt: skip
    return drawn


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="|".join(MEASURES), help="all when none is named")
    parser.add_argument("--quick", action="store_true", help="a few seconds each: whether it runs, not how fast")
    parser.add_argument("--out", type=Path, help="where the JSON goes; benchmarks/results/ when not given")
    given = parser.parse_args(arguments)
    if unknown := set(given.which) - MEASURES.keys():
        parser.error(f"there is no benchmark {min(unknown)!r}; there are {', '.join(MEASURES)}")
    console = Console()
    begun, figures = time.monotonic(), []
    for name in given.which or MEASURES:
        console.print(f"{name} …", style="dim")
        try:
            figures += MEASURES[name](given.quick)
        except Broken as broken:
            console.print(f"{name} could not be measured: {broken}", style="red", markup=False)
            return 1
    console.print(table(figures))
    if "resets" in (given.which or MEASURES):
        console.print(resets.explained())
    if len(CORES) < 2:
        console.print("One core only: server and load share it, so the latencies say little.", style="yellow")
    now = datetime.now(UTC)
    out: Path = given.out or RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    said = {"at": now.isoformat(timespec="seconds"), "quick": given.quick, "seconds": round(time.monotonic() - begun),
            "machine": machine(), "figures": [figure.as_json() for figure in figures]}  # fmt: skip
    out.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {out}", style="dim")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
