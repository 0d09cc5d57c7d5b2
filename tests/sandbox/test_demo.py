"""The demo, for real: the process it starts, what it says, how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import demo, ledger
from sandbox.company import ROOT
from sandbox.scene import Outcome, Scene, closed
from sandbox.scenes import SCENES, named
from sandbox.stage import Stage
from sandbox.world import PEOPLE


def test_every_scene_has_a_name_of_its_own_and_people_that_exist() -> None:
    names = [scene.name for scene in SCENES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert {key for scene in SCENES for key in scene.cast} <= set(PEOPLE)


def test_an_outcome_says_whatever_is_unusual() -> None:
    assert str(Outcome(rows=("Completed / Approved, row 16",), resets=2, links=1, tickets=("open",))) == (
        "Completed / Approved, row 16; 2 resets; 1 link mailed; ticket open"
    )
    assert str(Outcome()) == "no request; no reset"


async def test_a_scene_that_does_not_exist_is_a_usage_error_that_names_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert await demo.run(scene="dragons", port=0, stay=False) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("There is no scene 'dragons'; there are form, ")
    assert err.count("\n") == 1
    assert all(scene.name in err for scene in SCENES)


async def test_a_busy_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert await demo.run(scene="form", port=port, stay=False) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"Port {port} on 127.0.0.1 is in use. Stop what is listening there, or give another one with --port.\n")


async def test_without_a_terminal_it_ends_after_the_table_and_fails_when_something_is_not_as_expected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenes are judged by what really came of them, not by what they say."""
    toner, forged = named("not-a-reset"), named("forged")
    assert toner is not None
    assert forged is not None
    wrong = replace(toner, name="wrong", cast=("priya",), play=_toner, expected=replace(closed(), resets=1))
    vain = Scene("vain", "Nobody comes", ("emma",), Outcome(), _waits_in_vain)
    monkeypatch.setattr(demo, "SCENES", (toner, forged, wrong, vain))
    monkeypatch.setattr(ledger, "SETTLED", 3.0)

    assert await demo.run(scene="", port=0, stay=False) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert not [line for line in out.splitlines() if line != line.rstrip()]
    for line in (
        r"Ravi +writes: The printer on the second floor is out of toner",
        r"to Ravi +Closed · IT-\d+ / This doesn't look like a password reset",
        r"ServiceNow +incident INC\d+ for IT-\d+, urgency 3",
        r"somebody +sends a request to the bot's address, unsigned: answered 401",
        rf"ok +{toner.expected}  ",
        r"NOT OK Closed / Cancelled; no reset; ticket resolved  ",
        r"NOT OK no request; no reset; stopped: Emma saw no “a unicorn” within 0.5 s, but last: Hi Emma\.",
        r"9 lines in \d+ s; not as expected: wrong, vain",
    ):
        assert re.search(f"^{line}", out, re.MULTILINE), line
    assert out.count("the chain is whole") == 2


async def _toner(stage: Stage) -> None:
    await stage.says("priya", "The printer on the second floor is out of toner")
    await stage.sees("priya", "doesn't look like a password reset")


async def _waits_in_vain(stage: Stage) -> None:
    await stage.says("emma", "hello")
    await stage.sees("emma", "Hi Emma")
    await stage.sees("emma", "a unicorn", within=0.5)


class Terminal:
    """A pseudo-terminal with the demo in it, in a session of its own, as a shell would start it."""

    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments
        self.text = ""

    async def __aenter__(self) -> Terminal:
        master, slave = os.openpty()
        environment = {**os.environ, "TERM": "dumb", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", *self.arguments, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._master, self._heard = master, asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._more)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)

    def _more(self) -> None:
        try:
            self.text += os.read(self._master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:  # nobody has the other side open any more
            asyncio.get_running_loop().remove_reader(self._master)
        self._heard.set()

    async def until(self, pattern: str) -> re.Match[str]:
        async with asyncio.timeout(40):
            while (found := re.search(pattern, self.text)) is None:
                self._heard.clear()
                await self._heard.wait()
        return found

    async def interrupt(self) -> int:
        """Ctrl+C: the terminal tells every process of the foreground group. Answers the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 20)


async def test_in_a_terminal_it_stays_up_with_commands_that_work_and_leaves_nothing() -> None:
    async with Terminal("--scene", "guest", "--port", "0") as terminal:
        settings = Path((await terminal.until(r"the settings are in (.*)\)\n"))[1])
        text = terminal.text
        assert "all as expected" in text
        assert "\x1b" not in text
        commands = re.findall(r"^  (curl .*)$", text, re.MULTILINE)
        assert len(commands) > 8
        for command in commands:
            # The phone has something to confirm only once the message was worked on: a person would try again, too.
            await _shell(command, until='^{"(ok": true|incidents"|messages"|people")')
        listed = await _shell(re.findall(r"^  (\(cd .* requests list\))$", text, re.MULTILINE)[0], until="IT-1")
        assert "sam.ortiz@example.com" in listed
        assert await terminal.interrupt() == 0
        await terminal.until("Stopping; nothing is kept.")
        assert "Traceback" not in terminal.text
        assert not await asyncio.to_thread(settings.parent.exists)


async def _shell(command: str, *, until: str) -> str:
    """What the command prints, as soon as it fits."""
    answer = ""
    for _ in range(60):
        process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        answer = (await process.communicate())[0].decode()
        if re.search(until, answer):
            return answer
        await asyncio.sleep(0.1)
    pytest.fail(f"{command}\n{answer}")
