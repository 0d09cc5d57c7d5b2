"""The Okta client and its stand-in, connected over a real socket; and a server that always gives the same answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from integrations.okta import Okta
from sandbox.okta import TOKEN, OktaStandIn
from sandbox.stand_in import StandIn
from sandbox.world import PEOPLE

EMMA = PEOPLE["emma"].okta
PUSH = "opfemma0000001h7"


@asynccontextmanager
async def client_of(url: str, **options: Any) -> AsyncIterator[Okta]:
    """Short pauses, so that no test waits for a repeat; a token unless the options have another credential."""
    if "private_key" not in options:
        options.setdefault("token", TOKEN)
    options.setdefault("pause", 0.005)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Okta(url, session=session, **options)


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[tuple[OktaStandIn, Okta]]:
    stand_in = OktaStandIn()
    async with stand_in, client_of(stand_in.url, **options) as okta:
        yield stand_in, okta


@dataclass
class Canned(StandIn):
    """Answers every request alike."""

    body: str = "[]"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{rest:.*}", self._answer)

    async def _answer(self, _: web.Request) -> web.Response:
        return web.Response(text=self.body, status=self.status, headers=dict(self.headers), content_type="application/json")


@asynccontextmanager
async def canned(body: str = "[]", status: int = 200, headers: Mapping[str, str] | None = None) -> AsyncIterator[tuple[Canned, Okta]]:
    stand_in = Canned(body=body, status=status, headers=headers or {})
    async with stand_in, client_of(stand_in.url) as okta:
        yield stand_in, okta
