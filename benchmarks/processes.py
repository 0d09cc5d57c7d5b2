"""Processes that are measured from outside: started on a core of their own, their CPU and memory read from /proc."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TICK = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60.0
END_SECONDS = 20.0
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[1] if len(CORES) > 1 else CORES[0]
"""With one core everything shares it, and the report says so."""


class Broken(Exception):
    """A process did not do what it was started for; the message carries the end of what it said."""


def free_port() -> int:
    """A port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """A child on one core. With `talks`, it is spoken to in lines of JSON: one question, one answer."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    core: int = SERVER_CORE
    talks: bool = False
    said: Path = field(init=False)
    _child: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.said = self.folder / f"{self.arguments[-1].replace('/', '-')}-{time.monotonic_ns()}.log"
        pipe = subprocess.PIPE if self.talks else subprocess.DEVNULL
        with self.said.open("w") as log:
            self._child = subprocess.Popen(
                [sys.executable, *self.arguments], cwd=self.folder, env={"PYTHONPATH": str(ROOT), **self.environment}, text=True,
                stdin=pipe, stdout=pipe, stderr=log,
            )  # fmt: skip
        os.sched_setaffinity(self._child.pid, {self.core})  # its threads, which come later, inherit it

    @property
    def pid(self) -> int:
        return self._child.pid

    def cpu(self) -> float:
        """Seconds of CPU that it used so far, user and system, all threads (proc(5), /proc/pid/stat, fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Resident memory in MB (proc(5), VmRSS)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise Broken(f"process {self.pid} has no memory any more: {self.tail()}")

    def ask(self, **question: Any) -> dict[str, Any]:
        """Its answer to one question. Broken when it has none."""
        child = self._child
        if child.stdin is None or child.stdout is None:
            raise Broken("this process is not spoken to")
        try:
            child.stdin.write(json.dumps(question) + "\n")
            child.stdin.flush()
        except BrokenPipeError:
            raise Broken(f"{self.arguments[-1]} has ended: {self.tail()}") from None
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """Its next line."""
        line = self._child.stdout.readline() if self._child.stdout else ""
        if not line:
            raise Broken(f"{self.arguments[-1]} has ended: {self.tail()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Broken(f"{self.arguments[-1]}: {answer['error']}; {self.tail()}")
        return answer

    def ready(self, port: int, path: str = "/readyz") -> float:
        """Waits until this address answers 200; the seconds that it took from now on."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < READY_SECONDS:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                status = connection.getresponse().status
                connection.close()
                if status == 200:
                    return time.perf_counter() - begun
            if self._child.poll() is not None:
                raise Broken(f"{self.arguments[-1]} ended with {self._child.returncode}: {self.tail()}")
            time.sleep(0.005)
        raise Broken(f"{self.arguments[-1]} was not ready in {READY_SECONDS:.0f} s: {self.tail()}")

    def end(self) -> None:
        """Ends it in order, and at once when that takes too long."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        else:
            self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.said.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(
    *arguments: str, environment: Mapping[str, str], folder: Path, core: int = SERVER_CORE, talks: bool = False
) -> Iterator[Process]:
    """A process for the length of the block."""
    process = Process(arguments, environment, folder, core, talks)
    try:
        yield process
    finally:
        process.end()


def plain_environment() -> dict[str, str]:
    """Of this shell's environment only what a process needs to run: no setting of somebody's own changes a figure."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
