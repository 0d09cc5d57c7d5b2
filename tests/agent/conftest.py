"""What tests of the agent share."""

from __future__ import annotations

import pytest

from tests.agent.lent import LentTools


@pytest.fixture
def lent() -> LentTools:
    return LentTools()
