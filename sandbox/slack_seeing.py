"""What a person sees in Slack right now: messages, their Home tab, an open modal. And waiting for it to appear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.slack_markup import mrkdwn
from sandbox.slack_reading import buttons, is_empty, reading, text_of, value_of
from sandbox.slack_records import Json, Post, User, View
from sandbox.slack_workspace import Workspace
from sandbox.world import Person

Who = str | Person
Found = TypeVar("Found")


@dataclass(frozen=True)
class Message:
    """A message as one person sees it. `text` is its notification, `reading` the blocks (or the text) as lines."""

    channel: str
    ts: str
    author: str
    text: str
    reading: str
    buttons: tuple[str, ...]
    thread: str
    edited: int
    ephemeral: bool
    blocks: tuple[Json, ...]

    @property
    def id(self) -> str:
        """What it is known by in its channel."""
        return self.ts

    def says(self, pattern: str) -> bool:
        """The pattern (any case) is in the text or in the blocks."""
        return re.search(pattern, f"{self.text}\n{self.reading}", re.IGNORECASE) is not None


@dataclass(frozen=True)
class Page:
    """A modal or Home tab as its person sees it. `values` is what stands in the fields, by label."""

    id: str
    title: str
    reading: str
    buttons: tuple[str, ...]
    values: dict[str, str]
    callback: str
    metadata: str
    hash: str
    depth: int
    blocks: tuple[Json, ...]


class Seeing:
    """Needs `ws`. Persons are given by key, name, e-mail, Slack id or Person."""

    ws: Workspace

    def names(self) -> dict[str, str]:
        return {u.id: u.name for u in self.ws.users.values()} | {c.id: c.name for c in self.ws.channels.values()}

    def messages(self, person: Who, *, channel: str = "", thread: str = "") -> list[Message]:
        """All that they can see, oldest first; only of one channel (id or name) or thread when given."""
        user = self.ws.find(person)
        place = self.ws.place(channel).id if channel else ""
        posts = [p for p in self.ws.visible(user.id) if place in ("", p.channel) and (not thread or thread in (p.thread, p.ts))]
        return [self.message(p, user) for p in posts]

    def message(self, post: Post, reader: User) -> Message:
        names = self.names()
        lines = reading(post.blocks, tz=reader.tz, names=names, state=post.state) if post.blocks else mrkdwn(post.text, names=names)
        if post.files:
            lines += "".join(f"\n(file: {f.name})" for f in post.files)
        author = names.get(post.author, post.author)
        return Message(post.channel, post.ts, author, mrkdwn(post.text, names=names), lines,
                       tuple(text_of(e.get("text")) for _, e in buttons(post.blocks)), post.thread, len(post.edits), bool(post.only),
                       tuple(post.blocks))

    def modal_of(self, person: Who) -> Page | None:
        """The modal on top, or None."""
        view = self.top(self.ws.find(person))
        return self._page(view) if view else None

    def home_of(self, person: Who) -> Page | None:
        """Their Home tab, or None when nothing was ever published to it."""
        view = self.ws.homes.get(self.ws.find(person).id)
        return self._page(view) if view else None

    def top(self, user: User) -> View | None:
        open_views = self.ws.stacks.get(user.id)
        return self.ws.views[open_views[-1]] if open_views else None

    def _page(self, view: View) -> Page:
        reader = self.ws.users[view.user]
        shown = [text_of(e.get("text")) for _, e in buttons(view.blocks)]
        ends = [text_of(view.body.get(k)) for k in ("submit", "close") if view.body.get(k)]
        return Page(view.id, text_of(view.body.get("title")), reading(view.blocks, tz=reader.tz, names=self.names(), state=view.state),
                    tuple(shown + ends), self._values(view), view.body.get("callback_id") or "", view.body.get("private_metadata") or "",
                    view.hash, len(self.ws.stacks.get(view.user, [])), tuple(view.blocks))

    def _values(self, view: View) -> dict[str, str]:
        out: dict[str, str] = {}
        for block in view.blocks:
            if block["type"] != "input":
                continue
            state = view.state.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            out[text_of(block["label"])] = "" if is_empty(state) else value_of(state, text_of)
        return out

    # ------------------------------------------------------------ waiting

    async def wait_until(self, look: Callable[[], Found | None], within: float = 10.0, what: str = "it") -> Found:
        """What `look` finds once it finds something (looked at after every change in the workspace). TimeoutError otherwise."""
        found = await self.ws.until(look, within)
        if found is None:
            raise TimeoutError(f"{what} did not happen within {within:g} s")
        return found

    async def wait_for(self, wanted: str | Callable[[Message], bool], person: Who, *,
                       timeout: float = 10.0,  # noqa: ASYNC109 - part of a call that tests read as a sentence
                       since: str = "", channel: str = "") -> Message:
        """The newest message this person sees that matches: a pattern in its words, or a function of it.

        `since` is a message's ts: only newer ones count, or such as were edited after it. TimeoutError says what they see instead.
        """
        user = self.ws.find(person)

        def matches(message: Message) -> bool:
            return message.says(wanted) if isinstance(wanted, str) else wanted(message)

        def look() -> Message | None:
            place = self.ws.place(channel).id if channel else ""
            for post in reversed(self.ws.visible(user.id)):
                if place in ("", post.channel) and max(post.ts, *post.edits, post.ts) > since:
                    message = self.message(post, user)
                    if matches(message):
                        return message
            return None

        found = await self.ws.until(look, timeout)
        if found is None:
            shown = "\n".join(f"  {m.author}: {m.reading}" for m in self.messages(person)[-5:]) or "  nothing"
            raise TimeoutError(f"{user.name} saw no message like {wanted!r} within {timeout:g} s; the last were:\n{shown}")
        return found

    def transcript(self, person: Who) -> str:
        """Everything this person sees, as a conversation to read."""
        return "\n".join(_paragraph(m) for m in self.messages(person))


def _paragraph(message: Message) -> str:
    only = " (only you can see this)" if message.ephemeral else ""
    edited = " (edited)" if message.edited else ""
    body = "\n".join(f"    {line}" for line in message.reading.splitlines())
    return f"{message.author}{only}{edited}:\n{body}"
