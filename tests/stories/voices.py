"""How people of a story speak to the bot, and what they read: in Slack, or in Teams. A story asks in words and knows neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from dialogs.chat import Identity
from sandbox.world import Person

EVERYWHERE = ("slack", "teams")
Call = Literal["post", "edit", "person", "reach"]
"""What the bot asks of a platform: to write a message, to change one, to say who somebody is, and where they are reached."""


class Voice(Protocol):
    """Messages have id, channel, author, text, reading, buttons and edited; answers ok, errors and confirm."""

    @property
    def platform(self) -> str: ...
    @property
    def bot_name(self) -> str: ...

    def add(self, person: Person) -> None:
        """Somebody new who uses this platform."""

    def identity(self, who: Person) -> Identity: ...
    async def arrive(self) -> None:
        """Whoever is new can be spoken to from now on."""

    async def form(self, who: Person, values: Mapping[str, Any], files: tuple[str, ...] = ()) -> Any:
        """Asks for the form, fills it in and sends it."""

    async def open_form(self, who: Person) -> None:
        """Asks for the form and has it before them."""

    async def command(self, who: Person, text: str) -> Any:
        """`help`, `status`, `cancel IT-1`."""

    async def say(self, who: Person, text: str) -> Any: ...
    async def press(self, who: Person, label: str, message: Any = None, *, confirm: bool = True) -> Any: ...
    async def borrow(self, who: Person, owner: Person, label: str, message: Any) -> Any:
        """Presses a button of a message that is not theirs: it was forwarded, or its delivery is made up."""

    async def fill(self, who: Person, values: Mapping[str, Any]) -> Any:
        """The form that is open for them."""

    async def form_of(self, who: Person) -> str:
        """What the form that is open for them says, title and all, once it is there."""

    async def after(self, who: Person, answer: Any) -> str:
        """What they read at once where they sent a form from."""

    async def page_of(self, who: Person, *words: str) -> str:
        """The page that is open for them, once it says this."""

    async def details(self, who: Person, ref: str) -> None:
        """Opens a request from their queue of all open ones."""

    async def leave(self, who: Person) -> None:
        """Closes it without sending."""

    async def home(self, who: Person) -> str:
        """What they read on the bot's Home page, "" where there is none."""

    def messages(self, who: Person | str) -> list[Any]: ...
    async def wait_for(self, pattern: str, who: Person | str, within: float) -> Any:
        """The newest message of the bot's like this."""

    def lives_in(self, who: Person, zone: str) -> None:
        """Their time zone, as the platform tells it. For somebody who has not arrived yet."""

    def place(self, who: Person) -> str:
        """Where their messages with the bot stand."""

    def leaves(self, who: Person, *, back: bool = False) -> None:
        """Their account in chat is switched off; `back`: on again."""

    def lose(self, message: Any) -> None:
        """Somebody deletes a message of the bot's."""

    def edits(self) -> int:
        """How often the bot has changed a message so far."""

    def reminders(self, who: Person, ref: str) -> list[str]:
        """What the bot wrote to them beside the card of this request, to remind them."""

    def fail(self, kind: str, call: Call, *, times: int | None = None, after: bool = False) -> None:
        """The platform's answers to this call fail (`Failure` of sandbox.stand_in) until `heal`."""

    async def repeat(self, who: Person) -> Any:
        """Their last form arrives again, byte for byte."""

    async def forge(self, who: Person, text: str) -> None:
        """Deliveries with this text that the platform never signed; each is refused."""

    def calls(self) -> list[Any]:
        """What the platform was asked so far (`Call` of sandbox.stand_in)."""

    def secrets(self) -> list[str]:
        """What only the platform and the bot know."""

    def failing(self) -> bool:
        """Whether a failure has not been used up."""

    def heal(self) -> None: ...
    async def settle(self) -> None:
        """Whatever the platform still had to do is done."""

    def faults(self) -> list[str]:
        """What the platform would not have taken."""
