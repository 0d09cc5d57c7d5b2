"""A person in front of a modal: fills it in by the words they read, submits it, closes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import slack_shapes as shapes
from sandbox import slack_views
from sandbox.slack_check import options_faults
from sandbox.slack_delivery import Answer, Courier
from sandbox.slack_forms import best, by_label, client_errors, fields, filled, options
from sandbox.slack_records import Json, Post, User, View
from sandbox.slack_seeing import Seeing, Who
from sandbox.slack_web_api import Refused

PATIENCE = 8.0
"""Seconds in which what a person looks for may still appear: a bot acknowledges first and draws afterwards."""


class Filling(Seeing):
    """Needs `ws`, `courier` and `url`."""

    courier: Courier

    @property
    def url(self) -> str:
        raise NotImplementedError

    async def fill(self, person: Who, values: Mapping[str, Any], *, submit: bool = True, files: Mapping[str, Sequence[str]] | None = None,
                   within: float = PATIENCE) -> Answer:
        """Puts values into the modal on top, by label (a pattern, any case), then submits unless told not to.

        Options are given by their words, also of a searching select; files by name. The answer carries the inline errors by label.
        LookupError when there is no modal, field or option, and says which there are.
        """
        user = self.ws.find(person)
        if await self.ws.until(lambda: self.top(user), within) is None:
            raise LookupError(f"{user.name} has no open modal")
        for label, value in {**values, **(files or {})}.items():
            await self._put(user, label, value, within)
        return await self.submit(person) if submit else Answer(200)

    async def _put(self, user: User, label: str, value: Any, within: float) -> None:
        def look() -> tuple[View, Json, Json] | None:
            view = self.top(user)
            there = fields(view) if view else []
            try:
                _, block, element = there[best(label, [name for name, *_ in there], "field")]
            except LookupError:
                return None
            return (view, block, element) if view else None

        # A field may appear only after another one was filled in (the bot updates the view).
        found = await self.ws.until(look, within)
        view = self.top(user)
        if found is None or view is None:
            raise LookupError(f"no field like {label!r}; there are: {', '.join(name for name, *_ in fields(view)) if view else 'none'}")
        view, block, element = found
        state = filled(self.ws, user.id, element, value, await self._offered(user, view, block, element, value))
        view.state.setdefault(block["block_id"], {})[element["action_id"]] = state
        self.ws.touch()
        if block["type"] != "input" or block.get("dispatch_action"):
            await self._act(user, view, block, element, state)

    async def _offered(self, user: User, where: Post | View, block: Json, element: Json, typed: Any) -> list[Json]:
        """The options of this element; a searching select asks the bot with what was typed."""
        if "external" not in element["type"]:
            return options(element)
        words = str(typed[0] if isinstance(typed, (list, tuple)) and typed else typed)
        view = where if isinstance(where, View) else None
        container: Json = {"type": "view", "view_id": view.id} if view else {"type": "message", "channel_id": getattr(where, "channel", "")}
        answer = await self.courier.deliver("interactive", shapes.suggestion(
            self.ws, user, container, element["action_id"], block["block_id"], words, view))
        faults = options_faults(answer.body) if answer.ok else [f"block_suggestion was answered with {answer.status}"]
        if faults:
            for fault in faults:
                self.ws.fault(fault)
            return []
        return options(answer.body)

    async def submit(self, person: Who) -> Answer:
        """Submits the modal on top. What Slack's own client refuses (a required field is empty) is never sent: status 0."""
        user = self.ws.find(person)
        view = self.top(user)
        if view is None:
            raise LookupError(f"{user.name} has no open modal")
        early = client_errors(view)
        if early:
            return Answer(0, "refused by the client", errors=by_label(view, early))
        answer = await self.courier.deliver("interactive", shapes.submission(self.ws, user, view))
        if not answer.ok or view.id not in self.ws.views:
            return answer
        try:
            return answer.also(errors=by_label(view, slack_views.answered(self.ws, view, answer.body)))
        except Refused as refused:
            self.ws.fault(f"answer to a view_submission: {refused.body}")
            return answer

    async def close(self, person: Who, *, all_: bool = False) -> Answer:
        """Closes the modal on top (or all); the bot hears of it only when it asked to."""
        user = self.ws.find(person)
        view = self.top(user)
        if view is None:
            raise LookupError(f"{user.name} has no open modal")
        cleared = all_ or bool(view.body.get("clear_on_close"))
        gone = [self.ws.views[v] for v in self.ws.stacks[user.id]] if cleared else [view]
        slack_views.forget(self.ws, user.id, "" if cleared else view.id)
        answer = Answer(200)
        for each in reversed(gone):
            if each.body.get("notify_on_close"):
                answer = await self.courier.deliver("interactive", shapes.closed(self.ws, user, each, cleared=cleared))
        return answer

    async def _act(self, user: User, where: Post | View, block: Json, element: Json, value: Json) -> Answer:
        """A block_actions delivery for this element."""
        action = shapes.action_of(block, element, value, self.ws.ts())
        if isinstance(where, View):
            return await self.courier.deliver("interactive", shapes.actions_in_view(self.ws, user, where, action))
        url = self.url + self.ws.response_url(user.id, where.channel, post=where.ts, thread=where.thread)
        return await self.courier.deliver("interactive", shapes.actions_in_message(self.ws, user, where, action, url))
