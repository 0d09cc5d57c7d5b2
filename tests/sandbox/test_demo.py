"""The demo, for real: the process it starts, what it says, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import demo, playing
from sandbox.company import Company, company
from sandbox.playing import Result
from sandbox.scene import Outcome, Scene, closed
from sandbox.scenes import SCENES, named
from sandbox.stage import Stage
from sandbox.world import PEOPLE


@pytest.fixture
async def keyturn() -> AsyncIterator[Company]:
    async with company() as made:
        yield made


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
    assert err.startswith("There is no scene 'dragons'; there are form, ") and err.count("\n") == 1
    assert all(scene.name in err for scene in SCENES)


async def test_a_busy_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert await demo.run(scene="form", port=port, stay=False) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"Port {port} on 127.0.0.1 is in use. Stop what is listening there, or give another one with --port.\n")


async def test_scenes_are_judged_by_what_really_came_of_them(keyturn: Company) -> None:
    good = named("not-a-reset")
    assert good is not None

    async def waits_in_vain(stage: Stage) -> None:
        await stage.says("emma", "hello")
        await stage.sees("emma", "a unicorn", within=0.5)

    wrong = replace(good, name="wrong", cast=("priya",), play=_toner, expected=replace(closed(), resets=1))
    vain = Scene("vain", "Nobody comes", ("emma",), Outcome(), waits_in_vain)
    shown: list[Result] = []
    results = await playing.play([good, wrong, vain], keyturn, shown.append)

    assert [(r.scene.name, r.ok) for r in results] == [("not-a-reset", True), ("wrong", False), ("vain", False)]
    assert results[0].got == str(good.expected)
    assert results[1].got == "Closed / Cancelled; no reset; ticket resolved"
    assert "stopped: Emma saw no “a unicorn” within 0.5 s, but last: Hi Emma." in results[2].got
    assert {r.scene.name for r in shown} == {"not-a-reset", "wrong", "vain"}
    lines = results[0].transcript.lines()
    assert ("Ravi", "writes: The printer on the second floor is out of toner", "act") in lines
    assert any(who == "to Ravi" and "doesn't look like a password reset" in what for who, what, _ in lines)
    assert any(who == "ServiceNow" and what.startswith("incident INC") for who, what, _ in lines)


async def _toner(stage: Stage) -> None:
    await stage.says("priya", "The printer on the second floor is out of toner")
    await stage.sees("priya", "doesn't look like a password reset")


async def test_it_stays_up_with_commands_that_work_and_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    async def output(pattern: str) -> str:
        async with asyncio.timeout(40):
            while not re.search(pattern, "".join(said)):
                await asyncio.sleep(0.05)
                said.append(capsys.readouterr().out)
        return "".join(said)

    running = asyncio.create_task(demo.run(scene="guest", port=0, stay=True))
    text = await output(r"the settings are in .*")
    assert "all as expected" in text and "\x1b" not in text
    settings = Path(re.findall(r"the settings are in (.*)\)", text)[0])
    assert settings.is_file()

    # Every command that was printed, in its order; the phone has something to confirm once the message was worked on.
    for command in re.findall(r"^  (curl .*)$", text, re.MULTILINE):
        answer = await _shell(command, until='"ok": true|"incidents"|"messages"')
        assert "error" not in answer.lower() or "failures" in command, command
    listed = await _shell(re.findall(r"^  (\(cd .* requests list\))$", text, re.MULTILINE)[0], until="IT-1")
    assert "IT-1" in listed

    os.kill(os.getpid(), signal.SIGINT)
    assert await asyncio.wait_for(running, 20) == 0
    assert not settings.parent.exists()


async def _shell(command: str, *, until: str) -> str:
    """What the command prints, once it fits: a person would try again, too."""
    answer = ""
    for _ in range(60):
        process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        answer = (await process.communicate())[0].decode()
        if re.search(until, answer):
            return answer
        await asyncio.sleep(0.1)
    pytest.fail(f"{command}\n{answer}")


async def test_the_verb_ends_by_itself_without_a_terminal(keyturn: Company) -> None:
    code, out, err = await keyturn.keyturn("demo", "--scene", "forged", "--port", "0")
    assert (code, err) == (0, "")
    assert "answered 401" in out and "all refused" in out and "the chain is whole" in out
    assert json.dumps(out).isascii() or "✓" not in err
