"""Slack's Web API over HTTP: tokens, scopes, arguments, pacing and answers. The methods themselves are tables elsewhere.

Errors come as HTTP 200 with `ok: false`, except 429 (Web API documentation, "Evaluating responses").
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from aiohttp import web

from sandbox.slack_records import Json
from sandbox.slack_workspace import Workspace


class Refused(Exception):
    """A method says no: `ok: false` with this error code and more fields."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.body: Json = {"ok": False, "error": error, **more}
        if messages:
            self.body["response_metadata"] = {"messages": messages}


@dataclass(frozen=True)
class Arguments:
    """What came with a call, from the query, a form or JSON. Structures arrive as JSON or as JSON in a string."""

    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.given.get(name)
        return "" if value is None else str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        return int(value) if value.isdigit() else default

    def structure(self, name: str) -> Any:
        """The value, parsed when it is a string; None when it is absent."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise Refused("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from error


Call = Callable[[Workspace, Arguments], Json | Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """`scopes`: one of them is enough. `tier` is Slack's rate tier; 0 for those with a limit of their own."""

    call: Call
    scopes: tuple[str, ...] = ()
    tier: int = 3
    app_token: bool = False


PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100, 0: 600}
"""The floor of each tier (documentation, rate limits)."""


@dataclass
class Pacing:
    """Real limits: the tiers, and `per_second` messages in a channel with short bursts. Off unless a stand-in gets one."""

    per_second: float = 1.0
    burst: int = 3
    _methods: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _channels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, name: str, tier: int, channel: str, now: float) -> int:
        """Seconds to wait before this call is taken; 0 when it is taken now."""
        calls = self._methods[name]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= PER_MINUTE[tier]:
            return max(1, ceil(calls[0] + 60 - now))
        if name == "chat.postMessage":
            left, at = self._channels.get(channel, (float(self.burst), now))
            left = min(float(self.burst), left + (now - at) * self.per_second)
            if left < 1:
                self._channels[channel] = (left, now)
                return max(1, ceil((1 - left) / self.per_second))
            self._channels[channel] = (left - 1, now)
        calls.append(now)
        return 0


@dataclass
class WebApi:
    workspace: Workspace
    methods: Mapping[str, Method]
    absent: set[str] = field(default_factory=set)
    """Prefixes of methods that this workspace does not have (`agents.`): `unknown_method`."""
    token_state: str = ""
    """"token_revoked" or "account_inactive": every call is refused with it."""
    pacing: Pacing | None = None

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        method = self.methods.get(name)
        if method is None or any(name.startswith(prefix) for prefix in self.absent):
            if method is None:
                self.workspace.fault(f"{name}: the sandbox has no such method")
            return self._answer({"ok": False, "error": "unknown_method", "req_method": name})
        try:
            given = await self._given(request)
            if name != "api.test":
                self._authorise(request, given, method)
            arguments = Arguments(given)
            if self.pacing is not None:
                wait = self.pacing.wait(name, method.tier, arguments.text("channel"), self.workspace.clock())
                if wait:
                    return too_many(wait)
            result = method.call(self.workspace, arguments)
            body = result if isinstance(result, dict) else await result
        except Refused as refused:
            return self._answer(refused.body, method)
        return self._answer({"ok": True, **body}, method)

    async def _given(self, request: web.Request) -> dict[str, Any]:
        given: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            try:
                body = json.loads(await request.read() or b"{}")
            except ValueError as error:
                raise Refused("invalid_json") from error
            if not isinstance(body, dict):
                raise Refused("json_not_object")
            given.update(body)
        elif request.method == "POST":
            given.update(await request.post())
        return given

    def _authorise(self, request: web.Request, given: Mapping[str, Any], method: Method) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if kind.lower() == "bearer" else str(given.get("token", ""))
        if not token:
            raise Refused("not_authed")
        mine, other = self.workspace.bot_token, self.workspace.app_token
        if method.app_token:
            mine, other = other, mine
        if token == other:
            raise Refused("not_allowed_token_type")
        if token != mine:
            raise Refused("invalid_auth")
        if self.token_state:
            raise Refused(self.token_state)
        if method.scopes and not method.app_token and not self.workspace.scopes & set(method.scopes):
            raise Refused("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(self.workspace.scopes)))

    def _answer(self, body: Json, method: Method | None = None) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self.workspace.scopes)), "x-slack-req-id": "sandbox"}
        if method is not None:
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        return web.json_response(body, headers=headers)


def too_many(seconds: int) -> web.Response:
    """429 as Slack sends it."""
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


def need_scope(workspace: Workspace, *scopes: str) -> None:
    """For methods whose scope depends on the kind of channel."""
    if not workspace.scopes & set(scopes):
        raise Refused("missing_scope", needed=",".join(scopes), provided=",".join(sorted(workspace.scopes)))
