"""The Slack stand-in: one workspace over real HTTP and real websockets, which refuses what Slack refuses.

Point a bot at `api_url` with `ws.bot_token`; set `bot_url` for signed HTTP deliveries, or let it connect with `ws.app_token`
and set `transport` to "socket". People act through the methods of `Acting`, and see through those of `Seeing`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from aiohttp import web

from sandbox import slack_chat, slack_directory, slack_views
from sandbox import slack_shapes as shapes
from sandbox.slack_acting import Acting
from sandbox.slack_delivery import Answer, Courier
from sandbox.slack_records import Json, Post
from sandbox.slack_socket import SocketMode
from sandbox.slack_web_api import Pacing, Refused, WebApi, too_many
from sandbox.slack_workspace import Workspace
from sandbox.stand_in import StandIn

__all__ = ["Answer", "SlackStandIn"]


@dataclass
class SlackStandIn(Acting, StandIn):
    """`agent=False` takes away agents.* and assistant.*: `unknown_method`. `pace=True` turns Slack's rate limits on.

    `echo`: as Slack does, the bot's own messages in direct messages, and every edit and deletion there, come back as events.
    """

    name: str = "slack"
    agent: bool = True
    pace: bool = False
    echo: bool = True
    ws: Workspace = field(default_factory=Workspace)
    sockets: SocketMode = field(init=False)
    courier: Courier = field(init=False)
    api: WebApi = field(init=False)

    def __post_init__(self) -> None:
        self.sockets = SocketMode(self.ws)
        self.courier = Courier(self.ws, self.sockets)
        methods = slack_chat.METHODS | slack_views.METHODS | slack_directory.METHODS | self.sockets.methods
        self.api = WebApi(self.ws, methods, set() if self.agent else {"agents.", "assistant."}, pacing=Pacing() if self.pace else None)
        self.ws.observers.append(self._echo)

    # ------------------------------------------------------------ life

    async def start(self, port: int = 0) -> None:
        await self.courier.open()
        await super().start(port)
        self.sockets.base = f"ws://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        await self.courier.close()
        await self.sockets.close()
        await super().stop()

    async def __aenter__(self) -> SlackStandIn:
        await self.start()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL."""
        return f"{self.url}/api/"

    @property
    def bot_url(self) -> str:
        """Where the bot listens (without the path)."""
        return self.courier.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.courier.bot_url = url.rstrip("/")

    @property
    def transport(self) -> Literal["http", "socket"]:
        return self.courier.transport

    @transport.setter
    def transport(self, kind: Literal["http", "socket"]) -> None:
        self.courier.transport = kind

    # ------------------------------------------------------------ HTTP

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_post("/{kind:commands|actions}/{team}/{token}", self._respond)

    def too_many(self) -> web.Response:
        return too_many(1)

    async def _respond(self, request: web.Request) -> web.Response:
        """A response_url."""
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            slack_chat.respond(self.ws, request.match_info["token"], body)
        except Refused as refused:
            gone = refused.body["error"] in ("used_url", "expired_url", "invalid_url")
            return web.json_response(refused.body, status=404 if gone else 400)
        return web.Response(text="ok")

    def _echo(self, what: str, post: Post) -> None:
        heard = self.ws.channels[post.channel].kind == "im" and "message.im" in self.ws.subscriptions
        if not (self.echo and heard and (self.courier.bot_url or self.sockets.connections)):
            return
        if what == "posted" and post.author != self.ws.bot_user:
            return
        body = shapes.message_event(self.ws, post)
        if what == "changed":
            body = {"type": "message", "subtype": "message_changed", "message": shapes.message(self.ws, post), "previous_message": {},
                    "channel": post.channel, "channel_type": "im", "hidden": True, "ts": post.edits[-1]}
        elif what == "deleted":
            body = {"type": "message", "subtype": "message_deleted", "previous_message": shapes.message(self.ws, post), "hidden": True,
                    "deleted_ts": post.ts, "channel": post.channel, "channel_type": "im", "ts": self.ws.ts()}
        self.courier.background("events_api", shapes.event(self.ws, body))

    # ------------------------------------------------------------ control API

    def state(self) -> Json:
        ws = self.ws
        return {
            "team": ws.team, "bot_user": ws.bot_user, "command": ws.command, "transport": self.transport,
            "connections": len(self.sockets.connections),
            "users": [asdict(u) | {"flags": sorted(u.flags)} for u in ws.users.values()],
            "channels": [shapes.channel(ws, c) | {"members": sorted(c.members)} for c in ws.channels.values()],
            "messages": [shapes.message(ws, p) | {"channel": p.channel, "only": p.only, "edits": len(p.edits)} for p in ws.posts],
            "views": [shapes.view(ws, v) | {"user": v.user} for v in ws.views.values() if v.kind == "modal"],
            "stacks": {u: s for u, s in ws.stacks.items() if s},
            "homes": {u: shapes.view(ws, v) for u, v in ws.homes.items()},
            "prompts": ws.prompts, "statuses": ws.statuses, "titles": ws.titles, "faults": ws.faults,
            "deliveries": [{"kind": d.kind, "payload": d.payload, "status": d.answer.status} for d in self.courier.sent],
        }

    async def act(self, action: str, body: Json) -> Any:
        """The methods of Acting and Seeing by name, with their arguments as JSON."""
        if action not in _ACTIONS:
            raise LookupError(f"Slack has no action {action!r}; there are {', '.join(sorted(_ACTIONS))}")
        try:
            result = getattr(self, action)(**body)
        except TypeError as error:
            raise LookupError(f"{action}: {error}") from error
        if action not in _AT_ONCE:
            result = await result
        if isinstance(result, list):
            return [asdict(r) for r in result]
        return result if result is None or isinstance(result, str) else asdict(result)


_AT_ONCE = frozenset({"edit", "messages", "home_of", "modal_of", "transcript"})
_ACTIONS = _AT_ONCE | {"command", "say", "mention", "event", "open_home", "open_messages", "press", "choose", "shortcut", "fill", "submit",
                       "close", "wait_for"}
