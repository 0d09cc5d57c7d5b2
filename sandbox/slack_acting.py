"""People who use Slack: they type, pick by what they read, press and fill in. The bot gets what real Slack would send it.

Everything is found by its words. What is not there yet is waited for (`within` seconds), because a bot acknowledges first and
draws afterwards; LookupError then says what is there instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox import slack_chat
from sandbox import slack_shapes as shapes
from sandbox.slack_delivery import Answer
from sandbox.slack_filling import PATIENCE, Filling
from sandbox.slack_forms import best, filled, uploaded
from sandbox.slack_markup import escape
from sandbox.slack_reading import buttons, elements, text_of
from sandbox.slack_records import Channel, Json, Post, User, View, fresh
from sandbox.slack_seeing import Message, Who
from sandbox.slack_web_api import Refused


class Acting(Filling):
    """Needs `ws`, `courier` and `url`."""

    # ------------------------------------------------------------ typing

    async def command(self, person: Who, text: str = "", *, channel: str = "") -> Answer:
        """The slash command, in the direct messages with the bot or in a channel. An answer with words is shown to them."""
        user = self.ws.find(person)
        place = self.ws.place(channel) if channel else self.ws.dm(user.id)
        path = self.ws.response_url(user.id, place.id)
        answer = await self.courier.deliver("slash_commands", shapes.command(self.ws, user, place, text, self.url + path))
        if not answer.ok:
            reason = "operation_timeout" if answer.body == "timeout" else "dispatch_failed"
            self.ws.add(Post(self.ws.ts(), place.id, "USLACKBOT", f"{self.ws.command} failed with the error \"{reason}\"", only=user.id))
        elif answer.body:
            said = answer.body if isinstance(answer.body, dict) else {"text": str(answer.body)}
            try:
                slack_chat.respond(self.ws, path.rsplit("/", 1)[1], said)
            except Refused as refused:
                self.ws.fault(f"answer to {self.ws.command}: {refused.body}")
        return answer

    async def say(self, person: Who, text: str, channel: str = "", thread: str = "", *, files: Sequence[str] = ()) -> Answer:
        """A message to the bot, or in a channel. `<@bot>` in the text mentions it. `Answer.ts` is the message."""
        user = self.ws.find(person)
        place = self.ws.place(channel) if channel else self.ws.dm(user.id)
        if user.id not in place.members:
            raise LookupError(f"{user.name} is not in #{place.name}")
        self.ws.tabs[user.id] = "messages"
        mention = f"<@{self.ws.bot_user}>"
        words = mention.join(escape(part) for part in text.split("<@bot>"))
        block: Json = {"type": "rich_text", "block_id": fresh("", 5), "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": text.replace("<@bot>", f"@{self.ws.bot_name}")}]}]}
        post = Post(self.ws.ts(), place.id, user.id, words, [block], thread=thread, files=uploaded(self.ws, user.id, files),
                    client_msg_id=fresh("", 16).lower())
        self.ws.add(post)
        answer = Answer(0, "the app is subscribed to nothing that this is")
        for event in self._events(post, place, mentions=mention in words):
            answer = await self.courier.deliver("events_api", shapes.event(self.ws, event))
        return answer.also(ts=post.ts)

    def _events(self, post: Post, place: Channel, *, mentions: bool) -> list[Json]:
        body = shapes.message_event(self.ws, post)
        kind = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}[place.kind]
        out = [body] if kind in self.ws.subscriptions and self.ws.bot_user in place.members else []
        if mentions and place.kind != "im" and "app_mention" in self.ws.subscriptions:
            out.append({k: v for k, v in body.items() if k not in ("channel_type", "subtype")} | {"type": "app_mention"})
        return out

    def edit(self, person: Who, ts: str, text: str) -> None:
        """They change a message of their own; in the direct messages the bot hears of it as `message_changed`."""
        user = self.ws.find(person)
        post = next((p for p in self.ws.posts if p.ts == ts and p.author == user.id), None)
        if post is None:
            raise LookupError(f"{user.name} has written no message {ts}")
        post.text, post.blocks = escape(text), []
        self.ws.changed(post)

    async def mention(self, person: Who, channel: str, text: str, *, thread: str = "") -> Answer:
        """A message in a channel that names the bot."""
        return await self.say(person, f"<@bot> {text}", channel, thread)

    async def event(self, inner: Json) -> Answer:
        """Any other event (`app_uninstalled`, `agent_session_stopped`, ...)."""
        return await self.courier.deliver("events_api", shapes.event(self.ws, inner))

    # ------------------------------------------------------------ looking

    async def open_home(self, person: Who) -> Answer:
        return await self._open_tab(person, "home")

    async def open_messages(self, person: Who) -> Answer:
        return await self._open_tab(person, "messages")

    async def _open_tab(self, person: Who, tab: str) -> Answer:
        user = self.ws.find(person)
        self.ws.tabs[user.id] = tab
        if "app_home_opened" not in self.ws.subscriptions:
            return Answer(0, "the app is not subscribed to app_home_opened")
        return await self.event(shapes.home_opened(self.ws, user, tab))

    # ------------------------------------------------------------ pressing

    async def press(self, person: Who, label: str, message: Message | str | None = None, *, confirm: bool = True,
                    within: float = PATIENCE) -> Answer:
        """The newest button with these words: in the open modal (also its Submit and Close); else in the tab they looked at last, Home or
        messages (newest first, or only `message`), then the other. A confirm dialog is answered with yes, or with no: nothing is sent."""
        user = self.ws.find(person)
        ts = message.ts if isinstance(message, Message) else message
        found = await self.ws.until(lambda: self._button(user, label, ts), within)
        if found is None:
            raise LookupError(f"{user.name} sees no button like {label!r}; there are: {', '.join(self._labels(user, ts)) or 'none'}")
        where, block, element = found
        if isinstance(where, View) and not element:
            return await (self.submit(user.id) if block["end"] == "submit" else self.close(user.id))
        asked = _dialog(element)
        if asked and not confirm:
            return Answer(0, "not confirmed", confirm=asked)
        return (await self._act(user, where, block, element, {})).also(confirm=asked)

    def _places(self, user: User, ts: str | None) -> list[Post | View]:
        """Where something can be pressed: an open modal covers the rest; `ts` means that message only."""
        top, home = self.top(user), self.ws.homes.get(user.id)
        if top and ts is None:
            return [top]
        posts: list[Post | View] = [p for p in reversed(self.ws.visible(user.id)) if ts in (None, p.ts)]
        pages: list[Post | View] = [home] if home and ts is None else []
        return pages + posts if self.ws.tabs.get(user.id) == "home" else posts + pages

    def _pressable(self, user: User, ts: str | None) -> list[tuple[str, Post | View, Json, Json]]:
        """(label, where, block, element), in the order in which they are looked for."""
        top = self.top(user)
        out = [(text_of(e.get("text")), where, block, e) for where in self._places(user, ts) for block, e in buttons(where.blocks)]
        if top and ts is None:
            out += [(text_of(top.body.get(end)), top, {"end": end}, {}) for end in ("submit", "close") if top.body.get(end)]
        return out

    def _button(self, user: User, label: str, ts: str | None) -> tuple[Post | View, Json, Json] | None:
        there = self._pressable(user, ts)
        try:
            return there[best(label, [t for t, *_ in there], "button")][1:]
        except LookupError:
            return None

    def _labels(self, user: User, ts: str | None) -> list[str]:
        return list(dict.fromkeys(text for text, *_ in self._pressable(user, ts)))

    async def choose(self, person: Who, option: str, menu: str = "", message: Message | str | None = None, *,
                     within: float = PATIENCE) -> Answer:
        """Picks an option of a menu (select, overflow, radio buttons) in a message, the Home tab or the open modal. `menu` is its
        placeholder or the text beside it, when there are several."""
        user = self.ws.find(person)
        ts = message.ts if isinstance(message, Message) else message

        def look() -> tuple[Post | View, Json, Json] | None:
            for where in self._places(user, ts):
                for block, element in _menus(where.blocks):
                    named = f"{text_of(element.get('placeholder'))} {text_of(block.get('text'))} {text_of(block.get('label'))}"
                    if menu.lower() in named.lower():
                        return where, block, element
            return None

        found = await self.ws.until(look, within)
        if found is None:
            raise LookupError(f"{user.name} sees no menu like {menu!r}")
        where, block, element = found
        offered = await self._offered(user, where, block, element, option)
        if element["type"] == "overflow":
            picked = offered[best(option, [text_of(o["text"]) for o in offered], "option")]
            return await self._act(user, where, block, element, {"selected_option": {"text": picked["text"], "value": picked["value"]}})
        state = filled(self.ws, user.id, element, option, offered)
        where.state.setdefault(block["block_id"], {})[element["action_id"]] = state
        return await self._act(user, where, block, element, state)

    async def shortcut(self, person: Who, message: Message | str, callback: str) -> Answer:
        """A message shortcut on this message (or its ts)."""
        user = self.ws.find(person)
        ts = message.ts if isinstance(message, Message) else message
        post = next((p for p in self.ws.visible(user.id) if p.ts == ts), None)
        if post is None:
            raise LookupError(f"{user.name} sees no message {ts}")
        url = self.url + self.ws.response_url(user.id, post.channel, post=post.ts, thread=post.thread)
        return await self.courier.deliver("interactive", shapes.shortcut(self.ws, user, post, callback, url))


def _dialog(element: Json) -> str:
    """The words of a confirm dialog."""
    asks = element.get("confirm")
    if not asks:
        return ""
    return f"{text_of(asks['title'])}: {text_of(asks['text'])} [{text_of(asks['confirm'])}] [{text_of(asks['deny'])}]"


def _menus(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Everything with options that acts at once."""
    out = []
    for block in blocks:
        if block["type"] != "input":
            out += [(block, e) for e in elements(block) if e.get("options") or "select" in e["type"]]
    return out
