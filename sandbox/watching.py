"""What the people of a scene see in Slack, written down as it changes: new messages whole, edited ones by what is new in them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from sandbox.slack import SlackStandIn
from sandbox.slack_records import Post, User
from sandbox.slack_seeing import Message
from sandbox.transcript import Transcript

REFERENCE = re.compile(r"\bIT-\d+\b")
FOREVER = 3600.0


class Watch:
    """`since` is a moment of the workspace (`ws.ts()`): older messages are somebody else's scene."""

    def __init__(self, slack: SlackStandIn, cast: Sequence[str], since: str, told: Transcript) -> None:
        self.slack = slack
        self.readers = [slack.ws.find(key) for key in cast]
        self.since = since
        self.told = told
        self.references: set[str] = set()
        """Of requests that somebody of the cast was shown."""
        self._drawn: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        self._task: asyncio.Task[object] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self.slack.ws.until(self.look, FOREVER))

    async def stop(self) -> None:
        """Looks a last time and ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.look()

    def look(self) -> None:
        for post in self.slack.ws.posts:
            if post.ts > self.since and post.author in (self.slack.ws.bot_user, "USLACKBOT"):
                for reader in self.readers:
                    if self._reads(post, reader):
                        self._shown(post, reader)

    def _reads(self, post: Post, reader: User) -> bool:
        if post.only:
            return post.only == reader.id
        return reader.id in self.slack.ws.channels[post.channel].members

    def _shown(self, post: Post, reader: User) -> None:
        key = (post.ts, reader.id)
        edits, before = self._drawn.get(key, (-1, ()))
        if edits == len(post.edits):
            return
        message = self.slack.message(post, reader)
        lines = lines_of(message)
        self._drawn[key] = (len(post.edits), lines)
        self.references.update(REFERENCE.findall(f"{message.text} {message.reading}"))
        fresh = [line for line in lines if line not in before]
        if fresh:
            how = " (only they see it)" if message.ephemeral else " (edited)" if before else ""
            place = self.slack.ws.channels[post.channel]
            where = "" if place.kind == "im" or message.ephemeral else f" in #{place.name}"
            self.told.add("sees", f"to {first(reader.name)}", f"{' / '.join(fresh)}{how}{where}")


def lines_of(message: Message) -> tuple[str, ...]:
    """The lines of a message without drawn rules."""
    return tuple(line.strip() for line in message.reading.splitlines() if line.strip(" ─"))


def first(name: str) -> str:
    return name.partition(" ")[0]
