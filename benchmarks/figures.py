"""Numbers of several rounds: medians and spreads, and whether a target is met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, nearest rank."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


@dataclass(frozen=True)
class Figure:
    """One measured number over the rounds. `target` is the most it may be, None when it is only reported."""

    name: str
    unit: str
    rounds: tuple[float, ...]
    target: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.rounds)

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "median": self.value, "met": self.met}


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Round by round: what was measured side by side is compared side by side."""
    return tuple(a / b for a, b in zip(ours, theirs, strict=True))
