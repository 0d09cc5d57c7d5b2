"""The Teams app package is what the newest manifest schema allows, asks for little, and names the words that the bot knows."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from bot.cli.manifest import PACKAGE
from bot.cli.manifest import teams as verb
from bot.teams import RESET
from bot.teams_review import QUEUE
from dialogs.hearing import CANCEL, HELP, STATUS
from manifest import build

SPECS = Path(__file__).resolve().parents[2] / "../shared/specs/teams"
APP = "5D2F6D0E-8F4B-4A55-B1A3-0D6A2A4F7C10"


def version(path: Path) -> tuple[int, ...]:
    found = re.search(r"v(\d+)\.(\d+)", path.name)
    return tuple(map(int, found.groups())) if found else ()


@pytest.fixture
def newest() -> Path:
    found = sorted(SPECS.glob("MicrosoftTeams.v*.schema.json"), key=version)
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("the official schemas are required in CI")
        pytest.skip("the official schemas are not on this machine")
    return found[-1]


def pixels(content: bytes) -> tuple[int, int, list[tuple[int, ...]]]:
    """Width, height and RGBA pixels of an 8-bit PNG whose rows are not filtered."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunks[content[at + 4 : at + 8]] = content[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, kind) == (8, 6)
    raw = zlib.decompress(chunks[b"IDAT"])
    rows = [raw[y * (width * 4 + 1) + 1 : (y + 1) * (width * 4 + 1)] for y in range(height)]
    return width, height, [tuple(row[x : x + 4]) for row in rows for x in range(0, width * 4, 4)]


def opened(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


OURS = {"developer": "Example Ltd", "website": "https://it.example.com/", "public_url": "https://keyturn.example.com"}


@pytest.mark.parametrize("more", [{}, OURS])
def test_it_is_valid_against_the_newest_schema(newest: Path, more: dict[str, str]) -> None:
    manifest = json.loads(opened(build.teams(APP, **more))["manifest.json"])
    assert manifest["manifestVersion"] == ".".join(map(str, version(newest)))
    errors = [f"{list(e.path)}: {e.message[:200]}" for e in Draft7Validator(json.loads(newest.read_text())).iter_errors(manifest)]
    assert errors == []
    assert manifest["id"] == manifest["bots"][0]["botId"] == APP.lower()


def test_the_schema_check_notices_what_is_wrong(newest: Path) -> None:
    wrong = build.teams_manifest(APP) | {"manifestVersion": "1.99"}
    assert list(Draft7Validator(json.loads(newest.read_text())).iter_errors(wrong))


def test_the_package_holds_three_files_and_is_the_same_each_time() -> None:
    files = opened(build.teams(APP))
    assert set(files) == {"manifest.json", "color.png", "outline.png"}
    assert build.teams(APP) == build.teams(APP)


def test_the_icons_are_as_teams_wants_them() -> None:
    """Colour: 192 x 192 without holes. Outline: 32 x 32, white only, most of it transparent."""
    files = opened(build.teams(APP))
    width, height, colour = pixels(files["color.png"])
    assert (width, height) == (192, 192) and {pixel[3] for pixel in colour} == {255} and len(set(colour)) > 2
    width, height, outline = pixels(files["outline.png"])
    assert (width, height) == (32, 32) and {pixel[:3] for pixel in outline} == {(255, 255, 255)}
    assert pixels(files["outline.png"])[2][0][3] == 0 and sum(pixel[3] == 255 for pixel in outline) > 60
    assert sum(pixel[3] == 0 for pixel in outline) > 500


def test_the_address_of_the_process_becomes_the_valid_domain() -> None:
    assert build.teams_manifest(APP)["validDomains"] == []
    assert build.teams_manifest(APP, public_url="https://keyturn.example.com:8443/x")["validDomains"] == ["keyturn.example.com"]


def test_every_command_is_one_that_the_bot_knows() -> None:
    personal, shared = build.teams_manifest(APP)["bots"][0]["commandLists"]
    titles = [command["title"] for command in personal["commands"]]
    assert titles == ["reset", "status", "cancel", "queue", "help"]
    assert RESET.match("reset") and QUEUE.match("queue")
    assert STATUS.match("status") and CANCEL.match("cancel") and HELP.match("help")
    assert shared["scopes"] == ["team", "groupChat"]


def test_the_verb_writes_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEAMS_APP_ID", APP)
    monkeypatch.setenv("TEAMS_APP_PASSWORD", "not-a-secret-of-anybody-12345")
    monkeypatch.setenv("TEAMS_TENANT_IDS", "6f0a7c1e-3b52-4d57-9d0e-2f5a1b7c9e11")
    verb(folder=tmp_path / "new", url="https://keyturn.example.com", company="Example Ltd", website="https://it.example.com")
    files = opened((tmp_path / "new" / PACKAGE).read_bytes())
    manifest = json.loads(files["manifest.json"])
    assert manifest["developer"]["name"] == "Example Ltd" and manifest["validDomains"] == ["keyturn.example.com"]
    assert "api/messages" in capsys.readouterr().out
