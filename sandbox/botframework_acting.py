"""People who use Teams: they install, type, press by what they read, fill in dialogs. The bot gets what real Teams would send it.

Everything is found by its words. What is not there yet is waited for (`within` seconds); LookupError then says what is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.botframework_check import invoke_faults
from sandbox.botframework_delivery import Answer, Courier
from sandbox.botframework_forms import best, errors, gathered, put, shown_errors
from sandbox.botframework_reading import buttons, inputs, reading
from sandbox.botframework_records import CARD, Account, Dialog, Json, Message, Talk
from sandbox.botframework_seeing import Seeing, Seen, Who

PATIENCE = 8.0
"""Seconds in which what a person looks for may still appear."""
FILE = "application/vnd.microsoft.teams.file.download.info"


class Acting(Seeing):
    """Needs `tenant` and `courier`."""

    courier: Courier

    # ------------------------------------------------------------ coming and going

    async def install(self, person: Who, *, tell: bool = True) -> Answer:
        """The app is installed for them; `tell` False: as an administrator does for everybody, before the bot listened."""
        account = self.tenant.find(person)
        talk = self.tenant.open_personal(account)
        talk.installed = True
        if not tell:
            return Answer(200)
        added = self.courier.activity("conversationUpdate", account, talk, membersAdded=[{"id": account.id}, {"id": self.tenant.bot}])
        await self.courier.deliver(added)
        return await self.courier.deliver(self.courier.activity("installationUpdate", account, talk, action="add"))

    async def uninstall(self, person: Who) -> Answer:
        account = self.tenant.find(person)
        talk = self.tenant.open_personal(account)
        talk.installed = False
        return await self.courier.deliver(self.courier.activity("installationUpdate", account, talk, action="remove"))

    # ------------------------------------------------------------ typing

    async def say(self, person: Who, text: str, *, files: Sequence[str] = ()) -> Answer:
        """A message in the 1:1 conversation, which opens it. `Answer.id` is the message."""
        account = self.tenant.find(person)
        talk = self.tenant.open_personal(account)
        talk.installed = True
        return await self._said(account, talk, text, text, files)

    async def mention(self, person: Who, channel: str, text: str) -> Answer:
        """A message in a channel or group chat (made when it is first named) that mentions the bot."""
        account = self.tenant.find(person)
        talk = next((one for one in self.tenant.talks.values() if one.name == channel), None)
        if talk is None:
            talk = Talk(f"19:{channel}@thread.tacv2", "channel", [account.id], channel)
            self.tenant.talks[talk.id] = talk
        if account.id not in talk.members:
            talk.members.append(account.id)
        return await self._said(account, talk, text, f"<at>{self.tenant.bot_name}</at> {text}", ())

    async def _said(self, account: Account, talk: Talk, text: str, sent: str, files: Sequence[str]) -> Answer:
        attached = [{"contentType": FILE, "name": name, "content": {"uniqueId": f"file-{name}", "fileType": name.rpartition(".")[2],
                                                                     "downloadUrl": "https://files.example.com/once"}} for name in files]
        activity = self.courier.activity("message", account, talk, text=sent, textFormat="plain", attachments=attached)
        self.tenant.messages.append(Message(activity["id"], talk.id, account.id, {"type": "message", "text": text}))
        self.tenant.touch()
        return (await self.courier.deliver(activity)).also(id=activity["id"])

    # ------------------------------------------------------------ pressing

    async def press(self, person: Who, label: str, message: Seen | str | None = None, *, confirm: bool = True, old_client: bool = False,
                    within: float = PATIENCE) -> Answer:
        """The newest button with these words: in the open dialog, else in the messages, newest first (or only `message`).

        What unfolds under it is answered with its own button, or not at all: nothing is sent then. `old_client`: one that does
        not know Action.Execute.
        """
        account = self.tenant.find(person)
        wanted = message.id if isinstance(message, Seen) else message
        found = await self.tenant.until(lambda: self._button(account, label, wanted), within)
        if found is None:
            there = ", ".join(self._labels(account, wanted)) or "none"
            raise LookupError(f"{account.name} sees no button like {label!r}; there are: {there}")
        where, action = found
        asked = ""
        if action["type"] == "Action.ShowCard":
            inner = action["card"]
            asked = reading(inner, zone=account.zone)
            if not confirm:
                return Answer(0, "not confirmed", confirm=asked)
            action = buttons(inner)[0]
        if old_client and action["type"] == "Action.Execute":
            action = action["fallback"]
        return (await self._act(account, where, action)).also(confirm=asked)

    def _places(self, account: Account, wanted: str | None) -> list[tuple[Message | Dialog, Json]]:
        dialog = self.tenant.dialogs.get(account.id)
        if dialog is not None and wanted is None:
            return [(dialog, dialog.card)]
        shown = [one for one in reversed(self.tenant.visible(account)) if wanted in (None, one.id)]
        return [(one, card) for one in shown if (card := one.card(account.id)) is not None]

    def _button(self, account: Account, label: str, wanted: str | None) -> tuple[Message | Dialog, Json] | None:
        there = [(where, action) for where, card in self._places(account, wanted) for action in buttons(card)]
        try:
            return there[best(label, [action["title"] for _, action in there], "button")]
        except LookupError:
            return None

    def _labels(self, account: Account, wanted: str | None) -> list[str]:
        return list(dict.fromkeys(action["title"] for _, card in self._places(account, wanted) for action in buttons(card)))

    async def choose(self, person: Who, option: str, menu: str = "", *, within: float = PATIENCE) -> Answer:
        """Picks an option of a select in a message and presses the button beside it."""
        account = self.tenant.find(person)

        def look() -> tuple[Message | Dialog, Json, Json] | None:
            for where, card in self._places(account, None):
                for element in inputs(card):
                    if menu.lower() in str(element.get("label") or element.get("placeholder", "")).lower():
                        beside = [a for a in buttons(card) if (a.get("data") or {}).get("kt", {}).get("menu") == element["id"]]
                        if beside:
                            return where, card, element | {"press": beside[0]}
            return None

        found = await self.tenant.until(look, within)
        if found is None:
            raise LookupError(f"{account.name} sees no menu like {menu!r}")
        where, card, element = found
        put(card, self._state(where, account), str(element.get("label") or element.get("placeholder", "")), option)
        return await self._act(account, where, element["press"])

    def _state(self, where: Message | Dialog, account: Account) -> dict[str, str]:
        return where.state if isinstance(where, Dialog) else where.state.setdefault(account.id, {})

    # ------------------------------------------------------------ forms

    async def fill(self, person: Who, values: Mapping[str, Any], *, submit: bool = True, within: float = PATIENCE) -> Answer:
        """Puts values into the open dialog, or the newest message that has inputs, by label; then presses its button."""
        account = self.tenant.find(person)
        found = await self.tenant.until(
            lambda: next(((where, card) for where, card in self._places(account, None) if inputs(card)), None), within)
        if found is None:
            raise LookupError(f"{account.name} sees no form")
        where, card = found
        for label, value in values.items():
            put(card, self._state(where, account), label, value)
        self.tenant.touch()
        return await self._act(account, where, buttons(card)[-1]) if submit else Answer(200)

    async def close(self, person: Who) -> None:
        """Closes the dialog; the bot does not hear of it."""
        self.tenant.dialogs.pop(self.tenant.find(person).id, None)
        self.tenant.touch()

    async def refresh(self, person: Who, message: Seen, *, automatic: bool = True) -> Answer:
        """Their client shows the message again and asks for the card, if the card says so for them."""
        account = self.tenant.find(person)
        kept = self.tenant.message(message.talk, message.id)
        again = ((kept.card(account.id) if kept else None) or {}).get("refresh")
        if kept is None or again is None:
            raise LookupError("the card does not ask for itself")
        if automatic and account.id not in (again.get("userIds") or []):
            return Answer(0, "not for them")
        return await self._act(account, kept, again["action"], trigger="automatic" if automatic else "manual")

    # ------------------------------------------------------------ what an action sends

    async def _act(self, account: Account, where: Message | Dialog, action: Json, *, trigger: str = "manual") -> Answer:
        card = where.card if isinstance(where, Dialog) else where.card(account.id) or {}
        state = self._state(where, account)
        if action["type"] == "Action.OpenUrl":
            return Answer(0, action["url"])
        wrong = errors(card, state)
        if wrong and trigger == "manual":
            return Answer(0, "refused by the client", errors=wrong)
        data = gathered(card, state, action)
        talk = self.tenant.talks[where.talk] if isinstance(where, Message) else self.tenant.open_personal(account)
        reply = {"replyToId": where.id if isinstance(where, Message) else where.message}
        teams = data.pop("msteams", None) or {}
        if isinstance(where, Dialog):
            return await self._dialog(account, talk, "task/submit", {"data": data, "context": {"theme": "default"}}, where.message)
        if teams.get("type") == "task/fetch":
            value = {"data": data | {"type": "task/fetch"}, "context": {"theme": "default"}}
            return await self._dialog(account, talk, "task/fetch", value, where.id)
        if action["type"] == "Action.Submit":
            return await self.courier.deliver(self.courier.activity("message", account, talk, value=data, **reply))
        executed = {"type": "Action.Execute", "title": action.get("title"), "verb": action["verb"], "data": data}
        invoke = {"name": "adaptiveCard/action", "value": {"action": executed, "trigger": trigger}}
        answer = await self.courier.deliver(self.courier.activity("invoke", account, talk, **invoke, **reply))
        return self._answered(account, where, answer)

    def _answered(self, account: Account, message: Message, answer: Answer) -> Answer:
        if not answer.ok:
            return answer
        faults = list(invoke_faults("adaptiveCard/action", answer.body))
        for fault in faults:
            self.tenant.fault(f"answer to a card action: {fault}")
        if faults:
            return answer
        body = answer.body if isinstance(answer.body, dict) else {}
        if body.get("type") == CARD:
            message.views[account.id] = body["value"]
            message.state.pop(account.id, None)
            self.tenant.touch()
            return answer.also(errors=shown_errors(body["value"]))
        return answer.also(said=body["value"] if isinstance(body.get("value"), str) else "")

    async def _dialog(self, account: Account, talk: Talk, name: str, value: Json, message: str) -> Answer:
        answer = await self.courier.deliver(self.courier.activity("invoke", account, talk, name=name, value=value, replyToId=message))
        if not answer.ok:
            return answer
        faults = list(invoke_faults(name, answer.body))
        for fault in faults:
            self.tenant.fault(f"answer to {name}: {fault}")
        if faults:
            return answer
        task = (answer.body or {}).get("task") or {}
        self.tenant.dialogs.pop(account.id, None)
        if task.get("type") == "continue":
            shown = task["value"]
            self.tenant.dialogs[account.id] = Dialog(str(shown.get("title", "")), shown["card"]["content"], message)
            self.tenant.touch()
            return answer.also(errors=shown_errors(shown["card"]["content"]))
        self.tenant.touch()
        return answer.also(said=task.get("value", ""))
