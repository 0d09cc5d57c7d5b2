"""From the start of the process to 200 at /readyz, and the memory it rests in. Slack, Okta and a policy from a file; no Teams."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import LOAD_CORE, plain_environment, running

REST_SECONDS = 5.0
"""After this the start is over, late imports of the model library included."""
NOT_CONFIGURED = ("SERVICENOW_", "CONFLUENCE_", "SMTP_", "TEAMS_")


@dataclass(frozen=True)
class Size:
    starts: int = 7
    rests: int = 2
    """Starts whose memory is looked at."""


FULL = Size()
QUICK = Size(starts=2, rests=1)


def measure(size: Size) -> list[Figure]:
    seconds: list[float] = []
    memory: list[float] = []
    plain = plain_environment()
    with tempfile.TemporaryDirectory(prefix="keyturn-bench-") as name:
        folder = Path(name)
        with running("-m", "benchmarks.outside", name, "0", "0", environment=plain, folder=folder, core=LOAD_CORE, talks=True) as outside:
            told = outside.hear()
            settings = {key: value for key, value in told["environment"].items() if not key.startswith(NOT_CONFIGURED)}
            outside.ask(do="accept")
            for number in range(size.starts + 1):
                begun = time.perf_counter()
                with running("-m", "bot", "serve", environment=settings, folder=folder) as keyturn:
                    keyturn.ready(told["port"])
                    took = time.perf_counter() - begun
                    if number == 0:
                        continue  # the first one warms the caches: files, bytecode
                    seconds.append(took)
                    if number <= size.rests:
                        time.sleep(REST_SECONDS)
                        memory.append(keyturn.memory())
    figures = [Figure("start to /readyz 200", "s", tuple(seconds), 3.0)]
    if memory:
        figures.append(Figure("memory at rest", "MB", tuple(memory), 160.0))
    return figures
