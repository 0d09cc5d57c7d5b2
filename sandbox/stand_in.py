"""What every stand-in of an outside system shares: a loopback server, a ledger, failure switches, a control API.

A stand-in keeps state, answers over a real socket and refuses what the real service refuses. Its ledger is
what tests and the demo look at: what reached the outside, not what a program says that it did.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Call:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    at: datetime
    status: int = 0


@dataclass(slots=True)
class Failure:
    """How the next calls fail. `kind`: slow, 429, 429-bare (no headers), 500, 503, hang, drop, malformed, 401, 403.

    Only paths that contain `path` (that end in it, when it ends in "$") and methods equal to `method` (when given) are
    hit; `times` counts down (None: until cleared). `after` lets the call have its effect first and then fails the answer.
    """

    kind: str
    path: str = ""
    method: str = ""
    times: int | None = None
    seconds: float = 1.0
    after: bool = False


@dataclass
class StandIn:
    """Subclass, add routes in `routes(app)`, keep state in attributes, start with `await s.start()`."""

    name: str = "stand-in"
    calls: list[Call] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    def routes(self, app: web.Application) -> None:
        """Adds the service's own routes."""
        raise TypeError(f"{type(self).__name__} has no routes")

    def state(self) -> dict[str, Any]:
        """What the control API shows: JSON-able."""
        return {}

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """A control action of the service's own (a person answers a push, a user presses a button).

        LookupError for an unknown one.
        """
        raise LookupError(f"{self.name} has no action {action!r}")

    # ------------------------------------------------------------ life

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; `port` 0 picks a free one."""
        app = web.Application(middlewares=[self._around], client_max_size=4 * 1024 * 1024)
        app.router.add_get("/_control/state", self._get_state)
        app.router.add_get("/_control/calls", self._get_calls)
        app.router.add_post("/_control/failures", self._post_failures)
        app.router.add_delete("/_control/failures", self._delete_failures)
        app.router.add_post("/_control/act/{action}", self._post_act)
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> StandIn:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # ------------------------------------------------------------ ledger

    def called(self, method: str, path: str) -> list[Call]:
        """The calls of this method whose path contains `path`, oldest first."""
        return [c for c in self.calls if c.method == method and path in c.path]

    # ------------------------------------------------------------ failure switches

    def fail(self, kind: str, *, path: str = "", method: str = "", times: int | None = None,
             seconds: float = 1.0, after: bool = False) -> None:
        self.failures.append(Failure(kind, path, method, times, seconds, after))

    def heal(self) -> None:
        self.failures.clear()

    def _failure(self, request: web.Request) -> Failure | None:
        for failure in self.failures:
            end, exact = failure.path.removesuffix("$"), failure.path.endswith("$")
            hit = request.path.endswith(end) if exact else end in request.path
            if hit and failure.method in ("", request.method):
                if failure.times is not None:
                    failure.times -= 1
                    if failure.times <= 0:
                        self.failures.remove(failure)
                return failure
        return None

    def too_many(self) -> web.Response:
        """The service's own 429 with its headers; services override it with their own shape."""
        return web.json_response({"error": "rate limited"}, status=429, headers={"Retry-After": "1"})

    async def _fail(self, request: web.Request, failure: Failure) -> web.StreamResponse | None:
        match failure.kind:
            case "slow":
                await asyncio.sleep(failure.seconds)
                return None
            case "hang":
                await asyncio.sleep(3600)
            case "drop":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            case "429":
                return self.too_many()
            case "429-bare":
                return web.Response(status=429)
            case "malformed":
                return web.Response(text='{"half": ', content_type="application/json")
            case code if code.isdigit():
                return web.Response(status=int(code), text="failure switch")
            case other:
                raise LookupError(f"no failure kind {other!r}")
        return None

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_control/"):
            return await handler(request)
        call = Call(request.method, request.path, dict(request.query), await _body(request),
                    dict(request.headers), datetime.now(UTC))
        self.calls.append(call)
        failure = self._failure(request)
        if failure is not None and not failure.after:
            answer = await self._fail(request, failure)
            if answer is not None:
                call.status = answer.status
                return answer
        try:
            response = await handler(request)
        except web.HTTPException as error:
            call.status = error.status
            raise
        call.status = response.status
        if failure is not None and failure.after:
            answer = await self._fail(request, failure)
            if answer is not None:
                call.status = answer.status
                return answer
        return response

    # ------------------------------------------------------------ control API

    async def _get_state(self, _: web.Request) -> web.Response:
        return web.json_response(self.state(), dumps=lambda v: json.dumps(v, default=str))

    async def _get_calls(self, _: web.Request) -> web.Response:
        rows = [{"method": c.method, "path": c.path, "query": c.query, "body": c.body, "status": c.status,
                 "at": c.at.isoformat()} for c in self.calls]
        return web.json_response(rows, dumps=lambda v: json.dumps(v, default=str))

    async def _post_failures(self, request: web.Request) -> web.Response:
        self.failures.append(Failure(**await request.json()))
        return web.json_response({"ok": True})

    async def _delete_failures(self, _: web.Request) -> web.Response:
        self.heal()
        return web.json_response({"ok": True})

    async def _post_act(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        try:
            return web.json_response({"ok": True, "result": await self.act(request.match_info["action"], body)},
                                     dumps=lambda v: json.dumps(v, default=str))
        except LookupError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=404)


async def _body(request: web.Request) -> Any:
    if not request.can_read_body:
        return None
    if request.content_type == "application/json":
        raw = await request.read()
        try:
            return json.loads(raw)
        except ValueError:
            return raw.decode("utf-8", "replace")
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    return (await request.read()).decode("utf-8", "replace")
