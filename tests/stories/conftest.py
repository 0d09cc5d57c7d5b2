"""One company and one Keyturn a module of stories; a story gets it as it was in the beginning, with people of its own.

A module says `WORLD = {"mode": "observe"}` to be another one (see `world.opened`), and `PLATFORMS = EVERYWHERE` to be told in
Slack and in Teams, where the other is off; a story of it that is about one of them alone is marked `only("slack")`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.stories.world import World, opened

HERE = Path(__file__).parent
ALONE: dict[str, dict[str, Any]] = {"slack": {}, "teams": {"slack_on": False, "teams": True}}
"""How a company is opened that has this platform and no other."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(platform): this story is about one chat platform alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    platforms = getattr(metafunc.module, "PLATFORMS", ())
    if platforms and "platform" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("platform", only.args if only else platforms, indirect=True, scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The process under test lives in the loop of its module, so its stories run there too."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest) -> str:
    """The one chat platform of the company, "" where the module says more about it."""
    return str(getattr(request, "param", ""))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, platform: str) -> AsyncIterator[World]:
    options = {**getattr(request.module, "WORLD", {}), **ALONE.get(platform, {})}
    async with opened(tmp_path_factory.mktemp("company"), **options) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(running: World) -> AsyncIterator[World]:
    await running.begin()
    yield running
    await running.check()
