"""A policy in a file: its version is its text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from integrations.base import Missing, Refused
from integrations.policy_file import PolicyFile
from sandbox.world import POLICY


async def test_the_file_is_a_page_of_markdown(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(POLICY)
    page = await PolicyFile(str(tmp_path / "policy.md")).fetch()
    assert (page.title, page.format, page.body) == ("Password resets", "markdown", POLICY)
    assert len(page.version) == 12


async def test_a_touch_is_no_new_version_and_an_edit_is(tmp_path: Path) -> None:
    path = tmp_path / "policy.md"
    path.write_text(POLICY)
    source = PolicyFile(str(path))
    first = await source.fetch()
    os.utime(path, (1, 1))
    assert await source.fetch() == first
    path.write_text(POLICY + "\nMore.\n")
    assert (await source.fetch()).version != first.version


async def test_line_ends_and_byte_order_mark_are_no_new_version(tmp_path: Path) -> None:
    unix, windows = tmp_path / "a.md", tmp_path / "b.md"
    unix.write_text(POLICY)
    windows.write_bytes(b"\xef\xbb\xbf" + POLICY.replace("\n", "\r\n").encode())
    assert (await PolicyFile(str(unix)).fetch()).version == (await PolicyFile(str(windows)).fetch()).version


async def test_a_relative_path_starts_at_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.md").write_text("no heading")
    monkeypatch.chdir(tmp_path)
    source = PolicyFile("policy.md")
    assert source.name == "file policy.md"
    assert (await source.fetch()).title == "policy"
    assert await source.search("anything") == ()


async def test_a_file_that_is_gone_is_missing_and_says_which(tmp_path: Path) -> None:
    source = PolicyFile(str(tmp_path / "gone.md"))
    with pytest.raises(Missing, match=r"gone\.md"):
        await source.fetch()
    health = await source.health()
    assert (health.ok, health.kind) == (False, "settings")
    assert "gone.md" in health.detail


@pytest.mark.parametrize("what", ["directory", "binary", "huge"])
async def test_what_is_no_text_file_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "policy.md"
    if what == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe\x00" if what == "binary" else b"x" * (1024 * 1024 + 1))
    with pytest.raises(Refused):
        await PolicyFile(str(path)).fetch()


async def test_health_of_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(POLICY)
    assert (await PolicyFile(str(tmp_path / "policy.md")).health()).ok
