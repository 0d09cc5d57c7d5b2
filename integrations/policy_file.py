"""A Markdown file as the source of the policy."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from integrations.base import Health, Missing, Page, Passage, Refused, Unavailable
from integrations.checkup import examined

SYSTEM = "policy file"
LARGEST = 1024 * 1024
"""Bytes. A policy page has a few kilobytes."""


class PolicyFile:
    """PolicySource over `path`, relative to the working directory."""

    def __init__(self, path: str) -> None:
        if not path:
            raise ValueError("KEYTURN_POLICY names no file: file:PATH")
        self.name = f"file {path}"
        self._path = Path(path)

    def close(self) -> None:
        """Nothing is held open."""

    async def fetch(self) -> Page:
        """The whole file. Its version is the beginning of the SHA-256 of its text with LF line ends, and not its time:
        a copy, a checkout or a `touch` is no new revision, which an admin would have to accept.

        Raises Missing, Refused (not a readable text file) or Unavailable (the disk does not answer properly).
        """
        text = await asyncio.to_thread(self._text)
        heading = re.search(r"^#\s+(.+?)\s*#*\s*$", text, re.MULTILINE)
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        return Page(str(self._path), heading[1] if heading else self._path.stem, version, text, "markdown")

    async def search(self, words: str) -> tuple[Passage, ...]:
        """A file has no pages beside it."""
        return ()

    async def health(self) -> Health:
        async def readable() -> str:
            page = await self.fetch()
            return f"{self.name} can be read, version {page.version}"

        return await examined(
            SYSTEM, readable,
            down="check the disk; the policy that was accepted last stays in force until its maximum age",
            settings="check KEYTURN_POLICY: the path is relative to the directory that the program was started in",
        )

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                raw = file.read(LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise Missing(SYSTEM, f"there is no {self.name}") from None
        except (PermissionError, IsADirectoryError):
            raise Refused(SYSTEM, f"{self.name} cannot be opened: a directory, or not ours to read") from None
        except OSError as error:
            raise Unavailable(SYSTEM, f"{self.name} cannot be read ({error.strerror})") from None
        if len(raw) > LARGEST:
            raise Refused(SYSTEM, f"{self.name} is larger than {LARGEST // 1024} KiB")
        try:
            # A byte order mark would hide the first heading.
            return raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise Refused(SYSTEM, f"{self.name} is not UTF-8 text") from None
