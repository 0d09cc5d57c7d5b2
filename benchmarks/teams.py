"""Turns a second of a Teams bot with its tokens checked: botbuilder's adapter as it comes, and ours. And what a submission costs.

The echo bots take turns at one core, the stand-in and the load have the other. A submission goes through the whole process
with its worker at rest; its CPU is compared with that of our own echo, which checks the same token and replies.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, ratios
from benchmarks.processes import LOAD_CORE, Broken, Process, free_port, plain_environment, running

FEWER = 10
"""The stock bot gets so many times fewer turns: it takes as long for them."""


@dataclass(frozen=True)
class Size:
    """`turns` of our echo a round (the stock one: a tenth); `people` submit once a round."""

    rounds: int = 5
    turns: int = 4000
    people: int = 400
    warm_up: int = 40


FULL = Size()
QUICK = Size(rounds=1, turns=600, people=60, warm_up=10)
BOTS = ("stock", "ours", "stock silent", "ours silent")


def measure(size: Size) -> list[Figure]:
    rate: dict[str, list[float]] = {name: [] for name in BOTS}
    used: dict[str, list[float]] = {name: [] for name in (*BOTS, "submission")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-bench-")))
        plain = plain_environment()
        everybody = size.warm_up + size.rounds * size.people
        arguments = ("-m", "benchmarks.teams_outside", str(folder), str(everybody))
        outside = stack.enter_context(running(*arguments, environment=plain, folder=folder, core=LOAD_CORE, talks=True))
        told = outside.hear()
        settings = told["environment"]
        outside.ask(do="accept")
        keyturn = stack.enter_context(running("-m", "benchmarks.resting", environment=settings, folder=folder))
        keyturn.ready(told["port"])
        bots = {name: _bot(stack, name, {**plain, **settings}, folder) for name in BOTS}
        for _, url in bots.values():
            _taken(outside.ask(do="messages", url=url, count=size.warm_up))
        url = f"http://127.0.0.1:{told['port']}"
        _submitted(outside, keyturn, url, 0, size.warm_up)
        for turn in range(size.rounds):
            for name, (bot, at) in bots.items():
                count = max(20, size.turns // (FEWER if "stock" in name else 1))
                begun = bot.cpu()
                seconds = _taken(outside.ask(do="messages", url=at, count=count))
                used[name].append((bot.cpu() - begun) * 1000 / count)
                rate[name].append(count / seconds)
            first = size.warm_up + turn * size.people
            used["submission"].append(_submitted(outside, keyturn, url, first, first + size.people))
    return [
        Figure("Teams, turns a second, stock to ours, token checked", "x", ratios(rate["stock silent"], rate["ours silent"]), 0.05),
        Figure("Teams, turns a second", "1/s", tuple(rate["ours silent"]), note="token checked, no reply"),
        Figure("Teams, turns a second, stock CloudAdapter", "1/s", tuple(rate["stock silent"])),
        Figure("Teams, echoes a second, stock to ours", "x", ratios(rate["stock"], rate["ours"]), 0.05, note="with a reply"),
        Figure("Teams, echoes a second", "1/s", tuple(rate["ours"])),
        Figure("Teams, echoes a second, stock CloudAdapter", "1/s", tuple(rate["stock"]), note="its sign-in spared"),
        Figure("Teams, CPU of a submission to our echo", "x", ratios(used["submission"], used["ours"]), 3.0, note="worker at rest"),
        Figure("Teams, CPU of a submission", "ms", tuple(used["submission"])),
        Figure("Teams, CPU of our echo", "ms", tuple(used["ours"])),
        Figure("Teams, CPU of the stock echo", "ms", tuple(used["stock"])),
    ]


def _bot(stack: ExitStack, name: str, environment: dict[str, str], folder: Path) -> tuple[Process, str]:
    port = free_port()
    bot = stack.enter_context(running("-m", "benchmarks.teams_bots", str(port), *name.split(), environment=environment, folder=folder))
    bot.ready(port)
    return bot, f"http://127.0.0.1:{port}"


def _taken(told: dict[str, Any]) -> float:
    """Seconds. Broken unless every activity was taken."""
    if set(told["statuses"]) - {"200", "201", "202"}:
        raise Broken(f"not every activity was taken: {told['statuses']}")
    return float(told["seconds"])


def _submitted(outside: Process, keyturn: Process, url: str, first: int, last: int) -> float:
    """Milliseconds of CPU for each of these people's submissions; that they open the form first is not counted."""
    _taken(outside.ask(do="open", url=url, first=first, last=last))
    begun = keyturn.cpu()
    told = outside.ask(do="submissions", url=url, first=first, last=last)
    _taken(told)
    if "IT-" not in told["last"]:
        raise Broken(f"a submission was not accepted: {told['last'][:300]}")
    return (keyturn.cpu() - begun) * 1000 / (last - first)
