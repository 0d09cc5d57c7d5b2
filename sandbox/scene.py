"""A scene of the demo: who plays, what should come of it, and how what came of it is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.stage import Stage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scene leaves behind, read from the rows and from the outside systems, never from what the bot says of itself.

    Two of them are equal when nothing at all differs: an incident too many is as wrong as a reset too many.
    """

    rows: tuple[str, ...] = ()
    """Of each request, oldest first: "Completed / Approved, row 16"."""
    resets: int = 0
    """Times that Okta carried out a reset, whatever it answered."""
    links: int = 0
    """Mails with a link that Okta sent."""
    notices: int = 0
    """Mails of ours to the people of the scene."""
    tickets: tuple[str, ...] = ()
    """The state of each incident: resolved or open."""
    told: int = 0
    """Requests of which somebody other than the requester was told in chat."""
    also: tuple[str, ...] = ()
    """What this scene is about besides, in its own words."""

    def __str__(self) -> str:
        parts = [*(self.rows or ("no request",)), _count(self.resets, "reset")]
        parts += [_count(self.links, "link mailed", "links mailed")] if self.links != self.resets else []
        parts += [_count(self.notices, "notice mailed", "notices mailed")] if self.notices else []
        parts += [f"ticket {state}" for state in self.tickets]
        parts += ["reviewer told" if self.told == 1 else f"reviewer told of {self.told}"] if self.told else []
        return "; ".join([*parts, *self.also])

    def and_also(self, *words: str) -> Outcome:
        return replace(self, also=(*self.also, *words))


@dataclass(frozen=True, slots=True)
class Scene:
    """`cast` are keys of sandbox.world.PEOPLE: nobody else plays with them at the same time. `alone`: nothing else runs beside it."""

    name: str
    title: str
    cast: tuple[str, ...]
    expected: Outcome
    play: Callable[[Stage], Awaitable[None]] = field(repr=False)
    alone: bool = False


# ------------------------------------------------------------ the usual outcomes

def completed(rule: str = "16", *, priority: str = "Medium") -> Outcome:
    """One reset, its link mailed by Okta, the notice by us, the ticket resolved."""
    return Outcome(rows=(row("Completed", "Approved", priority, rule),), resets=1, links=1, notices=1, tickets=("resolved",))


def escalated(rule: str, *, priority: str = "Medium") -> Outcome:
    """Nothing done; a person has it, with an incident and a message."""
    return Outcome(rows=(row("Escalated", "Escalated", priority, rule),), tickets=("open",), told=1)


def rejected(rule: str, *, priority: str = "Medium") -> Outcome:
    return Outcome(rows=(row("Rejected", "Rejected", priority, rule),), tickets=("resolved",))


def closed() -> Outcome:
    """Withdrawn, or not a password reset."""
    return Outcome(rows=("Closed / Cancelled",), tickets=("resolved",))


def row(status: str, decision: str, priority: str, rule: str) -> str:
    """How a request is said: the rule that decided, and the priority where it is not the usual one."""
    if status == "Closed":
        return f"{status} / {decision}"
    said = f"{status} / {decision or 'no decision'}"
    said += f", row {rule}" if rule else ""
    return said if priority == "Medium" else f"{said}, {priority}"


def _count(number: int, one: str, many: str = "") -> str:
    if number == 0:
        return f"no {one}"
    return f"{number} {one if number == 1 else many or one + 's'}"
