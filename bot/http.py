"""The one port: chat platforms in, health and numbers out. Everything else is 404."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot import metrics
from integrations.base import Checked, Health

BODY_LIMIT = 2 * 1024 * 1024
STATUS_KEPT_SECONDS = 30.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Front:
    """Routes over what the process has. `ready` names what is missing, () when all is well."""

    ready: Callable[[], Awaitable[tuple[str, ...]]]
    checked: Callable[[], tuple[Checked, ...]]
    doors: Mapping[str, Handler]
    """Path of a chat platform's deliveries -> what takes them."""
    _asked: tuple[float, tuple[Health, ...]] | None = None

    def application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_headers])
        for path, handle in self.doors.items():
            app.router.add_post(path, handle)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/status", self._get_status)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = await self.ready()
        return web.json_response({"ok": not missing, "missing": list(missing)}, status=503 if missing else 200)

    async def _get_status(self, _: web.Request) -> web.Response:
        """Each system, asked at most twice a minute; no secret is in it."""
        found = await self.health()
        systems = {each.system: {"ok": each.ok, "detail": each.detail} for each in found}
        return web.json_response({"ok": all(each.ok for each in found), "systems": systems})

    async def health(self) -> tuple[Health, ...]:
        """How each system is, asked side by side and at most twice a minute."""
        if self._asked is None or time.monotonic() - self._asked[0] > STATUS_KEPT_SECONDS:
            found = await asyncio.gather(*(system.health() for system in self.checked()))
            self._asked = (time.monotonic(), tuple(found))
        return self._asked[1]

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=await metrics.exposition(not await self.ready()), headers={"Content-Type": metrics.CONTENT_TYPE})


@web.middleware
async def _headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers["X-Content-Type-Options"] = "nosniff"
        raise
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
