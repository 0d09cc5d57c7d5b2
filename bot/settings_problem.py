"""What is wrong with the settings, in sentences that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to repair. `name` is the variable, `sentence` names it and says what to do; no secret is in it."""

    name: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


class SettingsProblem(Exception):
    """The settings cannot be used. Exit code 3."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
