"""Trying a read again: few times, in time, and only when later may be better."""

from __future__ import annotations

import asyncio

import pytest

from integrations.base import Missing, Refused, SystemFault, Unavailable
from integrations.retry import LONGEST_HINT, pause_before, reading


class Flaky:
    """Raises each of `faults` in turn, then answers."""

    def __init__(self, *faults: SystemFault) -> None:
        self.faults = list(faults)
        self.left: list[float] = []

    async def __call__(self, left: float) -> str:
        self.left.append(left)
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


def down(retry_after: float | None = None) -> Unavailable:
    return Unavailable("Okta", "down", retry_after=retry_after)


async def test_the_third_try_answers_with_less_time_left_each() -> None:
    flaky = Flaky(down(), down())
    assert await reading(flaky, deadline=5, pause=0.001) == "answer"
    assert flaky.left == sorted(flaky.left, reverse=True)
    assert flaky.left[0] <= 5


async def test_three_failures_are_enough() -> None:
    flaky = Flaky(*(down() for _ in range(5)))
    with pytest.raises(Unavailable):
        await reading(flaky, deadline=5, pause=0.001)
    assert len(flaky.left) == 3


@pytest.mark.parametrize("fault", [Refused("Okta", "no"), Missing("Okta", "not there")])
async def test_a_no_is_not_asked_again(fault: SystemFault) -> None:
    flaky = Flaky(fault)
    with pytest.raises(type(fault)):
        await reading(flaky, deadline=5, pause=0.001)
    assert len(flaky.left) == 1


async def test_a_pause_that_would_outlast_the_deadline_is_not_made() -> None:
    flaky = Flaky(down(retry_after=30))
    async with asyncio.timeout(1):
        with pytest.raises(Unavailable) as fault:
            await reading(flaky, deadline=5, pause=0.001)
    assert fault.value.retry_after == 30


def test_hints_are_kept_within_bounds_and_never_shortened() -> None:
    for tried in (1, 2, 3):
        assert LONGEST_HINT <= pause_before(tried, 1e9, 0.2) <= LONGEST_HINT + 0.2
        assert 2 <= pause_before(tried, 2.0, 0.2) <= 2.2
        assert 0.1 * 2 ** (tried - 1) <= pause_before(tried, None, 0.2) <= 0.3 * 2 ** (tried - 1)
